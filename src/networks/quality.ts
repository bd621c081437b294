/**
 * Variable rate: one network for a range of lambda. The quality of an image is a position in 0..1; tables that the network learns have
 * a row for each of a few knots, and what applies at a position is interpolated between two of them (after Cui, Wang, Gao, Guo, Feng,
 * Bai, "Asymmetric Gained Deep Image Compression with Continuous Rate Adaptation", CVPR 2021).
 *
 * The weights of the interpolation are what graphs are fed with, so that a batch may mix qualities and a codec's graph serves all.
 */
import type { Shape, Tensor } from "../engine/index.ts";
import { exp } from "../engine/ops/functions.ts";
import { matMul } from "../engine/ops/matmul.ts";
import { reshape } from "../engine/ops/reshape.ts";
import { computed } from "./initializers.ts";
import type { ParameterScope } from "./parameters.ts";

/** Knots of the tables, at equal distances in the logarithm of lambda. */
export const QUALITY_KNOTS = 7;

/** The weights of the distortion at the positions 0 and 1. */
export const LAMBDA_AT_LOWEST_QUALITY = 0.0016;
/** See {@link LAMBDA_AT_LOWEST_QUALITY}. */
export const LAMBDA_AT_HIGHEST_QUALITY = 0.128;

const LAMBDA_RATIO = LAMBDA_AT_HIGHEST_QUALITY / LAMBDA_AT_LOWEST_QUALITY;

/** The weight of the distortion (bits per pixel + lambda * 255^2 * mean squared error) that a position stands for. */
export function lambdaOfQuality(position: number): number {
  return LAMBDA_AT_LOWEST_QUALITY * LAMBDA_RATIO ** position;
}

/** The position of a lambda; those beyond the range count as its ends. */
export function qualityOfLambda(lambda: number): number {
  const position = Math.log(lambda / LAMBDA_AT_LOWEST_QUALITY) / Math.log(LAMBDA_RATIO);
  return Math.min(1, Math.max(0, position));
}

/**
 * How much each knot counts at the given positions: all but two are 0, and they sum to 1.
 * @param positions in 0..1
 * @returns `[positions, QUALITY_KNOTS]`, row-major
 * @throws {RangeError} for a position that is not in 0..1
 */
export function qualityWeights(positions: readonly number[]): Float32Array {
  const weights = new Float32Array(positions.length * QUALITY_KNOTS);
  for (const [i, position] of positions.entries()) {
    if (!(position >= 0 && position <= 1)) throw new RangeError(`qualityWeights: got ${position}, expected 0..1`);
    const place = position * (QUALITY_KNOTS - 1);
    const knot = Math.min(Math.floor(place), QUALITY_KNOTS - 2);
    weights[i * QUALITY_KNOTS + knot] = knot + 1 - place;
    weights[i * QUALITY_KNOTS + knot + 1] = place - knot;
  }
  return weights;
}

/** The shape of the input that {@link qualityWeights} fills. */
export function qualityShape(images: number): Shape {
  return [images, QUALITY_KNOTS];
}

/**
 * A positive factor for each channel, learned as logarithms at the knots: parameter `name` `[QUALITY_KNOTS, channels]`.
 * @param quality `[n, QUALITY_KNOTS]`
 * @param start its value at a knot before training
 * @returns `[n, channels, 1, 1]`
 */
export function qualityGain(
  scope: ParameterScope,
  name: string,
  quality: Tensor,
  { channels, start }: { readonly channels: number; readonly start: (channel: number, lambda: number) => number },
): Tensor {
  const values = (): readonly number[] =>
    Array.from({ length: QUALITY_KNOTS * channels }, (_, i) =>
      Math.log(start(i % channels, lambdaOfQuality(Math.floor(i / channels) / (QUALITY_KNOTS - 1)))),
    );
  const table = scope.parameter(name, [QUALITY_KNOTS, channels], computed(values));
  const [images] = quality.shape as readonly [number];
  return reshape(exp(matMul(quality, table)), [images, channels, 1, 1]);
}
