/**
 * Rounding that minds the bits: of the two integers around a latent, the one for which bits + weight * (squared error) is smaller. It is a
 * choice of the encoder, and decoders do not know of it; video coders call it rate-distortion optimized quantization.
 */
import { FREQUENCY_BITS, type FrequencyTableSet } from "../entropy/table-set.ts";
import { symbolOf } from "./latent-coder.ts";

/**
 * Bits that a squared error of one quantization step is worth. Measured for models of two kinds: best, or within 0.3 % of the best loss, at
 * every quality (docs/decisions/0016-economical-rounding.md).
 */
export const BITS_PER_SQUARED_STEP = 40;

/** Bits of the entries of a table set. */
function bitsOf({ entries }: FrequencyTableSet, place: number): number {
  return FREQUENCY_BITS - Math.log2(entries[place]! & (2 ** FREQUENCY_BITS - 1));
}

/**
 * Where to change from a value to the next, as a distance from the lower one: 0.5 where both cost the same bits.
 * @returns for each entry of the set that is neither the last value of its table nor its escape
 */
function boundariesOf(tables: FrequencyTableSet, weight: number): Float64Array {
  const boundaries = new Float64Array(tables.entries.length);
  for (let table = 0; table < tables.tableCount; table++) {
    const end = tables.entryStarts[table + 1]! - 1;
    for (let place = tables.entryStarts[table]!; place + 1 < end; place++) {
      // Both are equally good where bits + weight * distance^2 = the other's bits + weight * (1 - distance)^2.
      const distance = 0.5 + (bitsOf(tables, place + 1) - bitsOf(tables, place)) / (2 * weight);
      boundaries[place] = Math.min(1, Math.max(0, distance));
    }
  }
  return boundaries;
}

/**
 * Makes the rounding for a set of tables.
 * @param weight as {@link BITS_PER_SQUARED_STEP}; Infinity for the nearest integers
 * @returns the integer for a value that is coded with a table; beyond the values that the table covers, the nearest
 * @throws (the function) {HalfstepError} `non-finite-latent`
 */
export function economicalRounding(
  tables: FrequencyTableSet,
  weight: number,
): (value: number, table: number) => number {
  const { entryStarts, firstSymbols } = tables;
  const boundaries = boundariesOf(tables, weight);
  return (value, table) => {
    const below = Math.floor(value);
    const start = entryStarts[table]!;
    const place = start + below - firstSymbols[table]!;
    // The last entry is the escape, the one before it the last value.
    if (!(place >= start && place + 2 < entryStarts[table + 1]!)) return symbolOf(value);
    return value - below < boundaries[place]! ? below : below + 1;
  };
}
