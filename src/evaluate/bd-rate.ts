/**
 * Bjontegaard differences: how much less rate a codec needs for the same quality, or how much more quality it gives for
 * the same rate, on average over the interval that both curves cover. Based on G. Bjontegaard, "Calculation of average
 * PSNR differences between RD-curves", VCEG-M33 (2001); the pieces are PCHIP, as later JVET common test conditions use
 * them, since one cubic through many points swings between them. Quality is any measure that grows with the rate: PSNR in
 * dB, MS-SSIM as -10 log10(1 - x), SSIMULACRA 2 in its points.
 *
 * Refuses curves with fewer than four points, curves whose quality does not grow with the rate, and curves without a
 * common interval; never extrapolates. A comparison may be bounded to an interval of rates.
 */
import { HalfstepError } from "../errors.ts";
import { integratePchip, pchip, placeOfValue } from "./pchip.ts";

/** One point of a rate-distortion curve. */
export interface RatePoint {
  /** File bits per pixel of the image, above 0. */
  readonly bitsPerPixel: number;
  /** Quality, in dB or another unit in which equal steps count alike. */
  readonly quality: number;
}

/** How a curve is drawn through its points. */
export interface BdOptions {
  /** "pchip" passes through every point; "cubic" is the single least-squares cubic of 2001. Default "pchip". */
  readonly method?: "pchip" | "cubic";
  /**
   * Bits per pixel, lowest and highest, beyond which nothing is compared. Each curve is drawn through all its points, so its form does
   * not depend on this; the interval of the comparison ends where either curve, drawn by PCHIP, leaves these rates. Default: no bounds.
   */
  readonly rates?: RateBounds | undefined;
}

/** Bits per pixel: lowest, highest; above 0. */
export type RateBounds = readonly [number, number];

/** Result of {@link bdRate}. */
export interface BdRate {
  /** Mean difference in rate at equal quality, in percent of the anchor's: negative saves rate. */
  readonly percent: number;
  /** Quality that both curves cover: lowest, highest. */
  readonly interval: readonly [number, number];
}

/** Result of {@link bdPsnr}. */
export interface BdPsnr {
  /** Mean difference in quality at equal rate, in dB or the unit of the points: positive is better than the anchor. */
  readonly db: number;
  /** Bits per pixel that both curves cover: lowest, highest. */
  readonly interval: readonly [number, number];
}

/** From the lowest to the highest. */
type Range = readonly [number, number];

/** Fewest points of a curve: what a cubic needs. */
const minPoints = 4;

/**
 * BD-rate of a codec against an anchor, in percent. The points may come in any order.
 *
 * @throws {RangeError} for fewer than 4 points, rates that are not positive, or quality that does not grow with the rate.
 * @throws {HalfstepError} `no-overlap` if the curves share no interval of quality.
 */
export function bdRate(points: readonly RatePoint[], anchor: readonly RatePoint[], options: BdOptions = {}): BdRate {
  const tested = sorted(points, "the codec");
  const reference = sorted(anchor, "the anchor");
  const { rates } = options;
  const within = (curve: Curve): Range => (rates === undefined ? ends(curve.quality) : qualitiesOf(curve, rates));
  const interval = commonInterval(within(tested), within(reference), "quality");
  const meanLogRate = (curve: Curve): number => meanOver(curve.quality, curve.logRate, interval, options);
  return { percent: (10 ** (meanLogRate(tested) - meanLogRate(reference)) - 1) * 100, interval };
}

/**
 * BD-PSNR (or the same of another quality) of a codec against an anchor, in the unit of the points. The points may come in any order.
 *
 * @throws {RangeError} as {@link bdRate}.
 * @throws {HalfstepError} `no-overlap` if the curves share no interval of rate.
 */
export function bdPsnr(points: readonly RatePoint[], anchor: readonly RatePoint[], options: BdOptions = {}): BdPsnr {
  const tested = sorted(points, "the codec");
  const reference = sorted(anchor, "the anchor");
  const { rates } = options;
  const within = (curve: Curve): Range => (rates === undefined ? ends(curve.logRate) : clipped(curve, rates));
  const interval = commonInterval(within(tested), within(reference), "log10 of bits per pixel");
  const meanQuality = (curve: Curve): number => meanOver(curve.logRate, curve.quality, interval, options);
  return { db: meanQuality(tested) - meanQuality(reference), interval: [10 ** interval[0], 10 ** interval[1]] };
}

interface Curve {
  readonly logRate: readonly number[];
  readonly quality: readonly number[];
}

