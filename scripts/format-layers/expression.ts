/** The notation of the layer tables in FORMAT.md: "2N", "floor((M + N) / 2)", "min(k, 5) m". */

/** Values of the letters. */
export type Letters = Readonly<Record<string, number>>;

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  floor: Math.floor,
  // Halves upwards.
  round: (value) => Math.floor(value + 0.5),
  min: Math.min,
  max: Math.max,
};

/** Computes an expression. A number or a bracket directly before a letter multiplies it. @throws {SyntaxError} for other text */
export function evaluateExpression(text: string, letters: Letters): number {
  const tokens = text.match(/\d+|[a-z]{2,}|[A-Za-z]|[^\s]/g) ?? [];
  let at = 0;
  const refuse = (): never => {
    throw new SyntaxError(`expression "${text}": got "${tokens[at] ?? "its end"}" at word ${at + 1}`);
  };
  const take = (expected: string): void => {
    if (tokens[at] !== expected) refuse();
    at++;
  };
  function factor(): number {
    const token = tokens[at] ?? "";
    if (/^\d/.test(token)) {
      at++;
      return Number(token);
    }
    if (token === "(") {
      at++;
      const value = sum();
      take(")");
      return value;
    }
    const compute = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined;
    if (compute !== undefined) {
      at++;
      take("(");
      const values = [sum()];
      while (tokens[at] === ",") {
        at++;
        values.push(sum());
      }
      take(")");
      return compute(...values);
    }
    const value = Object.hasOwn(letters, token) ? letters[token] : undefined;
    if (value === undefined) return refuse();
    at++;
    return value;
  }
  function product(): number {
    let value = factor();
    for (;;) {
      const token = tokens[at] ?? "";
      if (token === "/") {
        at++;
        value /= factor();
      } else if (/^[A-Za-z(]/.test(token)) value *= factor();
      else return value;
    }
  }
  function sum(): number {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      const sign = tokens[at++] === "+" ? 1 : -1;
      value += sign * product();
    }
    return value;
  }
  const value = sum();
  return at === tokens.length ? value : refuse();
}
