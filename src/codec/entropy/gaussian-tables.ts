/**
 * Frequency tables for zero-mean Gaussian latents, one for each level of a ladder of scales.
 *
 * A latent is rounded after its mean was taken off, so the table of scale s holds the mass of N(0, s^2) on unit intervals
 * around the integers: the Gaussian convolved with a unit box, read at the integers (Balle et al. 2018). It runs when a
 * model is exported; a reader of streams only sees the integers.
 */
import { DEFAULT_SCALE_BOUND } from "../../scale-bound.ts";
import { normalCdf, roundedNormalMass } from "./normal-distribution.ts";
import { quantizePmf } from "./quantize-pmf.ts";
import { type FrequencyTable, FrequencyTableSet } from "./table-set.ts";

/** The ladder of scales; see {@link gaussianScales}. */
export interface GaussianScaleOptions {
  /** Number of levels, at least 2. Default 64. */
  readonly levels?: number;
  /** Smallest scale (standard deviation in quantization steps). Default {@link DEFAULT_SCALE_BOUND}. */
  readonly lower?: number;
  /** Largest scale. Default 256. */
  readonly upper?: number;
}

/** Where the tables end; see {@link gaussianTables}. */
export interface GaussianTableOptions {
  /** The probability of all values outside a table may be this large. Default 1e-9. */
  readonly tailMass?: number;
  /**
   * Values less likely than this are left to the escape, even if {@link tailMass} would keep them: an entry takes at least
   * 1/65536 of the table, which such a value does not repay. Default 2^-18 (docs/decisions/0002-entropy-coder.md). 0
   * keeps them.
   */
  readonly smallestProbability?: number;
}

/**
 * Scales spaced evenly in the logarithm: `exp(linspace(ln lower, ln upper, levels))`.
 * @throws {RangeError} unless 0 < lower < upper and levels is an integer of at least 2
 */
export function gaussianScales(options: GaussianScaleOptions = {}): Float64Array {
  const { levels = 64, lower = DEFAULT_SCALE_BOUND, upper = 256 } = options;
  if (!Number.isInteger(levels) || levels < 2 || !(lower > 0 && upper > lower && upper < Infinity)) {
    throw new RangeError(
      `gaussianScales: got ${levels} levels in ${lower}..${upper}, expected 2 or more, 0 < lower < upper`,
    );
  }
  const step = Math.log(upper / lower) / (levels - 1);
  return Float64Array.from({ length: levels }, (_, i) => lower * Math.exp(step * i));
}

/** The largest magnitude that a table of this scale covers: at least 1, so that a small mismatch costs no escape. */
function tableReach(scale: number, tailMass: number, smallestProbability: number): number {
  const outside = (reach: number) => 2 * normalCdf(-(reach + 0.5) / scale);
  let reach = 1;
  while (outside(reach) > tailMass && roundedNormalMass(reach + 1, scale) >= smallestProbability) reach++;
  return reach;
}

/**
 * One table for each scale, over the values -reach..reach and the escape.
 *
 * @param scales standard deviations in quantization steps, each above 0 and at most 4096
 * @throws {RangeError} for a scale or an option out of range
 */
export function gaussianTables(scales: Float64Array, options: GaussianTableOptions = {}): FrequencyTableSet {
  const { tailMass = 1e-9, smallestProbability = 2 ** -18 } = options;
  if (!(tailMass >= 1e-15 && tailMass < 0.5) || !(smallestProbability >= 0 && smallestProbability < 0.5)) {
    throw new RangeError(
      `gaussianTables: got tailMass ${tailMass} and smallestProbability ${smallestProbability}, expected 1e-15..0.5 and 0..0.5`,
    );
  }
  const tables: FrequencyTable[] = [];
  for (const scale of scales) {
    if (!(scale > 0 && scale <= 4096))
      throw new RangeError(`gaussianTables: got scale ${scale}, expected 0 < scale <= 4096`);
    const reach = tableReach(scale, tailMass, smallestProbability);
    const pmf = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => roundedNormalMass(i - reach, scale));
    tables.push({ firstSymbol: -reach, frequencies: quantizePmf(pmf, 2 * normalCdf(-(reach + 0.5) / scale)) });
  }
  return FrequencyTableSet.from(tables);
}

