/**
 * A plain chain of convolutions as data, so that a float graph, its calibration and its exact integer form are built from one
 * description.
 */
import type { Tensor } from "../../engine/graph/tensor.ts";
import { leakyRelu } from "../../engine/ops/functions.ts";
import type { ParameterScope } from "../parameters.ts";
import { conv, deconv } from "./conv.ts";

/** One layer of a chain: a convolution and what follows it. */
export interface SequenceLayer {
  /** Scope of the parameters `weight` and `bias`, below the chain's scope. */
  readonly name: string;
  /** "conv" divides height and width by the stride, "deconv" multiplies them. */
  readonly kind: "conv" | "deconv";
  /** Channels of the result. */
  readonly channels: number;
  /** Height and width of the kernel; odd. */
  readonly kernel: number;
  readonly stride: number;
  readonly activation: "leaky-relu" | "none";
}

/** Slope of the leaky ReLU for negative values. */
export const LEAKY_SLOPE = 0.01;

/**
 * Applies a chain.
 *
 * @param x `[n, c, h, w]`
 * @returns what each layer gives, activation included; the last one is the chain's result.
 */
export function sequence(scope: ParameterScope, x: Tensor, layers: readonly SequenceLayer[]): readonly Tensor[] {
  let value = x;
  return layers.map(({ name, kind, activation, ...options }) => {
    const convolved = (kind === "conv" ? conv : deconv)(scope.scope(name), value, options);
    value = activation === "none" ? convolved : leakyRelu(convolved, LEAKY_SLOPE);
    return value;
  });
}
