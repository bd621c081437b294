/** Checks of arguments, for programs without types. A wrong kind of argument is the caller's mistake, not a damaged file. */

/** What messages call a value. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return `an object of the class ${value.constructor?.name ?? "none"}`;
}

/**
 * @param name opens the message: "decode: the stream"
 * @throws {TypeError} for anything but a Uint8Array, of this page or another; a Buffer is one
 */
export function checkBytes(value: unknown, name: string): asserts value is Uint8Array {
  if (Object.prototype.toString.call(value) === "[object Uint8Array]") return;
  throw new TypeError(`${name}: got ${kindOf(value)}, expected a Uint8Array`);
}

/**
 * @param name opens the message: "encode: the options"
 * @param known names of all options
 * @throws {TypeError} for anything but an object, and for an unknown option
 */
export function checkOptions(value: unknown, name: string, known: readonly string[]): asserts value is object {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name}: got ${kindOf(value)}, expected an object`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new TypeError(`${name}: got an option "${unknown}", expected some of ${known.join(", ")}`);
}

/**
 * @param name opens the message: "createCodec: device"
 * @throws {RangeError} for any other value
 */
export function checkOneOf<Choice extends string>(
  value: unknown,
  choices: readonly Choice[],
  name: string,
): asserts value is Choice {
  if ((choices as readonly unknown[]).includes(value)) return;
  const list = choices.map((choice) => `"${choice}"`).join(", ");
  throw new RangeError(`${name}: got ${JSON.stringify(value)}, expected one of ${list}`);
}
