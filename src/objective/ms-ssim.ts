/**
 * Multi-scale structural similarity as a graph, to train for (Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural
 * similarity for image quality assessment", Asilomar 2003): the measure of evaluate/ms-ssim.ts, for pixels in 0..1.
 *
 * With d = x - y, the similarities are written as 1 - var(d) / (var(x) + var(y) + C2) and 1 - mean(d)^2 / (mean(x)^2 + mean(y)^2 + C1).
 * These equal the usual forms, such as (2 cov + C2) / (var(x) + var(y) + C2). But in training they are near 1, and in this form float32
 * keeps the difference from 1. Variances are taken around 1/2 for the same reason.
 *
 * The product of powers has no finite gradient where a scale's similarity falls to 0, and none at all below. Here a similarity
 * counts as at least {@link LEAST_SIMILARITY}. Below that, a loss that would fall as the similarity rises keeps its gradient
 * (`lowerBound`). If images are so unlike that a scale falls below it, they score at most 0.74 here, and less or 0 in
 * evaluate/ms-ssim.ts. All others score the same in both.
 */
import {
  add,
  concat,
  constant,
  conv2d,
  divide,
  exp,
  formatShape,
  log,
  multiply,
  reduceMean,
  reshape,
  sameShape,
  slice,
  square,
  subtract,
  type Tensor,
} from "../engine/index.ts";
import { lowerBound } from "../networks/lower-bound.ts";

/** Exponents of the five scales, finest first (Wang 2003, section 3.2). */
const SCALE_WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
const WINDOW_RADIUS = 5;
const WINDOW_TAPS = 2 * WINDOW_RADIUS + 1;
const WINDOW_SIGMA = 1.5;
/** K1^2 and K2^2 of Wang 2004, for a data range of 1. */
const LUMINANCE_CONSTANT = 0.01 ** 2;
const CONTRAST_CONSTANT = 0.03 ** 2;

/** The smallest value that the similarity of a scale counts as. */
export const LEAST_SIMILARITY = 1e-3;

/** Smallest height and width that five scales of an 11-tap window allow: (11 - 1) * 2^4 + 1. */
export const MS_SSIM_LEAST_SIDE: number = (WINDOW_TAPS - 1) * 2 ** (SCALE_WEIGHTS.length - 1) + 1;

/**
 * MS-SSIM, mean over images and channels, a scalar in 0..1.
 *
 * @param x `[n, c, h, w]`, nominally 0..1; may lie outside.
 * @param y of the same shape.
 * @throws {RangeError} as {@link msSsimOfImages}.
 */
export function msSsim(x: Tensor, y: Tensor): Tensor {
  return reduceMean(msSsimOfImages(x, y));
}

/**
 * MS-SSIM of each image, mean over its channels, `[n]` in 0..1.
 *
 * @param x `[n, c, h, w]`, nominally 0..1; may lie outside.
 * @param y of the same shape.
 * @throws {RangeError} if the shapes differ or a side is under {@link MS_SSIM_LEAST_SIDE} = 161 pixels.
 */
export function msSsimOfImages(x: Tensor, y: Tensor): Tensor {
  if (x.shape.length !== 4 || !sameShape(x.shape, y.shape)) {
    throw new RangeError(
      `msSsim: got ${formatShape(x.shape)} and ${formatShape(y.shape)}, expected two images of one shape [n, c, h, w]`,
    );
  }
  const [n, c, h, w] = x.shape as readonly [number, number, number, number];
  if (Math.min(h, w) < MS_SSIM_LEAST_SIDE) {
    throw new RangeError(`msSsim: got ${w} x ${h} pixels, expected at least ${MS_SSIM_LEAST_SIDE} on each side`);
  }
  // Channels become images, because the window is the same for all of them. Levels are around 0: see above.
  const planes = (image: Tensor): Tensor => subtract(reshape(image, [n * c, 1, h, w]), 0.5);
  let [left, right] = [planes(x), planes(y)];
  let exponent: Tensor = constant(0);
  SCALE_WEIGHTS.forEach((weight, scale) => {
    if (scale > 0) [left, right] = [halved(left), halved(right)];
    const similarity = planeSimilarity(left, right, scale === SCALE_WEIGHTS.length - 1);
    exponent = add(exponent, multiply(log(lowerBound(similarity, LEAST_SIMILARITY)), weight));
  });
  return reduceMean(reshape(exp(exponent), [n, c]), { axes: [1] });
}

/**
 * Contrast-structure similarity of planes `[p, 1, h, w]` of levels less 1/2, or with the luminance SSIM: means over all positions of
 * the window, `[p]`.
 */
function planeSimilarity(x: Tensor, y: Tensor, withLuminance: boolean): Tensor {
  const count = x.shape[0]!;
  const signals = concat([x, y, add(square(x), square(y)), square(subtract(x, y))], 0);
  const means = windowMeans(signals);
  const signal = (i: number): Tensor => slice(means, { starts: [i * count], ends: [(i + 1) * count] });
  const [meanX, meanY] = [signal(0), signal(1)];
  const squaredMeanOfDifference = square(subtract(meanX, meanY));
  const variances = subtract(signal(2), add(square(meanX), square(meanY)));
  const varianceOfDifference = subtract(signal(3), squaredMeanOfDifference);
  const contrast = subtract(1, divide(varianceOfDifference, add(variances, CONTRAST_CONSTANT)));
  const meanOf = (map: Tensor): Tensor => reduceMean(map, { axes: [1, 2, 3] });
  if (!withLuminance) return meanOf(contrast);
  const squaredMeans = add(square(add(meanX, 0.5)), square(add(meanY, 0.5)));
  const luminance = subtract(1, divide(squaredMeanOfDifference, add(squaredMeans, LUMINANCE_CONSTANT)));
  return meanOf(multiply(contrast, luminance));
}

/** Means under the Gaussian window at all places where it fits, first down the columns, then along the rows. */
function windowMeans(signals: Tensor): Tensor {
  const taps = Array.from({ length: WINDOW_TAPS }, (_, i) =>
    Math.exp(-((i - WINDOW_RADIUS) ** 2) / (2 * WINDOW_SIGMA ** 2)),
  );
  const sum = taps.reduce((a, b) => a + b);
  const window = taps.map((tap) => tap / sum);
  const down = conv2d(signals, constant(window, [1, 1, WINDOW_TAPS, 1]));
  return conv2d(down, constant(window, [1, 1, 1, WINDOW_TAPS]));
}

/**
 * Means of 2x2 blocks. An odd side gets one level of 0 before it and counts as longer by one, as pytorch_msssim does; levels
 * here are less 1/2, and so is that zero.
 */
function halved(planes: Tensor): Tensor {
  const [count, , h, w] = planes.shape as readonly [number, number, number, number];
  const [top, left] = [h % 2, w % 2];
  const black = (height: number, width: number): Tensor =>
    constant(new Float32Array(count * height * width).fill(-0.5), [count, 1, height, width]);
  let even = planes;
  if (top === 1) even = concat([black(1, w), even], 2);
  if (left === 1) even = concat([black(h + top, 1), even], 3);
  return conv2d(even, constant([0.25, 0.25, 0.25, 0.25], [1, 1, 2, 2]), { stride: 2 });
}
