/**
 * A set of integer frequency tables, packed in typed arrays: what the entropy coder reads and what a model file carries.
 *
 * Each table covers a run of consecutive integers and ends with one more entry, the escape, which stands for every value
 * outside the run. Frequencies are integers from 1 to 65535 that sum to exactly 65536 (FORMAT.md, "Frequency tables").
 *
 * It refuses to hold a table that breaks these rules: a set that exists is valid. No floating-point number enters here;
 * the only door from probabilities to frequencies is `quantize-pmf.ts`.
 */
import { HalfstepError } from "../../errors.ts";

/** Binary digits of a frequency: every table sums to `2 ** FREQUENCY_BITS`. */
export const FREQUENCY_BITS = 16;
/** What the frequencies of one table sum to. */
export const FREQUENCY_TOTAL = 65536;
/** Symbols that can be coded are smaller than this in magnitude: -1048575..1048575. */
export const SYMBOL_MAGNITUDE_LIMIT = 1048576;
/** A set holds at most this many tables, so that an index fits 16 bits. */
const TABLE_COUNT_LIMIT = 65536;
/** The decoder finds a symbol's neighbourhood from this many leading bits of its 16-bit slot. */
export const COARSE_BITS = 8;

/** One table: `frequencies[i]` belongs to the value `firstSymbol + i`, the last entry is the escape. */
export interface FrequencyTable {
  /** The smallest value that the table covers. */
  readonly firstSymbol: number;
  /** At least one value and the escape: each 1..65535, sum 65536. */
  readonly frequencies: Uint16Array;
}

/** A table set as plain arrays, for a model file. */
export interface SerializedTables {
  /** `[firstSymbol, entryCount]` of each table in turn; the count includes the escape. Length `2 * tableCount`. */
  readonly layout: Int32Array;
  /** The frequencies of all tables, one table after the other. */
  readonly frequencies: Uint16Array;
}

function badTables(message: string): HalfstepError {
  return new HalfstepError("bad-tables", `frequency tables: ${message}; the model file is damaged, fetch it again`);
}

/** Many frequency tables in one place. Immutable: do not write to its arrays. */
export class FrequencyTableSet {
  /** Number of tables, 1..65536. */
  readonly tableCount: number;
  /** `[tableCount]`: the smallest value of each table. */
  readonly firstSymbols: Int32Array;
  /** `[tableCount + 1]`: where each table begins in {@link entries}; the escape is the entry before the next table. */
  readonly entryStarts: Int32Array;
  /** Cumulative start in the upper 16 bits and frequency in the lower 16, for every entry of every table. */
  readonly entries: Int32Array;
  /**
   * `[tableCount * 256]`: for the leading 8 bits of a slot, the first entry of the table (relative to its start) that
   * reaches into that 256th part.
   */
  readonly coarse: Uint16Array;

  private constructor(layout: Int32Array, frequencies: Uint16Array) {
    const tableCount = layout.length / 2;
    this.tableCount = tableCount;
    this.firstSymbols = new Int32Array(tableCount);
    this.entryStarts = new Int32Array(tableCount + 1);
    this.entries = new Int32Array(frequencies.length);
    this.coarse = new Uint16Array(tableCount << COARSE_BITS);
    let begin = 0;
    for (let table = 0; table < tableCount; table++) {
      const count = layout[2 * table + 1]!;
      this.firstSymbols[table] = layout[2 * table]!;
      this.entryStarts[table] = begin;
      let start = 0;
      let nextPart = 0;
      for (let i = 0; i < count; i++) {
        const frequency = frequencies[begin + i]!;
        this.entries[begin + i] = (start << FREQUENCY_BITS) | frequency;
        start += frequency;
        for (; nextPart << (FREQUENCY_BITS - COARSE_BITS) < start; nextPart++) {
          this.coarse[(table << COARSE_BITS) + nextPart] = i;
        }
      }
      begin += count;
    }
    this.entryStarts[tableCount] = begin;
  }

