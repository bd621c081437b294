/**
 * Kernels as 8-bit integers with a scale for each tap of each output channel. A model file may hold the large kernels of the transforms in
 * this form (FORMAT.md, "Model files"), and training can see them so if a run is to end in such a file. A weight is its integer of
 * -127..127 times its scale, and the scale is the largest magnitude among the input channels / 127. (In kernels of transposed convolutions,
 * whose first axis are the input channels, input and output change places.)
 *
 * Kernels of more than one tap are chosen: they hold most weights and lose least (docs/decisions/0029-halfstep-2.md). Kernels of entropy
 * networks are not among them, because they become exact integers of their own.
 */
import {
  abs,
  at,
  divide,
  type FloatArray,
  maximum,
  multiply,
  round,
  slice,
  stopGradient,
  type Tensor,
  withGradient,
} from "../engine/index.ts";
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
  /** Four sizes. */
  readonly shape: readonly number[];
  /** In -127..127. */
  readonly values: Int8Array;
  /** Not negative; the shape is {@link int8ScalesShape}. */
  readonly scales: Float32Array;
}

/** The shape of the scales of a kernel: its own without the second axis. */
export function int8ScalesShape(shape: readonly number[]): readonly [number, number, number] {
  return [at(shape, 0), at(shape, 2), at(shape, 3)];
}

/** Calls `visit` with the index of each weight and of its scale. */
function forEachWeight(shape: readonly number[], visit: (weight: number, scale: number) => void): void {
  const [outer, inner, rows, columns] = shape as readonly [number, number, number, number];
  const taps = rows * columns;
  for (let i = 0, weight = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) for (let tap = 0; tap < taps; tap++) visit(weight++, i * taps + tap);
  }
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
  const used = scales ?? largestMagnitudes({ shape, data }).map((most) => most / INT8_LIMIT);
  const values = new Int8Array(data.length);
  forEachWeight(shape, (weight, scale) => {
    const divisor = Math.max(used[scale]!, LEAST_SCALE);
    values[weight] = roundHalfEven(Math.fround(data[weight]! / divisor));
  });
  return { shape, values, scales: used };
}

function largestMagnitudes({ shape, data }: FloatArray): Float32Array {
  const most = new Float32Array(int8ScalesShape(shape).reduce((product, size) => product * size, 1));
  forEachWeight(shape, (weight, scale) => {
    most[scale] = Math.max(most[scale]!, Math.abs(data[weight]!));
  });
  return most;
}

/** The weights that integers stand for. */
export function fromInt8({ shape, values, scales }: Int8Kernel): FloatArray {
  const data = new Float32Array(values.length);
  const [outer, inner, rows, columns] = shape as readonly [number, number, number, number];
  const taps = rows * columns;
  // Written out rather than by forEachWeight: opening a codec waits for these loops.
  for (let i = 0, weight = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      for (let tap = 0; tap < taps; tap++, weight++) {
        data[weight] = values[weight]! * scales[i * taps + tap]!;
      }
    }
  }
  return { shape, data };
}

/**
 * Weights with the chosen kernels rounded to 8-bit integers, and the scales of those.
 * @param weights all parameters of the network by dotted name
 */
export function roundToInt8(
  network: Network,
  weights: ReadonlyMap<string, FloatArray>,
): { readonly weights: ReadonlyMap<string, FloatArray>; readonly int8Scales: ReadonlyMap<string, Float32Array> } {
  const isChosen = int8Choice(network);
  const int8Scales = new Map<string, Float32Array>();
  const rounded = new Map(weights);
  for (const [name, weight] of weights) {
    if (!isChosen(name, weight.shape)) continue;
    const kernel = toInt8(weight);
    rounded.set(name, fromInt8(kernel));
    int8Scales.set(name, kernel.scales);
  }
  return { weights: rounded, int8Scales };
}

/** The largest along the second axis, whose size becomes 1: halves are compared until one element is left. */
function largestOfSecondAxis(x: Tensor): Tensor {
  const size = at(x.shape, 1);
  if (size === 1) return x;
  const half = Math.ceil(size / 2);
  const part = (start: number): Tensor => slice(x, { axes: [1], starts: [start], ends: [start + half] });
  return largestOfSecondAxis(maximum(part(0), part(size - half)));
}

/** A kernel rounded to what its integers stand for. The gradient passes as if it were not rounded. */
export function throughInt8(kernel: Tensor): Tensor {
  const weights = stopGradient(kernel);
  const scales = divide(largestOfSecondAxis(abs(weights)), INT8_LIMIT);
  const rounded = multiply(round(divide(weights, maximum(scales, LEAST_SCALE))), scales);
  return withGradient(rounded, [kernel], (gradient) => [gradient]);
}
