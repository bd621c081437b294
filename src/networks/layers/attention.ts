/**
 * The simplified attention of Cheng, Sun, Takeuchi, Katto, "Learned Image Compression with Discretized Gaussian Mixture
 * Likelihoods and Attention Modules", CVPR 2020, figure 5: a mask between 0 and 1 for what a second branch adds. Both branches are
 * residual units of 3x3 convolutions, so the attention is local: it sees three places to each side, not the whole image.
 *
 *   x -> unit -> unit -> unit ----------------------------> a
 *   x -> unit -> unit -> unit -> 1x1 -> sigmoid -> (* a) -> (+ x)
 *
 *   unit:  x -> 1x1 c/2 -> ReLU -> 3x3 c/2 -> ReLU -> 1x1 c -> (+ x) -> ReLU
 */
import { add, at, multiply, relu, sigmoid, type Tensor } from "../../engine/index.ts";
import type { ParameterScope } from "../parameters.ts";
import { residualBottleneck } from "./bottleneck.ts";
import { conv } from "./conv.ts";

const UNITS = 3;

/**
 * Attention with parameters below `a.unit0` … `a.unit2`, `b.unit0` … `b.unit2` and `b.conv`.
 *
 * @param x `[n, c, h, w]`, c at least 2
 * @returns of the shape of x
 * @throws {RangeError} for a single channel.
 */
export function attention(scope: ParameterScope, x: Tensor): Tensor {
  const added = residualUnits(scope.scope("a"), x);
  const b = scope.scope("b");
  const mask = sigmoid(conv(b.scope("conv"), residualUnits(b, x), { channels: at(x.shape, 1), kernel: 1 }));
  return add(multiply(added, mask), x);
}

function residualUnits(scope: ParameterScope, x: Tensor): Tensor {
  let value = x;
  for (let i = 0; i < UNITS; i++) value = relu(residualBottleneck(scope.scope(`unit${i}`), value));
  return value;
}
