/**
 * Unsigned integers below 2^32 in one to five bytes: seven bits a byte, least significant first, upper bit set on all but
 * the last (LEB128). Every number has exactly one valid spelling: a longer one than needed is refused.
 */
import { BitstreamError } from "../../errors.ts";

const VARINT_BYTES_LIMIT = 5;

/**
 * Appends `value` to `bytes`.
 * @throws {RangeError} unless `value` is an integer in 0..2^32 - 1
 */
export function appendVarint(bytes: number[], value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError(`appendVarint: got ${value}, expected an integer in 0..4294967295`);
  }
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** How many bytes {@link appendVarint} appends. */
export function varintLength(value: number): number {
  const bytes: number[] = [];
  appendVarint(bytes, value);
  return bytes.length;
}

/**
 * Reads a number at `offset`.
 * @param what the field's name, for messages
 * @returns the value and the offset behind it
 * @throws {BitstreamError} `truncated` at the end of the bytes, `bad-header` for a number that is too large or spelled too long
 */
export function readVarint(bytes: Uint8Array, offset: number, what: string): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < VARINT_BYTES_LIMIT; i++) {
    if (offset + i >= bytes.length) {
      throw new BitstreamError(
        "truncated",
        `header: the file ends within the ${what} after ${bytes.length} bytes; fetch the file again`,
      );
    }
    const byte = bytes[offset + i]!;
    value += (byte % 128) * 128 ** i;
    if (byte < 128) {
      if (value > 0xffffffff || (byte === 0 && i > 0)) break;
      return { value, end: offset + i + 1 };
    }
  }
  throw new BitstreamError(
    "bad-header",
    `header: got a ${what} that is no number below 2^32 in its shortest spelling; the file is damaged, fetch it again`,
  );
}
