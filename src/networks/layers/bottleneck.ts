/**
 * The residual bottleneck: a 3x3 convolution at half of the channels between two of 1x1 (He, Zhang, Ren, Sun, "Deep Residual
 * Learning for Image Recognition", CVPR 2016, figure 5). Stacks of it take the place of GDN in ELIC (He et al., "ELIC: Efficient
 * Learned Image Compression with Unevenly Grouped Space-Channel Contextual Adaptive Coding", CVPR 2022), and with a ReLU behind
 * the sum it is the residual unit of attention.ts.
 *
 *   x -> 1x1 c/2 -> ReLU -> 3x3 c/2 -> ReLU -> 1x1 c -> (+ x)
 */
import { add, at, relu, type Tensor } from "../../engine/index.ts";
import type { ParameterScope } from "../parameters.ts";
import { conv } from "./conv.ts";

/**
 * Residual bottleneck with parameters below `conv1`, `conv2` and `conv3`; half of an odd number of channels is rounded down.
 *
 * @param x `[n, c, h, w]`, c at least 2
 * @returns of the shape of x
 * @throws {RangeError} for a single channel, which has no half.
 */
export function residualBottleneck(scope: ParameterScope, x: Tensor): Tensor {
  const channels = at(x.shape, 1);
  const half = channels >> 1;
  if (half === 0) throw new RangeError("residualBottleneck: got 1 channel, expected at least 2; use a wider network");
  const first = relu(conv(scope.scope("conv1"), x, { channels: half, kernel: 1 }));
  const second = relu(conv(scope.scope("conv2"), first, { channels: half, kernel: 3 }));
  return add(conv(scope.scope("conv3"), second, { channels, kernel: 1 }), x);
}

/**
 * Bottlenecks one after the other, with parameters below `block0`, `block1`, …
 *
 * @param x `[n, c, h, w]`
 * @returns of the shape of x
 */
export function bottleneckStack(scope: ParameterScope, x: Tensor, count: number): Tensor {
  let value = x;
  for (let i = 0; i < count; i++) value = residualBottleneck(scope.scope(`block${i}`), value);
  return value;
}
