/**
 * Sub-pixel convolution: enlarges by computing all pixels of a block as channels at the small size and then laying them out
 * (Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network",
 * CVPR 2016).
 *
 * Channel c * factor^2 + dy * factor + dx of the convolution is channel c of the pixel (dy, dx) of a block: the order of
 * PyTorch's PixelShuffle, so that weights trained there mean the same here.
 */
import { depthToSpace, type Tensor } from "../../engine/index.ts";
import type { ParameterScope } from "../parameters.ts";
import { conv } from "./conv.ts";

/** Options of {@link subpixelConv}. */
export interface SubpixelOptions {
  /** Channels of the result. */
  readonly channels: number;
  /** Height and width of the kernel; odd; 3 by default. */
  readonly kernel?: number;
  /** By which height and width grow; 2 by default. */
  readonly factor?: number;
}

/**
 * Sub-pixel convolution with parameters `weight` [channels * factor^2, ci, k, k] and `bias` [channels * factor^2].
 *
 * @param x `[n, ci, h, w]`
 * @returns `[n, channels, h * factor, w * factor]`
 */
export function subpixelConv(scope: ParameterScope, x: Tensor, options: SubpixelOptions): Tensor {
  const { channels, kernel = 3, factor = 2 } = options;
  return depthToSpace(conv(scope, x, { channels: channels * factor * factor, kernel }), factor);
}
