/**
 * Convolution and transposed convolution with "same" padding, as the networks of the field use them: stride s divides or
 * multiplies the image size exactly by s when the size is a multiple of s. Parameters start as PyTorch's defaults.
 */
import { at, conv2d, convTranspose2d, type Tensor } from "../../engine/index.ts";
import { kaimingUniform } from "../initializers.ts";
import type { ParameterScope } from "../parameters.ts";

/** Options of {@link conv} and {@link deconv}. */
export interface ConvOptions {
  /** Channels of the result. */
  readonly channels: number;
  /** Height and width of the kernel; odd. */
  readonly kernel: number;
  /** 1 by default. */
  readonly stride?: number;
}

/**
 * Convolution with parameters `weight` [channels, ci, k, k] and `bias` [channels].
 *
 * @param x `[n, ci, h, w]`
 * @returns `[n, channels, ceil(h / stride), ceil(w / stride)]`
 */
export function conv(scope: ParameterScope, x: Tensor, options: ConvOptions): Tensor {
  const { channels, kernel, stride = 1 } = options;
  const inputChannels = at(x.shape, 1);
  const start = kaimingUniform(inputChannels * kernel * kernel);
  const weight = scope.parameter("weight", [channels, inputChannels, kernel, kernel], start);
  const bias = scope.parameter("bias", [channels], start);
  return conv2d(x, weight, { bias, stride, padding: kernel >> 1 });
}

/**
 * Transposed convolution with parameters `weight` [ci, channels, k, k] and `bias` [channels].
 *
 * @param x `[n, ci, h, w]`
 * @returns `[n, channels, h * stride, w * stride]`
 */
export function deconv(scope: ParameterScope, x: Tensor, options: ConvOptions): Tensor {
  const { channels, kernel, stride = 1 } = options;
  const inputChannels = at(x.shape, 1);
  // PyTorch takes the second axis of the weight for the fan-in, which for transposed convolutions is the output's.
  const start = kaimingUniform(channels * kernel * kernel);
  const weight = scope.parameter("weight", [inputChannels, channels, kernel, kernel], start);
  const bias = scope.parameter("bias", [channels], start);
  return convTranspose2d(x, weight, { bias, stride, padding: kernel >> 1, outputPadding: stride - 1 });
}
