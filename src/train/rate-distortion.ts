/** The loss that networks are trained for and judged by: bits per pixel + lambda * 255^2 * mean squared error. */
import { add, divide, multiply, reduceSum, square, subtract, type Tensor } from "../engine/index.ts";

/** The loss and its two parts, scalars. */
export interface Objective {
  readonly loss: Tensor;
  readonly bitsPerPixel: Tensor;
  /** Of pixels in 0..1. */
  readonly meanSquaredError: Tensor;
}

/**
 * @param result what a network made of the image: its reconstruction, and the bits of the whole batch.
 * @param image `[n, 3, h, w]` in 0..1.
 */
export function rateDistortion(
  result: { readonly reconstruction: Tensor; readonly bits: Tensor },
  image: Tensor,
  lambda: number,
): Objective {
  const [n, channels, h, w] = image.shape as readonly [number, number, number, number];
  const pixels = n * h * w;
  const meanSquaredError = divide(reduceSum(square(subtract(result.reconstruction, image))), channels * pixels);
  const bitsPerPixel = divide(result.bits, pixels);
  return { loss: add(bitsPerPixel, multiply(meanSquaredError, lambda * 255 ** 2)), bitsPerPixel, meanSquaredError };
}
