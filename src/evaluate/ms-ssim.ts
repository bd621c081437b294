/**
 * Multi-scale structural similarity of 8-bit RGB images, as pytorch_msssim computes it for CompressAI's published curves.
 * Based on Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to
 * structural similarity" (2004) and Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity for image
 * quality assessment" (2003): 11x11 Gaussian window of sigma 1.5 without padding ("valid"), K1 = 0.01, K2 = 0.03, data
 * range 255, five scales joined by 2x2 means, each channel by itself, then the mean of the three.
 *
 * Refuses images under 161 pixels on a side: the window would not fit into the fifth scale, and numbers with fewer scales
 * would not compare.
 */
import { checkSameSize, type Image } from "../image/image.ts";

/** Exponents of the five scales, finest first (Wang 2003, section 3.2). */
const scaleWeights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
/** Taps of the window to each side of its centre, and all of them. */
const windowRadius = 5;
const windowTaps = 2 * windowRadius + 1;
const windowSigma = 1.5;
/** (K1 * 255)^2 and (K2 * 255)^2: keep the quotients stable where an image is dark or flat. */
const luminanceConstant = (0.01 * 255) ** 2;
const contrastConstant = (0.03 * 255) ** 2;

/** Smallest width and height that five scales of an 11-tap window allow: (11 - 1) * 2^4 + 1. */
export const msSsimMinSide: number = (windowTaps - 1) * 2 ** (scaleWeights.length - 1) + 1;

/** Weights of the window from its centre outwards; both halves with the centre sum to 1. */
const windowWeights: readonly [number, number, number, number, number, number] = gaussianHalf();

/** One channel of an image, at one scale. */
interface Plane {
  readonly width: number;
  readonly height: number;
  readonly levels: Float64Array;
}

/** Means over all window positions. */
interface Similarity {
  /** Luminance times contrast-structure: SSIM. */
  readonly ssim: number;
  /** Contrast-structure alone. */
  readonly contrast: number;
}

/**
 * SSIM, -1..1, mean over window positions and channels.
 *
 * @throws {RangeError} if the sizes differ or a side is under 11 pixels.
 */
export function ssim(a: Image, b: Image): number {
  checkSameSize(a, b, "ssim");
  if (Math.min(a.width, a.height) < windowTaps) {
    throw new RangeError(`ssim: got ${a.width} x ${a.height} pixels, expected at least ${windowTaps} per side`);
  }
  return meanOverChannels((channel) => planeSimilarity(planeOf(a, channel), planeOf(b, channel)).ssim);
}

/**
 * MS-SSIM, 0..1, mean over channels.
 *
 * @throws {RangeError} if the sizes differ or a side is under {@link msSsimMinSide} = 161 pixels.
 */
export function msSsim(a: Image, b: Image): number {
  checkSameSize(a, b, "msSsim");
  if (Math.min(a.width, a.height) < msSsimMinSide) {
    throw new RangeError(`msSsim: got ${a.width} x ${a.height} pixels, expected at least ${msSsimMinSide} per side`);
  }
  return meanOverChannels((channel) => planeMsSsim(planeOf(a, channel), planeOf(b, channel)));
}

/**
 * {@link msSsim}, or null for images that are too small for it.
 *
 * @throws {RangeError} if the sizes differ.
 */
export function msSsimOrNull(a: Image, b: Image): number | null {
  checkSameSize(a, b, "msSsimOrNull");
  return Math.min(a.width, a.height) < msSsimMinSide ? null : msSsim(a, b);
}

/** MS-SSIM in dB, -10 log10(1 - value), which spreads the range near 1; Infinity for 1. */
export function toDb(msSsimValue: number): number {
  return -10 * Math.log10(1 - msSsimValue);
}

function meanOverChannels(measure: (channel: number) => number): number {
  return (measure(0) + measure(1) + measure(2)) / 3;
}

function planeMsSsim(a: Plane, b: Plane): number {
  let product = 1;
  let [left, right] = [a, b];
  for (let scale = 0; scale < scaleWeights.length; scale++) {
    if (scale > 0) [left, right] = [halved(left), halved(right)];
    const { ssim, contrast } = planeSimilarity(left, right);
    // Only the coarsest scale compares luminance. A negative mean has no real power; it counts as no similarity.
    const similarity = scale === scaleWeights.length - 1 ? ssim : contrast;
    product *= Math.max(similarity, 0) ** scaleWeights[scale]!;
  }
  return product;
}

/**
 * SSIM and its contrast part. The window is separable: every row is filtered along x once and kept in a ring of 11 rows,
 * which are then filtered along y. Four signals suffice, since only the sum of the two variances is needed.
 */