/** Halvings of the interval between two scales: 1e-6 of it remains. */
const BISECTION_STEPS = 20;

/** The scale at which the models of scales `below` and `above` cost the same number of bits. */
function equalCostScale(below: number, above: number): number {
  // advantage[k] = bits by which the wider model beats the narrower one on the value k (or -k)
  const count = Math.ceil(9 * above) + 2;
  const advantage = Float64Array.from({ length: count }, (_, k) => {
    const [narrow, wide] = [roundedNormalMass(k, below), roundedNormalMass(k, above)];
    return Math.log2(Math.max(wide, Number.MIN_VALUE)) - Math.log2(Math.max(narrow, Number.MIN_VALUE));
  });
  let low = below;
  let high = above;
  for (let step = 0; step < BISECTION_STEPS; step++) {
    const middle = Math.sqrt(low * high);
    let expected = roundedNormalMass(0, middle) * advantage[0]!;
    for (let k = 1; k < count; k++) expected += 2 * roundedNormalMass(k, middle) * advantage[k]!;
    if (expected < 0) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

/**
 * Where to change from one level to the next: scale s belongs to level `i` if exactly `i` boundaries are at or below s.
 *
 * A boundary is the scale that both neighbours code at the same cost. This minimises the expected overhead, which rounding
 * up to the next scale (customary elsewhere) does not. Fine ladders give nearly the geometric mean of the two.
 *
 * @param scales ascending standard deviations, `[levels]`
 * @returns `[levels - 1]` ascending boundaries
 * @throws {RangeError} unless the scales are positive and ascending
 */
export function scaleThresholds(scales: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(0, scales.length - 1) }, (_, i) => {
    const below = scales[i]!;
    const above = scales[i + 1]!;
    if (!(below > 0 && above > below && above < Infinity)) {
      throw new RangeError(`scaleThresholds: got ${below} before ${above}, expected positive ascending scales`);
    }
    return equalCostScale(below, above);
  });
}

/** The level of a scale: the number of `thresholds` (ascending, from {@link scaleThresholds}) at or below it. */
export function scaleLevel(scale: number, thresholds: Float64Array): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle]! <= scale) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sign, exponent and three bits of the mantissa of a number of 32 bits: within such a cell lie one or two boundaries. */
const CELL_SHIFT = 20;
const CELLS = 2 ** (32 - CELL_SHIFT);

/** The lowest number whose bits begin as a cell's do; minus infinity for cells without numbers. */
function lowestOfCell(cell: number): number {
  const bits = new Uint32Array([cell << CELL_SHIFT]);
  const negative = cell >= CELLS / 2;
  if (negative) bits[0] = bits[0]! | (2 ** CELL_SHIFT - 1);
  const [value] = new Float32Array(bits.buffer) as unknown as [number];
  return Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY;
}

/**
 * {@link scaleLevel} for many scales. A table says where to begin, by the first bits of each scale.
 * @param thresholds ascending, from {@link scaleThresholds} or their logarithms
 * @returns a function that writes the levels of `[n]` scales into `[n]`
 */
export function scaleLevels(thresholds: Float64Array): (scales: Float32Array, levels: Uint16Array) => void {
  const first = Uint16Array.from({ length: CELLS }, (_, cell) => scaleLevel(lowestOfCell(cell), thresholds));
  // One more, above all scales, so that the search ends.
  const boundaries = Float64Array.of(...thresholds, Number.NaN);
  return (scales, levels) => {
    const cells = new Uint32Array(scales.buffer, scales.byteOffset, scales.length);
    for (let i = 0; i < levels.length; i++) {
      const scale = scales[i]!;
      let level = first[cells[i]! >>> CELL_SHIFT]!;
      while (boundaries[level]! <= scale) level++;
      levels[i] = level;
    }
  };
}
