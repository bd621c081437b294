/** Entropy networks in floats, for training and for calibration. */
import {
  at,
  concat,
  constant,
  conv2d,
  convTranspose2d,
  depthToSpace,
  leakyRelu,
  multiply,
  relu,
  slice,
  type Tensor,
} from "../../engine/index.ts";
import { kaimingUniform } from "../initializers.ts";
import type { ParameterScope } from "../parameters.ts";
import { type EntropyLayer, type EntropyOps, tapMask } from "./entropy-ops.ts";

/** Slope of the leaky ReLU for negative values. */
export const LEAKY_SLOPE = 0.01;

/** Options of {@link floatOps}. */
export interface FloatOpsOptions {
  /** Is told the result of each hidden layer, activation included, each time it is computed. */
  readonly watch?: (layer: EntropyLayer, result: Tensor) => void;
}

/**
 * Row-major 0 and 1 of a chessboard: 1 where row + column is odd.
 * @returns `[height * width]`
 */
export function oddSites(height: number, width: number): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => (Math.floor(i / width) + (i % width)) & 1);
}

/**
 * Computes entropy networks with parameters of a scope. A layer that is used twice has one set of parameters.
 *
 * @param scope the whole network's scope: layers have full names.
 */
export function floatOps(scope: ParameterScope, { watch }: FloatOpsOptions = {}): EntropyOps<Tensor> {
  const parameters = new Map<string, { readonly weight: Tensor; readonly bias: Tensor }>();

  const parametersOf = ({ name, kind, channels, kernel, stride = 1, mask }: EntropyLayer, inputChannels: number) => {
    const known = parameters.get(name);
    if (known !== undefined) return known;
    const own = scope.scope(name);
    const outputs = kind === "sub-pixel" ? channels * stride * stride : channels;
    // PyTorch takes the second axis of the weight for the fan-in, which for transposed convolutions is the output's.
    const [first, second] = kind === "deconv" ? [inputChannels, outputs] : [outputs, inputChannels];
    const start = kaimingUniform(second * kernel * kernel);
    const weight = own.parameter("weight", [first, second, kernel, kernel], start);
    const made = {
      weight: mask === undefined ? weight : multiply(weight, constant(tapMask(kernel, mask), [1, 1, kernel, kernel])),
      bias: own.parameter("bias", [outputs], start),
    };
    parameters.set(name, made);
    return made;
  };

  const convolve = (x: Tensor, layer: EntropyLayer): Tensor => {
    const { kind, kernel, stride = 1, activation = "none" } = layer;
    const { weight, bias } = parametersOf(layer, at(x.shape, 1));
    const padding = kernel >> 1;
    let value: Tensor;
    if (kind === "deconv") value = convTranspose2d(x, weight, { bias, stride, padding, outputPadding: stride - 1 });
    else if (kind === "conv") value = conv2d(x, weight, { bias, stride, padding });
    else value = depthToSpace(conv2d(x, weight, { bias, padding }), stride);
    if (activation === "relu") return relu(value);
    return activation === "leaky-relu" ? leakyRelu(value, LEAKY_SLOPE) : value;
  };

  return {
    layer(x, layer) {
      const result = convolve(x, layer);
      watch?.(layer, result);
      return result;
    },
    output: convolve,
    concat: (maps) => concat(maps, 1),
    slice: (x, start, end) => slice(x, { axes: [1], starts: [start], ends: [end] }),
    atOddSites(x) {
      const [, , height, width] = x.shape as readonly [number, number, number, number];
      return multiply(x, constant(oddSites(height, width), [1, 1, height, width]));
    },
    zeros({ shape }, channels) {
      const [images, , height, width] = shape as readonly [number, number, number, number];
      return constant(new Float32Array(images * channels * height * width), [images, channels, height, width]);
    },
  };
}
