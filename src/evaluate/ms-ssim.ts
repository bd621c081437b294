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
import { eachRowOfMoments, type HalfWindow, type Plane, windowRadius, windowTaps } from "./local-moments.ts";

/** Exponents of the five scales, finest first (Wang 2003, section 3.2). */
const scaleWeights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
const windowSigma = 1.5;
/** (K1 * 255)^2 and (K2 * 255)^2: keep the quotients stable where an image is dark or flat. */
const luminanceConstant = (0.01 * 255) ** 2;
const contrastConstant = (0.03 * 255) ** 2;

/** Smallest width and height that five scales of an 11-tap window allow: (11 - 1) * 2^4 + 1. */
export const msSsimMinSide: number = (windowTaps - 1) * 2 ** (scaleWeights.length - 1) + 1;

const gaussianWindow: HalfWindow = gaussianHalf();

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

/** SSIM and its contrast part, over all positions of the window inside the planes. */
function planeSimilarity(a: Plane, b: Plane): Similarity {
  let ssimSum = 0;
  let contrastSum = 0;
  eachRowOfMoments(a, b, gaussianWindow, "inside", (moments) => {
    for (let at = 0; at < moments.length; at += 4) {
      const meanA = moments[at]!;
      const meanB = moments[at + 1]!;
      const meanProduct = meanA * meanB;
      const meanSquares = meanA * meanA + meanB * meanB;
      const variances = moments[at + 2]! - meanSquares;
      const covariance = moments[at + 3]! - meanProduct;
      const contrast = (2 * covariance + contrastConstant) / (variances + contrastConstant);
      contrastSum += contrast;
      ssimSum += (contrast * (2 * meanProduct + luminanceConstant)) / (meanSquares + luminanceConstant);
    }
  });
  const positions = (a.width - windowTaps + 1) * (a.height - windowTaps + 1);
  return { ssim: ssimSum / positions, contrast: contrastSum / positions };
}

function planeOf(image: Image, channel: number): Plane {
  const { width, height, data } = image;
  const levels = new Float32Array(width * height);
  for (let i = 0, at = channel; i < levels.length; i++, at += 3) levels[i] = data[at]!;
  return { width, height, levels };
}

/**
 * Means of 2x2 blocks. An odd side is first given one zero before and behind, as the published implementation does: the
 * first mean then holds the first level and a zero. Sums of bytes over 4^4 are exact in float32.
 */
function halved({ width, height, levels }: Plane): Plane {
  const left = width % 2;
  const top = height % 2;
  const half = { width: (width + left) / 2, height: (height + top) / 2 };
  const means = new Float32Array(half.width * half.height);
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

function gaussianHalf(): HalfWindow {
  const weight = (distance: number): number => Math.exp(-(distance ** 2) / (2 * windowSigma ** 2));
  let sum = weight(0);
  for (let distance = 1; distance <= windowRadius; distance++) sum += 2 * weight(distance);
  const at = (distance: number): number => weight(distance) / sum;
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}
