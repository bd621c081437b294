/**
 * A convolution that sees only what a decoder already has when it goes through the rows from the top left (van den Oord et
 * al., "Conditional Image Generation with PixelCNN Decoders", NeurIPS 2016). Type A leaves out the position itself, type B
 * includes it.
 */
import { at, type Tensor } from "../../engine/graph/tensor.ts";
import { multiply } from "../../engine/ops/arithmetic.ts";
import { conv2d } from "../../engine/ops/convolution.ts";
import { constant } from "../../engine/ops/sources.ts";
import { kaimingUniform } from "../initializers.ts";
import type { ParameterScope } from "../parameters.ts";

/** Options of {@link maskedConv}. */
export interface MaskedConvOptions {
  /** Channels of the result. */
  readonly channels: number;
  /** Height and width of the kernel; odd. */
  readonly kernel: number;
  /** "A" leaves the centre out, "B" takes it in. */
  readonly type: "A" | "B";
}

/** Row-major `[kernel, kernel]`: 1 for the taps that a decoder has, else 0. */
export function causalMask(kernel: number, type: "A" | "B"): Float32Array {
  const centre = (kernel * kernel - 1) / 2;
  const visible = type === "A" ? centre : centre + 1;
  return new Float32Array(kernel * kernel).fill(1, 0, visible);
}

/**
 * Masked convolution of stride 1 with parameters `weight` [channels, ci, k, k] and `bias` [channels]. Masked weights exist,
 * keep their initial values and count as nothing.
 *
 * @param x `[n, ci, h, w]`
 * @returns `[n, channels, h, w]`
 */
export function maskedConv(scope: ParameterScope, x: Tensor, options: MaskedConvOptions): Tensor {
  const { channels, kernel, type } = options;
  const inputChannels = at(x.shape, 1);
  const start = kaimingUniform(inputChannels * kernel * kernel);
  const weight = scope.parameter("weight", [channels, inputChannels, kernel, kernel], start);
  const bias = scope.parameter("bias", [channels], start);
  const mask = constant(causalMask(kernel, type), [1, 1, kernel, kernel]);
  return conv2d(x, multiply(weight, mask), { bias, padding: kernel >> 1 });
}
