/**
 * The loss that networks are trained for and judged by: bits per pixel + lambda * 255^2 * mean squared error, or bits per pixel +
 * lambda * (1 - MS-SSIM).
 */
import { add, divide, multiply, reduceSum, square, subtract, type Tensor } from "../engine/index.ts";
import { msSsim } from "./ms-ssim.ts";

/** What the loss weighs: a part of the configuration of a training run. */
export interface RateDistortionConfig {
  readonly lambda: number;
  /** "mse" by default. */
  readonly distortion?: "mse" | "ms-ssim" | undefined;
}

/** The loss and its parts, scalars. */
export interface Objective {
  readonly loss: Tensor;
  readonly bitsPerPixel: Tensor;
  /** Of pixels in 0..1. */
  readonly meanSquaredError: Tensor;
  /** Mean over the images; only if it is the distortion. */
  readonly msSsim?: Tensor;
}

/**
 * @param result what a network made of the image: its reconstruction, and the bits of the whole batch.
 * @param image `[n, 3, h, w]` in 0..1.
 * @param lambdas `[n]`, one for each image, instead of the single lambda; for the mean squared error.
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
  if (lambdas !== null) {
    const weighted = multiply(reduceSum(multiply(squaredError, lambdas)), 255 ** 2 / (channels * pixels));
    return { loss: add(bitsPerPixel, weighted), ...parts };
  }
  if (distortion === "mse") return { loss: add(bitsPerPixel, multiply(meanSquaredError, lambda * 255 ** 2)), ...parts };
  const similarity = msSsim(result.reconstruction, image);
  return { loss: add(bitsPerPixel, multiply(subtract(1, similarity), lambda)), ...parts, msSsim: similarity };
}
