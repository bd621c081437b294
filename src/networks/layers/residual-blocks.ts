/**
 * Residual blocks of 3x3 convolutions, plain, halving and doubling the size (Cheng, Sun, Takeuchi, Katto, "Learned Image
 * Compression with Discretized Gaussian Mixture Likelihoods and Attention Modules", CVPR 2020, figure 4), with the layers and
 * the parameters of their public implementation in CompressAI.
 *
 *   residual:  x -> 3x3 -> LReLU -> 3x3 -> LReLU -> (+ x)
 *   down:      x -> 3x3/2 -> LReLU -> 3x3 -> GDN -> (+ 1x1/2 of x)
 *   up:        x -> 3x3*2 -> LReLU -> 3x3 -> IGDN -> (+ 3x3*2 of x)        3x3*2 is a sub-pixel convolution
 *
 * In the first two, x goes through a 1x1 convolution before the sum if the number of channels changes.
 */
import { add, at, leakyRelu, type Tensor } from "../../engine/index.ts";
import { LEAKY_SLOPE } from "../entropy/float-ops.ts";
import type { ParameterScope } from "../parameters.ts";
import { conv } from "./conv.ts";
import { gdn, inverseGdn } from "./gdn.ts";
import { subpixelConv } from "./subpixel.ts";

/** The options of the blocks of this file. */
export interface ResidualOptions {
  /** Channels of the result. */
  readonly channels: number;
}

/**
 * Residual block with parameters below `conv1` and `conv2`, and `skip` where the channels change.
 *
 * @param x `[n, ci, h, w]`
 * @returns `[n, channels, h, w]`
 */
export function residualBlock(scope: ParameterScope, x: Tensor, { channels }: ResidualOptions): Tensor {
  const first = leakyRelu(conv(scope.scope("conv1"), x, { channels, kernel: 3 }), LEAKY_SLOPE);
  const second = leakyRelu(conv(scope.scope("conv2"), first, { channels, kernel: 3 }), LEAKY_SLOPE);
  const skip = at(x.shape, 1) === channels ? x : conv(scope.scope("skip"), x, { channels, kernel: 1 });
  return add(second, skip);
}

/**
 * Residual block that halves height and width, with parameters below `conv1`, `conv2`, `gdn` and `skip`.
 *
 * @param x `[n, ci, h, w]`
 * @returns `[n, channels, ceil(h / 2), ceil(w / 2)]`
 */
export function residualDown(scope: ParameterScope, x: Tensor, { channels }: ResidualOptions): Tensor {
  const first = leakyRelu(conv(scope.scope("conv1"), x, { channels, kernel: 3, stride: 2 }), LEAKY_SLOPE);
  const second = gdn(scope.scope("gdn"), conv(scope.scope("conv2"), first, { channels, kernel: 3 }));
  return add(second, conv(scope.scope("skip"), x, { channels, kernel: 1, stride: 2 }));
}

/**
 * Residual block that doubles height and width, with parameters below `subpixel`, `conv`, `igdn` and `skip`.
 *
 * @param x `[n, ci, h, w]`
 * @returns `[n, channels, 2 h, 2 w]`
 */
export function residualUp(scope: ParameterScope, x: Tensor, { channels }: ResidualOptions): Tensor {
  const first = leakyRelu(subpixelConv(scope.scope("subpixel"), x, { channels }), LEAKY_SLOPE);
  const second = inverseGdn(scope.scope("igdn"), conv(scope.scope("conv"), first, { channels, kernel: 3 }));
  return add(second, subpixelConv(scope.scope("skip"), x, { channels }));
}
