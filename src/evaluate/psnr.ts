/**
 * Peak signal-to-noise ratio of 8-bit RGB images: 10 log10(255^2 / mean squared error), the mean over all pixels and
 * the three channels at once. The mean of a set is the mean of its images' values, as CompressAI reports it.
 * Refuses images of different sizes; does not convert to luma.
 */
import { checkSameSize, type Image } from "../image/image.ts";

/** Squares summed as 32-bit integers before they join the double: 32768 * 255^2 < 2^31. */
const blockLength = 32768;

/**
 * Sum of squared differences of levels over all pixels and channels: an exact integer.
 *
 * @throws {RangeError} if the sizes differ.
 */
export function squaredError(a: Image, b: Image): number {
  checkSameSize(a, b, "squaredError");
  const left = a.data;
  const right = b.data;
  let sum = 0;
  for (let start = 0; start < left.length; start += blockLength) {
    const end = Math.min(start + blockLength, left.length);
    let block = 0;
    for (let i = start; i < end; i++) {
      const difference = left[i]! - right[i]!;
      block = (block + difference * difference) | 0;
    }
    sum += block;
  }
  return sum;
}

/**
 * Mean squared error in squared levels.
 *
 * @throws {RangeError} if the sizes differ.
 */
export function meanSquaredError(a: Image, b: Image): number {
  return squaredError(a, b) / a.data.length;
}

/**
 * PSNR in dB; Infinity for identical images.
 *
 * @throws {RangeError} if the sizes differ.
 */
export function psnr(a: Image, b: Image): number {
  return psnrOfError(meanSquaredError(a, b));
}

/** PSNR in dB of a mean squared error in squared levels of 0..255; Infinity for 0. */
export function psnrOfError(meanSquaredError: number): number {
  return 10 * Math.log10(255 ** 2 / meanSquaredError);
}
