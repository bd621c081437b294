/**
 * Encoder of the entropy-coded payload: integers and their frequency tables in, bytes out (FORMAT.md, "Entropy-coded
 * sections"; Duda 2013, arXiv:1311.2540).
 *
 * An ANS coder is a stack: what is encoded last is decoded first. The encoder therefore looks up every symbol when it is
 * pushed, keeps one packed 32-bit step for it, and codes the steps backwards at the end, so that the decoder reads forwards.
 * It refuses symbols of magnitude 2^20 and above.
 */
import { BYPASS_STEP_BITS, ESCAPE_HEADER_BITS, STATE_BYTES, STATE_CEILING_SHIFT, STATE_LOW } from "./rans-format.ts";
import { FREQUENCY_BITS, type FrequencyTableSet, SYMBOL_MAGNITUDE_LIMIT } from "./table-set.ts";

/** An escaped symbol takes the escape itself, its header and at most two bypass steps. */
const STEPS_PER_ESCAPE = 4;
/** Steps between two looks at the room that is left in the output. */
const BLOCK_STEPS = 8192;
/** A step emits at most this many bytes: its frequency is at least 1/65536. */
const BYTES_PER_STEP = 2;

/** A step of `bits` raw bits: as if `value` were one of 2^bits equally likely symbols. */
function bypassStep(value: number, bits: number): number {
  const shift = FREQUENCY_BITS - bits;
  return (value << (FREQUENCY_BITS + shift)) | (1 << shift);
}

/** Where an encoder gets the memory for its steps, and where it leaves it. */
export interface StepMemory {
  /** An array of at least `length` elements, whatever they are. */
  take(length: number): Int32Array<ArrayBuffer>;
  give(array: Int32Array<ArrayBuffer>): void;
}

const NEW_MEMORY: StepMemory = { take: (length) => new Int32Array(length), give: () => undefined };

/**
 * Collects symbols and codes them all at {@link finish}. Memory: 4 bytes for each symbol, and the output.
 *
 * @example
 * const encoder = new SymbolEncoder();
 * encoder.push(Int32Array.of(0, -1, 7), Uint8Array.of(0, 0, 1), tables);
 * const payload = encoder.finish();
 */
export class SymbolEncoder {
  readonly #memory: StepMemory;
  #steps: Int32Array<ArrayBuffer>;
  #stepCount = 0;
  #finished = false;

  /** @param memory default: new arrays, left to the garbage collector */
  constructor(memory: StepMemory = NEW_MEMORY) {
    this.#memory = memory;
    this.#steps = memory.take(1024);
  }

  /**
   * Adds symbols. They are copied: the arrays may be reused. If it throws, nothing was added.
   * @param symbols `[n]`, each of magnitude below 2^20
   * @param tableIndexes `[n]`, which table of `tables` codes each symbol
   * @param tables may differ from one call to the next
   * @throws {RangeError} for arrays of different length, a symbol out of range or a table that does not exist
   * @throws {TypeError} after {@link finish}
   */
  push(symbols: Int32Array, tableIndexes: Uint8Array | Uint16Array, tables: FrequencyTableSet): void {
    if (this.#finished) throw new TypeError("SymbolEncoder.push: the encoder is finished; make a new one");
    const count = symbols.length;
    if (tableIndexes.length !== count) {
      throw new RangeError(`SymbolEncoder.push: got ${tableIndexes.length} table indexes for ${count} symbols`);
    }
    const { tableCount, firstSymbols, entryStarts, entries } = tables;
    let steps = this.#reserve(this.#stepCount + count + STEPS_PER_ESCAPE);
    let at = this.#stepCount;
    for (let i = 0; i < count; i++) {
      const table = tableIndexes[i]!;
      if (table >= tableCount) {
        throw new RangeError(`SymbolEncoder.push: got table ${table} at ${i}, expected 0..${tableCount - 1}`);
      }
      const symbol = symbols[i]!;
      const begin = entryStarts[table]!;
      const escapeEntry = entryStarts[table + 1]! - 1;
      const entry = begin + symbol - firstSymbols[table]!;
      if (entry >= begin && entry < escapeEntry) {
        steps[at++] = entries[entry]!;
        continue;
      }
      if (symbol <= -SYMBOL_MAGNITUDE_LIMIT || symbol >= SYMBOL_MAGNITUDE_LIMIT) {
        throw new RangeError(`SymbolEncoder.push: got symbol ${symbol} at ${i}, expected -1048575..1048575`);
      }
      steps = this.#reserve(at + count - i + STEPS_PER_ESCAPE);
      steps[at++] = entries[escapeEntry]!;
      const below = entry < begin;
      const distance = (below ? begin - 1 - entry : entry - escapeEntry) + 1;
      const exponent = 31 - Math.clz32(distance);
      steps[at++] = bypassStep((exponent << 1) | (below ? 1 : 0), ESCAPE_HEADER_BITS);
      const rest = distance - (1 << exponent);
      if (exponent > BYPASS_STEP_BITS) {
        steps[at++] = bypassStep(rest >>> BYPASS_STEP_BITS, exponent - BYPASS_STEP_BITS);
      }
      if (exponent > 0) steps[at++] = bypassStep(rest & 0xffff, Math.min(exponent, BYPASS_STEP_BITS));
    }
    this.#stepCount = at;
  }

  /**
   * Codes everything that was pushed. The encoder cannot be used afterwards.
   * @returns the payload: 4 bytes if nothing was pushed
   * @throws {TypeError} when called twice
   */
  finish(): Uint8Array {
    if (this.#finished) throw new TypeError("SymbolEncoder.finish: the encoder is finished; make a new one");
    this.#finished = true;
    const steps = this.#steps;
    let bytes = new Uint8Array(Math.max(256, this.#stepCount >> 2));
    let at = bytes.length; // bytes are written from the end to the front
    let state = STATE_LOW;
    for (let blockEnd = this.#stepCount; blockEnd > 0; blockEnd -= BLOCK_STEPS) {
      const blockStart = Math.max(0, blockEnd - BLOCK_STEPS);
      const room = (blockEnd - blockStart) * BYTES_PER_STEP + STATE_BYTES;
      if (at < room) {
        const larger = new Uint8Array(2 * bytes.length + room);
        larger.set(bytes.subarray(at), larger.length - (bytes.length - at));
        at += larger.length - bytes.length;
        bytes = larger;
      }
      for (let i = blockEnd - 1; i >= blockStart; i--) {
        const step = steps[i]!;
        const frequency = step & 0xffff;
        const ceiling = frequency << STATE_CEILING_SHIFT;
        while (state >= ceiling) {
          bytes[--at] = state;
          state >>>= 8;
        }
        const quotient = (state / frequency) | 0;
        state = (quotient << FREQUENCY_BITS) + (state - Math.imul(quotient, frequency)) + (step >>> FREQUENCY_BITS);
      }
    }
    for (let shift = 0; shift < 8 * STATE_BYTES; shift += 8) bytes[--at] = state >>> shift;
    this.#memory.give(this.#steps);
    this.#steps = new Int32Array(0);
    return bytes.slice(at);
  }

  /** Room for `count` steps; keeps what is there. */
  #reserve(count: number): Int32Array {
    if (count > this.#steps.length) {
      const larger = this.#memory.take(Math.max(count, this.#steps.length + (this.#steps.length >> 1)));
      larger.set(this.#steps);
      this.#memory.give(this.#steps);
      this.#steps = larger;
    }
    return this.#steps;
  }
}
