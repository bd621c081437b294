/**
 * The loss that networks are trained for and judged by: bits per pixel + lambda * distortion. {@link Distortion} says which distortions there are.
 */
import type { Distortion } from "../distortion.ts";
import { add, divide, multiply, reduceMean, reduceSum, square, subtract, type Tensor } from "../engine/index.ts";
import { msSsimOfImages } from "./ms-ssim.ts";

/**
 * What a unit of 1 - MS-SSIM counts beside 255^2 * mean squared error. The customary series of lambdas for the two distortions (J. Bégaint et al.,
 * "CompressAI", arXiv 2011.03029) differ by about this factor: 16.64 stands beside 0.013.
 */
const MS_SSIM_UNIT = 1280;

/**
 * The part of the squared error in `ms-ssim+mse`. MS-SSIM alone hardly sees a slow drift of colour or brightness, because only its coarsest scale
 * compares means. Squared error does see it.
 */
const MSE_SHARE = 0.1;

/** What the parts of a distortion count, before lambda. */
export interface DistortionWeights {
  /** Of 255^2 * mean squared error of pixels in 0..1. */
  readonly squaredError: number;
  /** Of 1 - MS-SSIM. */
  readonly unlikeness: number;
}

const WEIGHTS: Readonly<Record<Distortion, DistortionWeights>> = {
  mse: { squaredError: 1, unlikeness: 0 },
  "ms-ssim": { squaredError: 0, unlikeness: 1 },
  "ms-ssim+mse": { squaredError: MSE_SHARE, unlikeness: (1 - MSE_SHARE) * MS_SSIM_UNIT },
};

/**
 * The weights of a distortion.
 * @param hasMsSsim false for an image that is too small for MS-SSIM: then the squared error counts for both
 */
export function distortionWeights(distortion: Distortion, hasMsSsim = true): DistortionWeights {
  const { squaredError, unlikeness } = WEIGHTS[distortion];
  if (hasMsSsim) return { squaredError, unlikeness };
  return { squaredError: squaredError + unlikeness / MS_SSIM_UNIT, unlikeness: 0 };
}

/** What the loss weighs: a part of the configuration of a training run. */
export interface RateDistortionConfig {
  readonly lambda: number;
  /** "mse" by default. */
  readonly distortion?: Distortion | undefined;
}

/** The loss and its parts, scalars. */
export interface Objective {
  readonly loss: Tensor;
  readonly bitsPerPixel: Tensor;
  /** Of pixels in 0..1. */
  readonly meanSquaredError: Tensor;
  /** Mean over the images; only if it is part of the distortion. */
  readonly msSsim?: Tensor;
}

/**
 * @param result what a network made of the image: its reconstruction, and the bits of the whole batch.
 * @param image `[n, 3, h, w]` in 0..1.
 * @param lambdas `[n]`, one for each image, instead of the single lambda.
 * @throws {RangeError} for MS-SSIM of images under 161 pixels on a side.
 */
export function rateDistortion(
  result: { readonly reconstruction: Tensor; readonly bits: Tensor },
  image: Tensor,
  { lambda, distortion = "mse" }: RateDistortionConfig,
  lambdas: Tensor | null = null,
): Objective {
  const [n, channels, h, w] = image.shape as readonly [number, number, number, number];
  const pixels = n * h * w;
  const squaredError = reduceSum(square(subtract(result.reconstruction, image)), { axes: [1, 2, 3] });
  const meanSquaredError = divide(reduceSum(squaredError), channels * pixels);
  const bitsPerPixel = divide(result.bits, pixels);
  const parts = { bitsPerPixel, meanSquaredError };
  if (distortion === "mse") {
    const weighted =
      lambdas === null
        ? multiply(meanSquaredError, lambda * 255 ** 2)
        : multiply(reduceSum(multiply(squaredError, lambdas)), 255 ** 2 / (channels * pixels));
    return { loss: add(bitsPerPixel, weighted), ...parts };
  }
  const similarity = msSsimOfImages(result.reconstruction, image);
  const unlike = subtract(1, similarity);
  const weights = distortionWeights(distortion);
  const distortions =
    distortion === "ms-ssim"
      ? unlike
      : add(
          multiply(unlike, weights.unlikeness),
          multiply(squaredError, (weights.squaredError * 255 ** 2) / (channels * h * w)),
        );
  const weighted = reduceMean(multiply(distortions, lambdas ?? lambda));
  return { loss: add(bitsPerPixel, weighted), ...parts, msSsim: reduceMean(similarity) };
}
