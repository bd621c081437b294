/**
 * What the error of a tile's pixels costs, in bits: lambda * distortion, times the pixels that it is a mean over. MS-SSIM is that of the pixels which the
 * tile changes, as if they were an image. For an image that is coded in one tile, this is what training weighs.
 */
import type { Distortion } from "../../distortion.ts";
import {
  add,
  defineGraph,
  type FloatArray,
  type Graph,
  graphInput,
  multiply,
  reduceSum,
  slice,
  square,
  subtract,
  type Tensor,
} from "../../engine/index.ts";
import { MS_SSIM_LEAST_SIDE, msSsim } from "../../objective/ms-ssim.ts";
import { distortionWeights } from "../../objective/rate-distortion.ts";
import { FeatureMap } from "../tiling/feature-map.ts";
import { type Rectangle, whole } from "../tiling/windows.ts";

const CHANNELS = 3;
const LEVELS = 255;

/** What counts, and how much. */
export interface TileDistortion {
  /** Bits for a squared error of 1, of one channel of one pixel, for levels 0..255. */
  readonly perSquaredLevel: number;
  /** Bits for 1 - MS-SSIM. */
  readonly perUnlikeness: number;
  /** The pixels of the window that MS-SSIM is taken of; null where it does not count. */
  readonly similar: Rectangle | null;
}

/** @param counted the pixels of the window that count. If a side is too short for MS-SSIM, the squared error counts in its place. */
export function tileDistortion(distortion: Distortion, lambda: number, counted: Rectangle): TileDistortion {
  const { height, width } = counted;
  const isLarge = Math.min(height, width) >= MS_SSIM_LEAST_SIDE;
  const { squaredError, unlikeness } = distortionWeights(distortion, isLarge);
  return {
    perSquaredLevel: (lambda * squaredError) / CHANNELS,
    perUnlikeness: lambda * unlikeness * height * width,
    similar: unlikeness === 0 ? null : counted,
  };
}

/** The weights of the squared error at each pixel of a window, for pixels in 0..1. @param counted 1 where a pixel counts, 0 elsewhere */
export function pixelWeights(counted: FloatArray, { perSquaredLevel }: TileDistortion): FloatArray {
  return { data: counted.data.map((one) => one * perSquaredLevel * LEVELS ** 2), shape: counted.shape };
}

/**
 * The distortion of a window as a graph, in bits.
 * @param shown `[1, 3, h, w]`, 0..1
 * @param image of the same shape
 * @param weights `[1, 1, h, w]`, of {@link pixelWeights}
 * @param perUnlikeness a scalar, asked for where MS-SSIM counts
 */
export function distortionOf(
  { shown, image, weights }: { readonly shown: Tensor; readonly image: Tensor; readonly weights: Tensor },
  similar: Rectangle | null,
  perUnlikeness: () => Tensor,
): Tensor {
  const squared = reduceSum(multiply(square(subtract(shown, image)), weights));
  if (similar === null) return squared;
  const { top, left, height, width } = similar;
  const part = (pixels: Tensor): Tensor =>
    slice(pixels, { starts: [0, 0, top, left], ends: [1, CHANNELS, top + height, left + width] });
  return add(squared, multiply(unlikenessOf(part(shown), part(image)), perUnlikeness()));
}

function unlikenessOf(shown: Tensor, image: Tensor): Tensor {
  return subtract(1, msSsim(shown, image));
}

/** Names of the graph of {@link unlikenessGraph}. */
export const unlikenessNames = { shown: "shown", image: "image", unlikeness: "unlikeness" } as const;

/** 1 - MS-SSIM of two images of a size. */
export function unlikenessGraph({ height, width }: { readonly height: number; readonly width: number }): Graph {
  const shape = [1, CHANNELS, height, width];
  const [shown, image] = [graphInput(unlikenessNames.shown, shape), graphInput(unlikenessNames.image, shape)];
  return defineGraph({ [unlikenessNames.unlikeness]: unlikenessOf(shown, image) });
}

/** A copy of the pixels of a window that MS-SSIM is taken of. @param pixels `[1, 3, h, w]` */
export function cutSimilar(pixels: FloatArray, similar: Rectangle): FloatArray {
  const area = whole(similar);
  const part = new FeatureMap(CHANNELS, area.height, area.width);
  part.write(area, pixels, similar);
  return part.read(area);
}
