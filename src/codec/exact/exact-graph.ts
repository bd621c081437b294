/** The graph of a chain of exact layers: convolutions of integers in float32, powers of two, floor and clip, and nothing else. */
import {
  constant,
  conv2d,
  convTranspose2d,
  floor,
  maximum,
  minimum,
  multiply,
  type Tensor,
} from "../../engine/index.ts";
import { type ExactLayer, SLOPE_FACTOR, SLOPE_POWER } from "./exact-layer.ts";

function clip(x: Tensor, limit: number): Tensor {
  return minimum(maximum(x, -limit), limit);
}

function applyLayer(x: Tensor, layer: ExactLayer): Tensor {
  const { kind, stride, kernel, inputChannels, channels } = layer;
  const area = [kernel, kernel] as const;
  const bias = constant(Float32Array.from(layer.bias), [channels]);
  const padding = kernel >> 1;
  const weight = Float32Array.from(layer.weight);
  const sum =
    kind === "conv"
      ? conv2d(x, constant(weight, [channels, inputChannels, ...area]), { bias, stride, padding })
      : convTranspose2d(x, constant(weight, [inputChannels, channels, ...area]), {
          bias,
          stride,
          padding,
          outputPadding: stride - 1,
        });
  const powers = constant(
    Float32Array.from(layer.exponents, (exponent) => 2 ** exponent),
    [1, channels, 1, 1],
  );
  if (layer.activation === "none") return multiply(sum, powers);
  const below = multiply(floor(multiply(sum, SLOPE_POWER)), SLOPE_FACTOR);
  return floor(multiply(maximum(sum, below), powers));
}

/**
 * Applies exact layers to integers.
 *
 * @param x `[n, c, h, w]` of integers.
 * @returns the last layer's result: integers times powers of two.
 */
export function exactSequence(x: Tensor, layers: readonly ExactLayer[]): Tensor {
  return layers.reduce((value, layer) => applyLayer(clip(value, layer.inputLimit), layer), x);
}
