/**
 * Rounding that minds the bits: of the two integers around a latent, the one for which bits + weight * (squared error) is smaller. It is a
 * choice of the encoder, and decoders do not know of it; video coders call it rate-distortion optimized quantization.
 */
import { FREQUENCY_BITS, type FrequencyTableSet, SYMBOL_MAGNITUDE_LIMIT } from "../entropy/table-set.ts";
import { symbolOf } from "./latent-coder.ts";

/**
 * Bits that a squared error of one quantization step is worth. Measured for models of two kinds: best, or within 0.3 % of the best loss, at
 * every quality (docs/decisions/0016-economical-rounding.md).
 */
export const BITS_PER_SQUARED_STEP = 40;

/**
 * What that weight is multiplied by for latents that a descent has moved (`codec/effort`): it has minded their bits already, through a surrogate that
 * tends to the nearest integers (docs/decisions/0025-effort.md).
 */
export const WEIGHT_OF_MOVED = 2;

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

/** Elements of a tile of y that are coded at once, each array but the first `[n]`. */
export interface UnroundedLatents {
  /** The tile's y. */
  readonly latents: Float32Array;
  /** Where each element lies in the tile's y; null if all of it is coded, in order. */
  readonly places: Int32Array | null;
  /** What is taken off each element before it is rounded; null for zeros. */
  readonly means: Float32Array | null;
  /** The table by which each is coded. */
  readonly tables: Uint16Array;
}

/**
 * Makes the rounding for a set of tables.
 * @param weight as {@link BITS_PER_SQUARED_STEP}; Infinity for the nearest integers
 * @returns a function that writes `[n]` symbols: for each element the integer for latent - mean. Beyond the values that its table covers, that
 * is the nearest
 * @throws (the function) {HalfstepError} `non-finite-latent`
 */
export function economicalRounding(
  tables: FrequencyTableSet,
  weight: number,
): (elements: UnroundedLatents, symbols: Int32Array) => void {
  const { entryStarts, firstSymbols } = tables;
  const boundaries = boundariesOf(tables, weight);
  return ({ latents, places, means, tables: indexes }, symbols) => {
    for (let i = 0; i < symbols.length; i++) {
      const value = latents[places === null ? i : places[i]!]! - (means === null ? 0 : means[i]!);
      if (!(value > -SYMBOL_MAGNITUDE_LIMIT && value < SYMBOL_MAGNITUDE_LIMIT)) {
        symbols[i] = symbolOf(value);
        continue;
      }
      const below = Math.floor(value) | 0;
      const table = indexes[i]!;
      const start = entryStarts[table]!;
      const place = start + below - firstSymbols[table]!;
      // The last entry is the escape, the one before it the last value.
      if (place >= start && place + 2 < entryStarts[table + 1]!) {
        symbols[i] = value - below < boundaries[place]! ? below : below + 1;
      } else {
        symbols[i] = symbolOf(value);
      }
    }
  };
}