function planeSimilarity(a: Plane, b: Plane): Similarity {
  const { width, height } = a;
  const columns = width - 2 * windowRadius;
  const rows = height - 2 * windowRadius;
  const signals = 4 * columns;
  const ring = Array.from({ length: windowTaps }, () => new Float64Array(signals));
  const scratch = new Float64Array(4 * width);
  const window = new Float64Array(signals);
  let ssimSum = 0;
  let contrastSum = 0;
  for (let y = 0; y < height; y++) {
    filterAlongX(a.levels, b.levels, y * width, width, scratch, ring[y % windowTaps]!);
    if (y < windowTaps - 1) continue;
    filterAlongY(ring, y + 1, window);
    for (let at = 0; at < signals; at += 4) {
      const meanA = window[at]!;
      const meanB = window[at + 1]!;
      const meanProduct = meanA * meanB;
      const meanSquares = meanA * meanA + meanB * meanB;
      const variances = window[at + 2]! - meanSquares;
      const covariance = window[at + 3]! - meanProduct;
      const contrast = (2 * covariance + contrastConstant) / (variances + contrastConstant);
      contrastSum += contrast;
      ssimSum += (contrast * (2 * meanProduct + luminanceConstant)) / (meanSquares + luminanceConstant);
    }
  }
  return { ssim: ssimSum / (rows * columns), contrast: contrastSum / (rows * columns) };
}

/** One row of a, b, a^2 + b^2 and a b, interleaved and filtered along x: [width] twice -> [columns, 4]. */
function filterAlongX(
  a: Float64Array,
  b: Float64Array,
  start: number,
  width: number,
  scratch: Float64Array,
  filtered: Float64Array,
): void {
  for (let x = 0, at = 0; x < width; x++, at += 4) {
    const left = a[start + x]!;
    const right = b[start + x]!;
    scratch[at] = left;
    scratch[at + 1] = right;
    scratch[at + 2] = left * left + right * right;
    scratch[at + 3] = left * right;
  }
  const [w0, w1, w2, w3, w4, w5] = windowWeights;
  for (let at = 0, s = scratch, c = 4 * windowRadius; at < filtered.length; at++, c++) {
    filtered[at] =
      w0 * s[c]! +
      w1 * (s[c - 4]! + s[c + 4]!) +
      w2 * (s[c - 8]! + s[c + 8]!) +
      w3 * (s[c - 12]! + s[c + 12]!) +
      w4 * (s[c - 16]! + s[c + 16]!) +
      w5 * (s[c - 20]! + s[c + 20]!);
  }
}

/** The window sums from a ring of 11 filtered rows, of which the oldest lies at `oldest % 11`. */
function filterAlongY(ring: readonly Float64Array[], oldest: number, window: Float64Array): void {
  const row = (tap: number): Float64Array => ring[(oldest + tap) % windowTaps]!;
  const [r0, r1, r2, r3, r4, r5] = [row(0), row(1), row(2), row(3), row(4), row(5)];
  const [r6, r7, r8, r9, r10] = [row(6), row(7), row(8), row(9), row(10)];
  const [w0, w1, w2, w3, w4, w5] = windowWeights;
  for (let at = 0; at < window.length; at++) {
    window[at] =
      w0 * r5[at]! +
      w1 * (r4[at]! + r6[at]!) +
      w2 * (r3[at]! + r7[at]!) +
      w3 * (r2[at]! + r8[at]!) +
      w4 * (r1[at]! + r9[at]!) +
      w5 * (r0[at]! + r10[at]!);
  }
}

function planeOf(image: Image, channel: number): Plane {
  const { width, height, data } = image;
  const levels = new Float64Array(width * height);
  for (let i = 0, at = channel; i < levels.length; i++, at += 3) levels[i] = data[at]!;
  return { width, height, levels };
}

/**
 * Means of 2x2 blocks. An odd side is first given one zero before and behind, as the published implementation does: the
 * first mean then holds the first level and a zero.
 */
function halved({ width, height, levels }: Plane): Plane {
  const left = width % 2;
  const top = height % 2;
  const half = { width: (width + left) / 2, height: (height + top) / 2 };
  const means = new Float64Array(half.width * half.height);
  for (let y = 0; y < half.height; y++) {
    for (let row = Math.max(2 * y - top, 0); row <= 2 * y - top + 1; row++) {
      const target = y * half.width;
      const source = row * width - left;
      if (left === 1) means[target] = means[target]! + levels[source + 1]! / 4;
      for (let x = left; x < half.width; x++) {
        means[target + x] = means[target + x]! + (levels[source + 2 * x]! + levels[source + 2 * x + 1]!) / 4;
      }
    }
  }
  return { ...half, levels: means };
}

function gaussianHalf(): [number, number, number, number, number, number] {
  const weight = (distance: number): number => Math.exp(-(distance ** 2) / (2 * windowSigma ** 2));
  let sum = weight(0);
  for (let distance = 1; distance <= windowRadius; distance++) sum += 2 * weight(distance);
  const at = (distance: number): number => weight(distance) / sum;
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}
