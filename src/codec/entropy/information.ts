/**
 * How many bits symbols are worth under their tables: what an ideal coder would spend. For tests and benchmarks; no
 * part of reading a stream, which is why a logarithm may appear.
 */
import { ESCAPE_HEADER_BITS } from "./rans-format.ts";
import { FREQUENCY_BITS, type FrequencyTableSet } from "./table-set.ts";

/**
 * Information content in bits: 16 - log2(frequency) for each symbol, and for an escaped one the escape with its bypass bits.
 * The payload of `SymbolEncoder` is longer by its 4 bytes of state and, on long streams, less than 0.02 %.
 *
 * @param symbols `[n]`
 * @param tableIndexes `[n]`
 * @throws {RangeError} for arrays of different length or a table that does not exist
 */
export function informationBits(
  symbols: Int32Array,
  tableIndexes: Uint8Array | Uint16Array,
  tables: FrequencyTableSet,
): number {
  if (symbols.length !== tableIndexes.length) {
    throw new RangeError(`informationBits: got ${tableIndexes.length} table indexes for ${symbols.length} symbols`);
  }
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) {
    const table = tableIndexes[i]!;
    if (table >= tables.tableCount) {
      throw new RangeError(`informationBits: got table ${table} at ${i}, expected 0..${tables.tableCount - 1}`);
    }
    const begin = tables.entryStarts[table]!;
    const escapeEntry = tables.entryStarts[table + 1]! - 1;
    const entry = begin + symbols[i]! - tables.firstSymbols[table]!;
    const inside = entry >= begin && entry < escapeEntry;
    const frequency = tables.entries[inside ? entry : escapeEntry]! & 0xffff;
    bits += FREQUENCY_BITS - Math.log2(frequency);
    if (!inside) {
      const distance = (entry < begin ? begin - 1 - entry : entry - escapeEntry) + 1;
      bits += ESCAPE_HEADER_BITS + 31 - Math.clz32(distance);
    }
  }
  return bits;
}