function sorted(points: readonly RatePoint[], whose: string): Curve {
  if (points.length < minPoints) {
    throw new RangeError(`bdRate: got ${points.length} points of ${whose}, expected at least ${minPoints}`);
  }
  const byRate = points.toSorted((a, b) => a.bitsPerPixel - b.bitsPerPixel);
  for (const [i, { bitsPerPixel, quality }] of byRate.entries()) {
    if (!(bitsPerPixel > 0 && Number.isFinite(bitsPerPixel) && Number.isFinite(quality))) {
      throw new RangeError(
        `bdRate: got a quality of ${quality} at ${bitsPerPixel} bpp of ${whose}, expected a positive rate and finite numbers`,
      );
    }
    const before = byRate[i - 1];
    if (before !== undefined && !(bitsPerPixel > before.bitsPerPixel && quality > before.quality)) {
      throw new RangeError(
        `bdRate: got a quality of ${before.quality} at ${before.bitsPerPixel} bpp, then ${quality} at ${bitsPerPixel} bpp of ` +
          `${whose}, expected quality that grows with the rate`,
      );
    }
  }
  return {
    logRate: byRate.map(({ bitsPerPixel }) => Math.log10(bitsPerPixel)),
    quality: byRate.map(({ quality }) => quality),
  };
}

function ends(rising: readonly number[]): Range {
  return [rising[0]!, rising.at(-1)!];
}

/**
 * The part of a curve's range of log10 rates that is within bounds.
 * @throws {RangeError} for bounds that are not rising rates
 * @throws {HalfstepError} `no-overlap` if no rate of the curve is within them
 */
function clipped({ logRate }: Curve, [low, high]: RateBounds): Range {
  if (!(low > 0 && low < high && Number.isFinite(high))) {
    throw new RangeError(`bdRate: got rates from ${low} to ${high} bpp, expected a positive one and a higher one`);
  }
  const [lowest, highest] = ends(logRate);
  const range = [Math.max(lowest, Math.log10(low)), Math.min(highest, Math.log10(high))] as const;
  if (range[0] < range[1]) return range;
  const covered = [lowest, highest].map((value) => (10 ** value).toFixed(3)).join("..");
  throw new HalfstepError(
    "no-overlap",
    `bdRate: got a curve of ${covered} bpp, expected one with rates in ${low}..${high}; choose other bounds`,
  );
}

/** The qualities that a curve has within bounds of the rate. Throws as {@link clipped}. */
function qualitiesOf(curve: Curve, rates: RateBounds): Range {
  const drawn = pchip(curve.quality, curve.logRate);
  const [low, high] = clipped(curve, rates);
  return [placeOfValue(drawn, low), placeOfValue(drawn, high)];
}

function commonInterval(a: Range, b: Range, quantity: string): Range {
  const low = Math.max(a[0], b[0]);
  const high = Math.min(a[1], b[1]);
  if (low >= high) {
    const range = ([lowest, highest]: Range): string => `${lowest.toFixed(3)}..${highest.toFixed(3)}`;
    throw new HalfstepError(
      "no-overlap",
      `bdRate: got ${quantity} ${range(a)} of the codec and ${range(b)} of the anchor, expected ranges that overlap; ` +
        "add points towards the other curve",
    );
  }
  return [low, high];
}

/** Mean of y over an interval of x. */
function meanOver(
  x: readonly number[],
  y: readonly number[],
  [low, high]: readonly [number, number],
  { method = "pchip" }: BdOptions,
): number {
  const area = method === "pchip" ? integratePchip(pchip(x, y), low, high) : integrateCubicFit(x, y, low, high);
  return area / (high - low);
}

/**
 * Integral of the least-squares cubic through the points. The fit is made in t = -1..1 over the range of x: there the
 * normal equations of degree 3 stay well conditioned, which in x = 30..45 dB they are not.
 */
function integrateCubicFit(x: readonly number[], y: readonly number[], low: number, high: number): number {
  const centre = (x[0]! + x.at(-1)!) / 2;
  const half = (x.at(-1)! - x[0]!) / 2;
  const t = x.map((value) => (value - centre) / half);
  const moment = (power: number): number => t.reduce((sum, value) => sum + value ** power, 0);
  const rows = [0, 1, 2, 3].map((i) => [
    ...[0, 1, 2, 3].map((j) => moment(i + j)),
    t.reduce((sum, value, k) => sum + value ** i * y[k]!, 0),
  ]);
  const coefficients = solvePositiveDefinite(rows);
  const primitive = (value: number): number =>
    coefficients.reduce((sum, coefficient, power) => sum + (coefficient * value ** (power + 1)) / (power + 1), 0);
  return half * (primitive((high - centre) / half) - primitive((low - centre) / half));
}

/** Gaussian elimination on rows [matrix | right side]; a positive definite matrix needs no exchange of rows. */
function solvePositiveDefinite(rows: number[][]): number[] {
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = pivot + 1; row < size; row++) {
      const factor = rows[row]![pivot]! / rows[pivot]![pivot]!;
      for (let column = pivot; column <= size; column++) rows[row]![column]! -= factor * rows[pivot]![column]!;
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    let rest = rows[row]![size]!;
    for (let column = row + 1; column < size; column++) rest -= rows[row]![column]! * solution[column]!;
    solution[row] = rest / rows[row]![row]!;
  }
  return solution;
}
