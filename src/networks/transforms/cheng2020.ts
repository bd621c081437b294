/**
 * The transforms of Cheng, Sun, Takeuchi, Katto, "Learned Image Compression with Discretized Gaussian Mixture Likelihoods and
 * Attention Modules", CVPR 2020, figure 4, in the form of CompressAI: every transform has N channels from end to end, the latent
 * included. "Anchor" is the network without attention.
 *
 *   ga:  x -> down -> residual -> down -> [attention] -> residual -> down -> residual -> 3x3/2 -> [attention] -> y
 *   gs:  y -> [attention] -> residual -> up -> residual -> up -> [attention] -> residual -> up -> residual -> 3x3*2 3 -> x
 *
 * The blocks are those of layers/residual-blocks.ts; 3x3*2 is a sub-pixel convolution. Thousand MACs per pixel, ga and gs: anchor
 * N = 128: 164.86 and 251.90; N = 192: 370.22 and 564.19; attention N = 128: 187.17 and 274.21; N = 192: 420.41 and 614.38.
 */
import type { Tensor } from "../../engine/index.ts";
import { attention } from "../layers/attention.ts";
import { conv } from "../layers/conv.ts";
import { residualBlock, residualDown, residualUp } from "../layers/residual-blocks.ts";
import { subpixelConv } from "../layers/subpixel.ts";
import type { ParameterScope } from "../parameters.ts";
import type { TransformHalos } from "./transform-halos.ts";

/** Options of {@link ga} and {@link gs}. */
export interface Cheng2020Options {
  /** Channels everywhere. */
  readonly N: number;
  /** Whether the two attentions of each transform are there. */
  readonly attention: boolean;
}

/**
 * How far the transforms look. ga, in pixels, block by block: 3 + 4 + 6 + 8 + 12 + 16 + 8 = 57, and the attentions 3 * 4 and
 * 3 * 16 more. gs, in elements of y: from the 16 pixels over an element back through all layers, 7 to each side; with attentions 11.
 */
export function halos(options: Pick<Cheng2020Options, "attention">): TransformHalos {
  return options.attention ? { analysis: 117, synthesis: 11 } : { analysis: 57, synthesis: 7 };
}

/** Analysis: image `[n, 3, h, w]` -> `[n, N, h / 16, w / 16]`. */
export function ga(scope: ParameterScope, x: Tensor, options: Cheng2020Options): Tensor {
  const channels = options.N;
  let value = x;
  for (const i of [0, 1, 2]) {
    value = residualDown(scope.scope(`down${i}`), value, { channels });
    if (options.attention && i === 1) value = attention(scope.scope("attention0"), value);
    value = residualBlock(scope.scope(`block${i}`), value, { channels });
  }
  value = conv(scope.scope("conv3"), value, { channels, kernel: 3, stride: 2 });
  return options.attention ? attention(scope.scope("attention1"), value) : value;
}

/** Synthesis: `[n, N, h / 16, w / 16]` -> image `[n, 3, h, w]`. */
export function gs(scope: ParameterScope, yHat: Tensor, options: Cheng2020Options): Tensor {
  const channels = options.N;
  let value = options.attention ? attention(scope.scope("attention0"), yHat) : yHat;
  for (const i of [0, 1, 2]) {
    value = residualBlock(scope.scope(`block${i}`), value, { channels });
    value = residualUp(scope.scope(`up${i}`), value, { channels });
    if (options.attention && i === 1) value = attention(scope.scope("attention1"), value);
  }
  value = residualBlock(scope.scope("block3"), value, { channels });
  return subpixelConv(scope.scope("subpixel3"), value, { channels: 3 });
}
