/**
 * The transforms of He, Yang, Peng, Ma, Qin, Wang, "ELIC: Efficient Learned Image Compression with Unevenly Grouped Space-Channel
 * Contextual Adaptive Coding", CVPR 2022, figure 3: stacks of three residual bottlenecks where others have GDN.
 *
 *   ga:  x -> 5x5/2 N -> stack -> 5x5/2 N -> stack -> attention -> 5x5/2 N -> stack -> 5x5/2 M -> attention -> y
 *   gs:  y -> attention -> 5x5*2 N -> stack -> 5x5*2 N -> attention -> stack -> 5x5*2 N -> stack -> 5x5*2 3 -> x
 *
 * (192, 320): 254.97 thousand MACs per pixel each way.
 */
import type { Tensor } from "../../engine/index.ts";
import { attention } from "../layers/attention.ts";
import { bottleneckStack } from "../layers/bottleneck.ts";
import { conv, deconv } from "../layers/conv.ts";
import type { ParameterScope } from "../parameters.ts";
import type { TransformHalos } from "./transform-halos.ts";

const STACK = 3;

/**
 * How far the transforms look. ga, in pixels, layer by layer: 2 + 6 + 4 + 12 + 12 + 8 + 24 + 16 + 48 = 132. gs, in elements of y:
 * from the 16 pixels over an element back through all layers, 8 to the left and 9 to the right.
 */
export const HALOS: TransformHalos = { analysis: 132, synthesis: 9 };

/** Analysis: image `[n, 3, h, w]` -> `[n, M, h / 16, w / 16]`. */
export function ga(scope: ParameterScope, x: Tensor, { N, M }: { readonly N: number; readonly M: number }): Tensor {
  let value = x;
  for (const i of [0, 1, 2]) {
    value = conv(scope.scope(`conv${i}`), value, { channels: N, kernel: 5, stride: 2 });
    value = bottleneckStack(scope.scope(`stack${i}`), value, STACK);
    if (i === 1) value = attention(scope.scope("attention0"), value);
  }
  value = conv(scope.scope("conv3"), value, { channels: M, kernel: 5, stride: 2 });
  return attention(scope.scope("attention1"), value);
}

/** Synthesis: `[n, M, h / 16, w / 16]` -> image `[n, 3, h, w]`. */
export function gs(scope: ParameterScope, yHat: Tensor, { N }: { readonly N: number }): Tensor {
  let value = attention(scope.scope("attention0"), yHat);
  for (const i of [0, 1, 2]) {
    value = deconv(scope.scope(`deconv${i}`), value, { channels: N, kernel: 5, stride: 2 });
    if (i === 1) value = attention(scope.scope("attention1"), value);
    value = bottleneckStack(scope.scope(`stack${i}`), value, STACK);
  }
  return deconv(scope.scope("deconv3"), value, { channels: 3, kernel: 5, stride: 2 });
}
