/**
 * The quality that a user chooses, the number that stands for it in a stream (FORMAT.md, "Quality"), and the input that it becomes for a network of
 * variable rate.
 *
 * Encoder and decoder both start from the integer in the stream. The input is floating point, and only the transforms get it. So no symbol depends
 * on it. If a runtime rounds logarithms differently, pixels still agree within one level.
 */
import type { FloatArray } from "../engine/index.ts";
import { UsageError } from "../errors.ts";
import { QUALITY_KNOTS, qualityOfLambda, qualityShape, qualityWeights } from "../networks/quality.ts";

/** The default quality: the middle, which is the geometric mean of the lambdas that the model was trained for. */
export const DEFAULT_QUALITY = 50;
/** The largest quality. */
export const BEST_QUALITY = 100;
/** Qualities go in steps of one over this. */
const STEPS_PER_QUALITY = 10;
const STEPS: number = BEST_QUALITY * STEPS_PER_QUALITY;
/** The number of the largest quality in a stream. Quality 0 has the number 1. The number 0 says that the model has one rate only. */
export const QUALITY_FIELD_LIMIT: number = 1 + STEPS;

/**
 * The number that stands for a quality in a stream: the nearest step of 0.1.
 * @param quality 0, the smallest file, to 100, the best picture
 * @throws {UsageError} `bad-quality`
 */
export function qualityField(quality: number): number {
  if (quality >= 0 && quality <= BEST_QUALITY) return 1 + Math.round(STEPS_PER_QUALITY * quality);
  throw new UsageError(
    "bad-quality",
    `quality: got ${quality}, expected a number from 0, the smallest file, to ${BEST_QUALITY}, the best picture`,
  );
}

/** The quality that a stream's number stands for. Null for 0 (a model of fixed rate), and for numbers without a meaning. */
export function qualityOfField(field: number): number | null {
  return field >= 1 && field <= QUALITY_FIELD_LIMIT ? (field - 1) / STEPS_PER_QUALITY : null;
}

/**
 * The weight of the distortion for a stream's number: between the ends of the model's range, in equal ratios.
 * @param field 1..{@link QUALITY_FIELD_LIMIT}
 * @throws {RangeError} for another
 */
export function lambdaOfField(field: number, [low, high]: readonly [number, number]): number {
  if (!Number.isInteger(field) || field < 1 || field > QUALITY_FIELD_LIMIT) {
    throw new RangeError(`lambdaOfField: got ${field}, expected an integer of 1..${QUALITY_FIELD_LIMIT}`);
  }
  // The power may miss the end by a rounding.
  return field === QUALITY_FIELD_LIMIT ? high : low * (high / low) ** ((field - 1) / STEPS);
}

/**
 * The input of the transforms for a quality: `[1, knots]`.
 * @param knots of the network
 * @throws {RangeError} as {@link lambdaOfField}
 */
export function qualityInput(
  field: number,
  lambdaRange: readonly [number, number],
  knots: number = QUALITY_KNOTS,
): FloatArray {
  const position = qualityOfLambda(lambdaOfField(field, lambdaRange), knots);
  return { data: qualityWeights([position], knots), shape: qualityShape(1, knots) };
}
