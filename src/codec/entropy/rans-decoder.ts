/**
 * Decoder of the entropy-coded payload: bytes and frequency tables in, integers out (FORMAT.md, "Entropy-coded sections";
 * Duda 2013, arXiv:1311.2540).
 *
 * Any bytes whatever end in symbols or in a BitstreamError, in a time proportional to the number of symbols asked for. It
 * refuses to read past the end, to return a symbol of magnitude 2^20 or above, and (in `finish`) to accept bytes that the
 * encoder would not have written for the symbols that were read.
 */
import { BitstreamError } from "../../errors.ts";
import { BYPASS_STEP_BITS, ESCAPE_EXPONENT_LIMIT, ESCAPE_HEADER_BITS, STATE_BYTES, STATE_LOW } from "./rans-format.ts";
import { COARSE_BITS, FREQUENCY_BITS, type FrequencyTableSet, SYMBOL_MAGNITUDE_LIMIT } from "./table-set.ts";

function truncated(byteLength: number): BitstreamError {
  return new BitstreamError(
    "truncated",
    `entropy-coded payload: got ${byteLength} bytes and the symbols go on, expected more bytes; fetch the file again`,
  );
}

function corrupt(what: string): BitstreamError {
  return new BitstreamError("corrupt-payload", `entropy-coded payload: ${what}; fetch or encode the file again`);
}

/**
 * Reads symbols in the order in which they were pushed. Not usable after an error.
 *
 * @example
 * const decoder = new SymbolDecoder(payload);
 * const symbols = new Int32Array(3);
 * decoder.decode(Uint8Array.of(0, 0, 1), tables, symbols);
 * decoder.finish();
 */
export class SymbolDecoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #state = 0;

  /**
   * @param bytes the payload, as `SymbolEncoder.finish` returned it; not copied
   * @throws {BitstreamError} `truncated` for less than 4 bytes, `corrupt-payload` for a state out of range
   */
  constructor(bytes: Uint8Array) {
    if (bytes.length < STATE_BYTES) throw truncated(bytes.length);
    this.#bytes = bytes;
    for (; this.#at < STATE_BYTES; this.#at++) this.#state = (this.#state << 8) | bytes[this.#at]!;
    // A set upper bit makes the state negative
    if (this.#state < STATE_LOW) throw corrupt(`got state ${this.#state >>> 0}, expected 2^23..2^31 - 1`);
  }

  /**
   * Reads one symbol for each table index.
   * @param tableIndexes `[n]`, as they were pushed
   * @param tables the set that these symbols were pushed with
   * @param out `[n]`, receives the symbols
   * @throws {RangeError} for arrays of different length or a table that does not exist
   * @throws {BitstreamError} `truncated` at the end of the bytes, `corrupt-payload` for an impossible escape
   */
  decode(tableIndexes: Uint8Array | Uint16Array, tables: FrequencyTableSet, out: Int32Array): void {
    const count = out.length;
    if (tableIndexes.length !== count) {
      throw new RangeError(`SymbolDecoder.decode: got ${tableIndexes.length} table indexes for ${count} symbols`);
    }
    const { tableCount, firstSymbols, entryStarts, entries, coarse } = tables;
    const bytes = this.#bytes;
    const end = bytes.length;
    let at = this.#at;
    let state = this.#state;
    for (let i = 0; i < count; i++) {
      const table = tableIndexes[i]!;
      if (table >= tableCount) {
        throw new RangeError(`SymbolDecoder.decode: got table ${table} at ${i}, expected 0..${tableCount - 1}`);
      }
      const slot = state & 0xffff;
      const begin = entryStarts[table]!;
      let entry = begin + coarse[(table << COARSE_BITS) + (slot >>> (FREQUENCY_BITS - COARSE_BITS))]!;
      let packed = entries[entry]!;
      let offset = slot - (packed >>> FREQUENCY_BITS);
      while (offset >= (packed & 0xffff)) {
        packed = entries[++entry]!;
        offset = slot - (packed >>> FREQUENCY_BITS);
      }
      state = Math.imul(packed & 0xffff, state >>> FREQUENCY_BITS) + offset;
      while (state < STATE_LOW) {
        if (at >= end) throw truncated(end);
        state = (state << 8) | bytes[at++]!;
      }
      const first = firstSymbols[table]!;
      const escapeEntry = entryStarts[table + 1]! - 1;
      if (entry < escapeEntry) {
        out[i] = first + entry - begin;
      } else {
        this.#state = state;
        this.#at = at;
        out[i] = this.#readEscaped(first, first + escapeEntry - begin);
        state = this.#state;
        at = this.#at;
      }
    }
    this.#state = state;
    this.#at = at;
  }

  /**
   * Checks that the payload ends here: every byte was read and the state is the one that the encoder began with.
   * @throws {BitstreamError} `corrupt-payload` otherwise
   */
  finish(): void {
    const left = this.#bytes.length - this.#at;
    if (left !== 0) throw corrupt(`got ${left} bytes after the last symbol, expected none`);
    if (this.#state !== STATE_LOW) throw corrupt("got a final state that no encoder begins with");
  }

  /** The value behind an escape, for a table that covers `first .. past - 1`. */
  #readEscaped(first: number, past: number): number {
    const header = this.#readBypass(ESCAPE_HEADER_BITS);
    const exponent = header >>> 1;
    if (exponent > ESCAPE_EXPONENT_LIMIT) throw corrupt(`got escape exponent ${exponent}, expected 0..20`);
    let rest = 0;
    if (exponent > BYPASS_STEP_BITS) rest = this.#readBypass(exponent - BYPASS_STEP_BITS) << BYPASS_STEP_BITS;
    if (exponent > 0) rest |= this.#readBypass(Math.min(exponent, BYPASS_STEP_BITS));
    const distance = (1 << exponent) + rest - 1;
    const symbol = header & 1 ? first - 1 - distance : past + distance;
    if (symbol <= -SYMBOL_MAGNITUDE_LIMIT || symbol >= SYMBOL_MAGNITUDE_LIMIT) {
      throw corrupt(`got symbol ${symbol} by an escape, expected -1048575..1048575`);
    }
    return symbol;
  }

  /** `bits` raw bits, 1..16. */
  #readBypass(bits: number): number {
    const shift = FREQUENCY_BITS - bits;
    const slot = this.#state & 0xffff;
    let state = ((this.#state >>> FREQUENCY_BITS) << shift) + (slot & ((1 << shift) - 1));
    while (state < STATE_LOW) {
      if (this.#at >= this.#bytes.length) throw truncated(this.#bytes.length);
      state = (state << 8) | this.#bytes[this.#at++]!;
    }
    this.#state = state;
    return slot >>> shift;
  }
}
