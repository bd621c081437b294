/**
 * Finds the import specifiers of a TypeScript file by reading its tokens: `import`, `import type`, re-exports, dynamic
 * `import("x")` and the type form `import("x").Name`. Comments, strings and templates are skipped, so that an example in a
 * doc comment is not an import. It is not a parser: it needs source that the compiler accepts.
 */

/** One import of a file. */
export interface FoundImport {
  /** The text between the quotes. */
  readonly specifier: string;
  /** 1-based line of the specifier. */
  readonly line: number;
  /** Whether the compiler removes the import: `import type` and `export type`. */
  readonly typeOnly: boolean;
  /** Whether it is `import("x")`, which loads when it is reached. */
  readonly dynamic: boolean;
}

type Token =
  | { readonly kind: "word" | "string"; readonly text: string; readonly line: number }
  | { readonly kind: "mark"; readonly text: string; readonly line: number };

const WORD = /[\p{L}\p{N}_$#]/u;
/** After one of these words a slash begins a regular expression, not a division. */
const BEFORE_REGEX = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "do",
  "else",
  "void",
  "delete",
  "throw",
  "await",
]);

/** Lists the imports of a file in the order of the text. Imports with a computed specifier cannot be seen. */
export function scanImports(source: string): FoundImport[] {
  const tokens = tokenize(source);
  const found: FoundImport[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind !== "word" || tokens[i - 1]?.text === ".") continue;
    if (token.text === "import") {
      const next = tokens[i + 1];
      if (next?.kind === "string")
        found.push({ specifier: next.text, line: next.line, typeOnly: false, dynamic: false });
      else if (next?.text === "(") {
        const argument = tokens[i + 2];
        // `import("x").Name` in a type is indistinguishable from a dynamic import here; it counts as a value import.
        if (argument?.kind === "string")
          found.push({ specifier: argument.text, line: argument.line, typeOnly: false, dynamic: true });
      } else if (next !== undefined && next.text !== ".") pushFromClause(tokens, i + 1, found);
    } else if (token.text === "export") {
      const typed = tokens[i + 1]?.text === "type" ? 1 : 0;
      const opening = tokens[i + 1 + typed]?.text;
      if (opening === "*" || opening === "{") pushFromClause(tokens, i + 1, found);
    }
  }
  return found;
}

/** Reads `type? clause from "x"` that starts at `start`; a clause without `from` (an export list) adds nothing. */
function pushFromClause(tokens: readonly Token[], start: number, found: FoundImport[]): void {
  // `import type from "x"` imports a default named "type".
  const typeOnly = tokens[start]?.text === "type" && tokens[start + 1]?.text !== "from";
  for (let i = start, inBraces = false; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.text === "{") inBraces = true;
    else if (token.text === "}") inBraces = false;
    if (inBraces) continue;
    const next = tokens[i + 1];
    if (token.kind === "word" && token.text === "from" && next?.kind === "string") {
      found.push({ specifier: next.text, line: next.line, typeOnly, dynamic: false });
      return;
    }
    if (token.text === ";" || (token.text === "}" && next?.text !== "from")) return;
  }
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: number[] = [];
  let depth = 0;
  let line = 1;
  let at = 0;

  const skipTo = (end: number): void => {
    for (; at < end; at++) if (source[at] === "\n") line++;
  };
  const skipTemplateText = (): void => {
    let end = at;
    while (end < source.length && source[end] !== "`" && !source.startsWith("${", end))
      end += source[end] === "\\" ? 2 : 1;
    if (source[end] === "$") {
      templates.push(depth++);
      skipTo(end + 2);
    } else skipTo(end + 1);
  };

  while (at < source.length) {
    const character = source[at]!;
    if (/\s/.test(character)) skipTo(at + 1);
    else if (source.startsWith("//", at)) skipTo(endOf(source, "\n", at));
    else if (source.startsWith("/*", at)) skipTo(endOf(source, "*/", at + 2) + 2);
    else if (character === '"' || character === "'") {
      let end = at + 1;
      while (end < source.length && source[end] !== character) end += source[end] === "\\" ? 2 : 1;
      tokens.push({ kind: "string", text: source.slice(at + 1, end), line });
      skipTo(end + 1);
    } else if (character === "`") {
      tokens.push({ kind: "mark", text: "`", line });
      skipTo(at + 1);
      skipTemplateText();
    } else if (character === "/" && startsRegex(tokens.at(-1))) skipTo(endOfRegex(source, at));
    else if (WORD.test(character)) {
      let end = at + 1;
      while (end < source.length && WORD.test(source[end]!)) end++;
      tokens.push({ kind: "word", text: source.slice(at, end), line });
      skipTo(end);
    } else {
      if (character === "{") depth++;
      else if (character === "}") depth--;
      skipTo(at + 1);
      if (character === "}" && templates.at(-1) === depth) {
        templates.pop();
        skipTemplateText();
      } else tokens.push({ kind: "mark", text: character, line });
    }
  }
  return tokens;
}

function endOf(source: string, mark: string, from: number): number {
  const index = source.indexOf(mark, from);
  return index < 0 ? source.length : index;
}

function startsRegex(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === "string") return false;
  if (previous.kind === "word") return BEFORE_REGEX.has(previous.text);
  return previous.text !== ")" && previous.text !== "]" && previous.text !== "}" && previous.text !== "`";
}

function endOfRegex(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length && source[at] !== "\n"; at++) {
    const character = source[at];
    if (character === "\\") at++;
    else if (character === "[") inClass = true;
    else if (character === "]") inClass = false;
    else if (character === "/" && !inClass) return at + 1;
  }
  return start + 1;
}