  /**
   * Packs tables into a set.
   * @throws {HalfstepError} `bad-tables` if a table breaks the rules at the top of this file
   */
  static from(tables: readonly FrequencyTable[]): FrequencyTableSet {
    const layout = new Int32Array(2 * tables.length);
    let entryCount = 0;
    for (const [i, table] of tables.entries()) {
      layout[2 * i] = table.firstSymbol;
      if (layout[2 * i] !== table.firstSymbol) {
        throw badTables(`table ${i}: got first symbol ${table.firstSymbol}, expected a 32-bit integer`);
      }
      layout[2 * i + 1] = table.frequencies.length;
      entryCount += table.frequencies.length;
    }
    const frequencies = new Uint16Array(entryCount);
    let begin = 0;
    for (const table of tables) {
      frequencies.set(table.frequencies, begin);
      begin += table.frequencies.length;
    }
    return FrequencyTableSet.deserialize({ layout, frequencies });
  }

  /**
   * Reads a set back from plain arrays and checks every table.
   * @throws {HalfstepError} `bad-tables` if a count, a frequency, a sum or a range is wrong
   */
  static deserialize(serialized: SerializedTables): FrequencyTableSet {
    const { layout, frequencies } = serialized;
    const tableCount = layout.length / 2;
    if (!Number.isInteger(tableCount) || tableCount < 1 || tableCount > TABLE_COUNT_LIMIT) {
      throw badTables(`got ${layout.length} layout numbers, expected two for each of 1..${TABLE_COUNT_LIMIT} tables`);
    }
    let begin = 0;
    for (let table = 0; table < tableCount; table++) {
      const first = layout[2 * table]!;
      const count = layout[2 * table + 1]!;
      if (count < 2 || count > frequencies.length - begin) {
        throw badTables(
          `table ${table}: got ${count} entries, expected 2..${frequencies.length - begin} (what is left of the data)`,
        );
      }
      if (first <= -SYMBOL_MAGNITUDE_LIMIT || first + count - 2 >= SYMBOL_MAGNITUDE_LIMIT) {
        throw badTables(
          `table ${table}: got values ${first}..${first + count - 2}, expected magnitudes below ${SYMBOL_MAGNITUDE_LIMIT}`,
        );
      }
      let sum = 0;
      for (let i = begin; i < begin + count; i++) {
        const frequency = frequencies[i]!;
        if (frequency === 0)
          throw badTables(`table ${table}: got frequency 0 at entry ${i - begin}, expected 1..65535`);
        sum += frequency;
      }
      if (sum !== FREQUENCY_TOTAL) throw badTables(`table ${table}: got sum ${sum}, expected ${FREQUENCY_TOTAL}`);
      begin += count;
    }
    if (begin !== frequencies.length) {
      throw badTables(`got ${frequencies.length} frequencies, expected ${begin} by the layout`);
    }
    return new FrequencyTableSet(layout, frequencies);
  }

  /** The set as plain arrays: `FrequencyTableSet.deserialize(set.serialize())` is an equal set. */
  serialize(): SerializedTables {
    const layout = new Int32Array(2 * this.tableCount);
    for (let table = 0; table < this.tableCount; table++) {
      layout[2 * table] = this.firstSymbols[table]!;
      layout[2 * table + 1] = this.entryStarts[table + 1]! - this.entryStarts[table]!;
    }
    return { layout, frequencies: Uint16Array.from(this.entries, (entry) => entry & 0xffff) };
  }

  /**
   * One table, unpacked (a copy).
   * @throws {RangeError} if `tableIndex` is not one of this set's tables
   */
  table(tableIndex: number): FrequencyTable {
    if (!Number.isInteger(tableIndex) || tableIndex < 0 || tableIndex >= this.tableCount) {
      throw new RangeError(`FrequencyTableSet.table: got index ${tableIndex}, expected 0..${this.tableCount - 1}`);
    }
    const begin = this.entryStarts[tableIndex]!;
    const end = this.entryStarts[tableIndex + 1]!;
    return {
      firstSymbol: this.firstSymbols[tableIndex]!,
      frequencies: Uint16Array.from(this.entries.subarray(begin, end), (entry) => entry & 0xffff),
    };
  }
}
