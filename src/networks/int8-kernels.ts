/**
 * Kernels as 8-bit integers with a scale for each slice along their first axis, which in a convolution is an output channel: how a model file may hold the
 * large kernels of the transforms (FORMAT.md, "Models"), and how training sees them when a run is to end in such a file. A weight is its integer of -127..127 times its scale,
 * and the scale is the largest magnitude of the slice / 127.
 *
 * Chosen are kernels of more than one tap, which hold most weights and lose least (docs/decisions/0029-int8-kernels.md). Those of entropy networks are not among them: they
 * become exact integers of their own.
 */
import { at, type Tensor } from "../engine/graph/tensor.ts";
import type { FloatArray } from "../engine/index.ts";
import { divide, multiply } from "../engine/ops/arithmetic.ts";
import { maximum } from "../engine/ops/compare.ts";
import { abs, round } from "../engine/ops/functions.ts";
import { stopGradient, withGradient } from "../engine/ops/gradient-control.ts";
import { reshape } from "../engine/ops/reshape.ts";
import { slice } from "../engine/ops/slicing.ts";
import { entropyLayers } from "./entropy/index.ts";
import type { Network } from "./network.ts";

/** The largest integer; the least is its negative. */
export const INT8_LIMIT = 127;
/** In place of smaller scales where one divides by them: a slice of zeros stays one. A normal float32. */
const LEAST_SCALE = 2 ** -100;
/** Of a convolution kernel: output channels, input channels, rows, columns. */
const KERNEL_AXES = 4;

/** Which parameters of a network these are, by name and shape. */
export function int8Choice(network: Network): (name: string, shape: readonly number[]) => boolean {
  const exact = network.coding === "factorized" ? new Map<string, unknown>() : entropyLayers(network);
  return (name, shape) =>
    shape.length === KERNEL_AXES && at(shape, 2) * at(shape, 3) > 1 && !exact.has(name.replace(/\.weight$/, ""));
}

/** A kernel as integers. */
export interface Int8Kernel {
  readonly shape: readonly number[];
  /** In -127..127. */
  readonly values: Int8Array;
  /** `[shape[0]]`, not negative. */
  readonly scales: Float32Array;
}

/** The nearest integer, halves to the even one, as `Round` of ONNX. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The integers of a kernel, by the operations in float32 that {@link throughInt8} does.
 * @param scales in place of those that follow from the kernel: what a kernel that was rounded before was rounded with
 */
export function toInt8({ shape, data }: FloatArray, scales?: Float32Array): Int8Kernel {
  const channels = at(shape, 0);
  const length = data.length / channels;
  const used = scales ?? new Float32Array(channels);
  const values = new Int8Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * length;
    if (scales === undefined) {
      let most = 0;
      for (let i = start; i < start + length; i++) most = Math.max(most, Math.abs(data[i] as number));
      used[channel] = most / INT8_LIMIT;
    }
    const divisor = Math.max(used[channel] as number, LEAST_SCALE);
    for (let i = start; i < start + length; i++) values[i] = roundHalfEven(Math.fround((data[i] as number) / divisor));
  }
  return { shape, values, scales: used };
}

/** The weights that integers stand for. */
export function fromInt8({ shape, values, scales }: Int8Kernel): FloatArray {
  const length = values.length / scales.length;
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = (values[i] as number) * (scales[Math.floor(i / length)] as number);
  return { shape, data };
}

/** The largest of each row of `[rows, columns]` as `[rows, 1]`: halves are compared until one column is left. */
function largestOfRows(x: Tensor): Tensor {
  const columns = at(x.shape, 1);
  if (columns === 1) return x;
  const half = Math.ceil(columns / 2);
  const part = (start: number): Tensor => slice(x, { axes: [1], starts: [start], ends: [start + half] });
  return largestOfRows(maximum(part(0), part(columns - half)));
}

/** A kernel rounded to what its integers stand for. The gradient passes as if it were not rounded. */
export function throughInt8(kernel: Tensor): Tensor {
  const rows = at(kernel.shape, 0);
  const flat = reshape(stopGradient(kernel), [
    rows,
    kernel.shape.slice(1).reduce((product, size) => product * size, 1),
  ]);
  const scales = divide(largestOfRows(abs(flat)), INT8_LIMIT);
  const rounded = multiply(round(divide(flat, maximum(scales, LEAST_SCALE))), scales);
  return withGradient(reshape(rounded, kernel.shape), [kernel], (gradient) => [gradient]);
}
