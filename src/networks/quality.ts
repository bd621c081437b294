/**
 * Variable rate: one network for a range of lambda. The quality of an image is a position in 0..1. The network learns tables with a
 * row for each of a few knots, and interpolates between two rows for the positions between (after Cui, Wang, Gao, Guo, Feng,
 * Bai, "Asymmetric Gained Deep Image Compression with Continuous Rate Adaptation", CVPR 2021).
 *
 * Graphs receive the weights of the interpolation. So a batch may mix qualities, and one graph of a codec serves all of them.
 */
import { exp, matMul, reshape, type Shape, type Tensor } from "../engine/index.ts";
import { chosenColumns } from "./chosen-columns.ts";
import { computed } from "./initializers.ts";
import type { NetworkSizes } from "./network.ts";
import type { ParameterScope } from "./parameters.ts";

/**
 * Knots of the tables where a network does not say how many it has. They stand at equal distances in the logarithm of lambda, so that a network with
 * more of them reaches further up, and has the others where they were.
 */
export const QUALITY_KNOTS = 7;

/** The weight of the distortion at the position 0. */
export const LAMBDA_AT_LOWEST_QUALITY = 0.0016;
/** The weight of the distortion at the position 1 of {@link QUALITY_KNOTS} knots; {@link highestLambda} has that of others. */
export const LAMBDA_AT_HIGHEST_QUALITY = 0.128;

const LAMBDA_RATIO = LAMBDA_AT_HIGHEST_QUALITY / LAMBDA_AT_LOWEST_QUALITY;

/** How many knots the network of a configuration has, if it is of variable rate. */
export function knotsOf({ structure }: Pick<NetworkSizes, "structure">): number {
  return structure?.knots ?? QUALITY_KNOTS;
}

/** From position 0 to position 1, for this many knots. */
function lambdaRatio(knots: number): number {
  return LAMBDA_RATIO ** ((knots - 1) / (QUALITY_KNOTS - 1));
}

/** The weight of the distortion at position 1, for a network with this many knots. */
export function highestLambda(knots: number = QUALITY_KNOTS): number {
  return knots === QUALITY_KNOTS ? LAMBDA_AT_HIGHEST_QUALITY : LAMBDA_AT_LOWEST_QUALITY * lambdaRatio(knots);
}

/** The weight of the distortion (bits per pixel + lambda * 255^2 * mean squared error) that a position stands for. */
export function lambdaOfQuality(position: number, knots: number = QUALITY_KNOTS): number {
  return LAMBDA_AT_LOWEST_QUALITY * lambdaRatio(knots) ** position;
}

/** The position of a lambda; those beyond the range count as its ends. */
export function qualityOfLambda(lambda: number, knots: number = QUALITY_KNOTS): number {
  const position = Math.log(lambda / LAMBDA_AT_LOWEST_QUALITY) / Math.log(lambdaRatio(knots));
  return Math.min(1, Math.max(0, position));
}

/**
 * How much each knot counts at the given positions: all but two are 0, and they sum to 1.
 * @param positions in 0..1
 * @returns `[positions, knots]`, row-major
 * @throws {RangeError} for a position that is not in 0..1
 */
export function qualityWeights(positions: readonly number[], knots: number = QUALITY_KNOTS): Float32Array {
  const weights = new Float32Array(positions.length * knots);
  for (const [i, position] of positions.entries()) {
    if (!(position >= 0 && position <= 1)) throw new RangeError(`qualityWeights: got ${position}, expected 0..1`);
    const place = position * (knots - 1);
    const knot = Math.min(Math.floor(place), knots - 2);
    weights[i * knots + knot] = knot + 1 - place;
    weights[i * knots + knot + 1] = place - knot;
  }
  return weights;
}

/** The shape of the input that {@link qualityWeights} fills. */
export function qualityShape(images: number, knots: number = QUALITY_KNOTS): Shape {
  return [images, knots];
}

/** Options of {@link qualityGain}. */
export interface QualityGainOptions {
  /** Columns of the table. */
  readonly channels: number;
  /** The value at a knot before training. */
  readonly start: (channel: number, lambda: number) => number;
  /** Which channels are asked for; all by default. */
  readonly used?: readonly number[];
}

/**
 * A positive factor for each channel, learned as logarithms at the knots: parameter `name` `[knots, channels]`.
 * @param quality `[n, knots]`
 * @returns `[n, channels used, 1, 1]`
 */
export function qualityGain(
  scope: ParameterScope,
  name: string,
  quality: Tensor,
  { channels, start, used }: QualityGainOptions,
): Tensor {
  const [images, knots] = quality.shape as readonly [number, number];
  const values = (): readonly number[] =>
    Array.from({ length: knots * channels }, (_, i) =>
      Math.log(start(i % channels, lambdaOfQuality(Math.floor(i / channels) / (knots - 1), knots))),
    );
  const table = scope.parameter(name, [knots, channels], computed(values));
  const columns = used === undefined ? table : chosenColumns(table, used);
  return reshape(exp(matMul(quality, columns)), [images, used?.length ?? channels, 1, 1]);
}
