/**
 * Two-dimensional convolution, its adjoint in the input (transposed convolution) and its adjoint in the kernel. The three
 * are closed under differentiation. Images are `[n, c, h, w]`. How each is lowered, and what was measured, is in
 * docs/decisions/0004-lowering.md; the lowerings themselves are in lower-convolution.ts.
 */
import { elementCount, formatShape, type Shape } from "../graph/shape.ts";
import { applyOp, at, inputOf, type Op, type ReferenceArray, type Tensor } from "../graph/tensor.ts";
import { reduceSum } from "./broadcast.ts";
import {
  type ConvolutionGeometry,
  type KernelGradientAttributes,
  quad,
  type TransposedAttributes,
} from "./convolution-geometry.ts";
import { lowerConvolution, lowerKernelGradient, lowerTransposedConvolution } from "./lower-convolution.ts";

function outputSize(size: number, kernel: number, { stride, padding, dilation }: ConvolutionGeometry): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Calls `visit(inputIndex, kernelIndex, outputIndex)` for every product that the convolution sums. */
function visitProducts(
  inputShape: Shape,
  kernelShape: Shape,
  outputShape: Shape,
  { stride, padding, dilation, groups }: ConvolutionGeometry,
  visit: (input: number, kernel: number, output: number) => void,
): void {
  const [n, ci, h, w] = quad("conv2d", inputShape);
  const [co, cg, kh, kw] = quad("conv2d", kernelShape);
  const [, , oh, ow] = quad("conv2d", outputShape);
  for (let image = 0; image < n; image++)
    for (let o = 0; o < co; o++)
      for (let c = 0; c < cg; c++) {
        const channel = Math.floor(o / (co / groups)) * cg + c;
        for (let y = 0; y < oh; y++)
          for (let x = 0; x < ow; x++)
            for (let ky = 0; ky < kh; ky++) {
              const row = y * stride + ky * dilation - padding;
              if (row < 0 || row >= h) continue;
              for (let kx = 0; kx < kw; kx++) {
                const column = x * stride + kx * dilation - padding;
                if (column < 0 || column >= w) continue;
                visit(
                  ((image * ci + channel) * h + row) * w + column,
                  ((o * cg + c) * kh + ky) * kw + kx,
                  ((image * co + o) * oh + y) * ow + x,
                );
              }
            }
      }
}

function geometryOf({ stride, padding, dilation, groups }: ConvolutionGeometry): ConvolutionGeometry {
  return { stride, padding, dilation, groups };
}

/** `dest[i] += a * b` on typed arrays. */
function accumulate(dest: Float64Array, i: number, a: number, b: number): void {
  dest[i] = dest[i]! + a * b;
}

function item(array: ReferenceArray, i: number): number {
  return array.data[i]!;
}

/** Weights of one filter of a kernel `[co, ci / groups, kh, kw]`. */
function tapsOf(kernel: Tensor): number {
  return elementCount(kernel.shape.slice(1));
}

/** Inputs: x `[n, ci, h, w]`, kernel `[co, ci/groups, kh, kw]`, optionally bias `[co]`. */
export const conv2dOp: Op<ConvolutionGeometry> = {
  name: "conv2d",
  shape: (inputs, geometry) => {
    const [n, ci, h, w] = quad("conv2d", at(inputs, 0));
    const [co, cg, kh, kw] = quad("conv2d", at(inputs, 1));
    if (ci !== cg * geometry.groups || co % geometry.groups !== 0) {
      throw new RangeError(
        `conv2d: got an input ${formatShape(at(inputs, 0))} and a kernel ${formatShape(at(inputs, 1))} with ${geometry.groups} groups, which do not fit`,
      );
    }
    const bias = inputs[2];
    if (bias !== undefined && (bias.length !== 1 || bias[0] !== co)) {
      throw new RangeError(`conv2d: got a bias ${formatShape(bias)}, expected [${co}]`);
    }
    const oh = outputSize(h, kh, geometry);
    const ow = outputSize(w, kw, geometry);
    if (oh < 1 || ow < 1) {
      throw new RangeError(`conv2d: the kernel ${kh}x${kw} does not fit in the input ${formatShape(at(inputs, 0))}`);
    }
    return [n, co, oh, ow];
  },
  gradient: (node, g) => {
    const x = inputOf(node, 0);
    const kernel = inputOf(node, 1);
    const [, , h, w] = quad("conv2d", x.shape);
    const [, , kh, kw] = quad("conv2d", kernel.shape);
    const geometry = geometryOf(node.attributes);
    const toX = applyOp(convTranspose2dOp, [g, kernel], { ...geometry, size: [h, w] });
    const toKernel = applyOp(conv2dKernelGradientOp, [x, g], { ...geometry, kernel: [kh, kw] });
    return node.inputs.length === 2 ? [toX, toKernel] : [toX, toKernel, reduceSum(g, { axes: [0, 2, 3] })];
  },
  lower: lowerConvolution,
  multiplyAccumulates: (node) => elementCount(node.shape) * tapsOf(inputOf(node, 1)),
  reference: (inputs, geometry, shape) => {
    const x = at(inputs, 0);
    const kernel = at(inputs, 1);
    const result = biasOf(inputs[2], shape);
    visitProducts(x.shape, kernel.shape, shape, geometry, (i, k, o) =>
      accumulate(result, o, item(x, i), item(kernel, k)),
    );
    return result;
  },
};

/** What sums of products begin with: the bias of each channel, or 0. */
function biasOf(bias: ReferenceArray | undefined, shape: Shape): Float64Array {
  const [, channels, height, width] = quad("biasOf", shape);
  return Float64Array.from({ length: elementCount(shape) }, (_, i) =>
    bias === undefined ? 0 : item(bias, Math.floor(i / (height * width)) % channels),
  );
}

/** The adjoint of conv2d in its input. Inputs: y `[n, co, oh, ow]`, kernel `[co, ci/groups, kh, kw]`, optionally bias `[ci]`. */
export const convTranspose2dOp: Op<TransposedAttributes> = {
  name: "conv-transpose2d",
  shape: (inputs, attributes) => {
    const [n, co, oh, ow] = quad("convTranspose2d", at(inputs, 0));
    const [kco, cg, kh, kw] = quad("convTranspose2d", at(inputs, 1));
    const { groups, size } = attributes;
    if (co !== kco || co % groups !== 0) {
      throw new RangeError(
        `convTranspose2d: got an input ${formatShape(at(inputs, 0))} and a kernel ${formatShape(at(inputs, 1))} with ${groups} groups, which do not fit`,
      );
    }
    if (outputSize(size[0], kh, attributes) !== oh || outputSize(size[1], kw, attributes) !== ow) {
      throw new RangeError(
        `convTranspose2d: no convolution of an image of ${size[0]}x${size[1]} gives ${oh}x${ow}; outputPadding must be below the stride`,
      );
    }
    return [n, cg * groups, size[0], size[1]];
  },
  gradient: (node, g) => {
    const y = inputOf(node, 0);
    const kernel = inputOf(node, 1);
    const [, , kh, kw] = quad("convTranspose2d", kernel.shape);
    const geometry = geometryOf(node.attributes);
    const toY = applyOp(conv2dOp, [g, kernel], geometry);
    const toKernel = applyOp(conv2dKernelGradientOp, [g, y], { ...geometry, kernel: [kh, kw] });
    return node.inputs.length === 2 ? [toY, toKernel] : [toY, toKernel, reduceSum(g, { axes: [0, 2, 3] })];
  },
  lower: lowerTransposedConvolution,
  multiplyAccumulates: (node) => elementCount(inputOf(node, 0).shape) * tapsOf(inputOf(node, 1)),
  reference: (inputs, geometry, shape) => {
    const y = at(inputs, 0);
    const kernel = at(inputs, 1);
    const result = biasOf(inputs[2], shape);
    visitProducts(shape, kernel.shape, y.shape, geometry, (i, k, o) =>
      accumulate(result, i, item(y, o), item(kernel, k)),
    );
    return result;
  },
};

/** The adjoint of conv2d in its kernel. Inputs: x `[n, ci, h, w]`, output gradient `[n, co, oh, ow]`. */
export const conv2dKernelGradientOp: Op<KernelGradientAttributes> = {
  name: "conv2d-kernel-gradient",
  shape: (inputs, attributes) => {
    const [n, ci, h, w] = quad("conv2dKernelGradient", at(inputs, 0));
    const [m, co, oh, ow] = quad("conv2dKernelGradient", at(inputs, 1));
    const { groups, kernel } = attributes;
    const fits =
      n === m &&
      ci % groups === 0 &&
      co % groups === 0 &&
      outputSize(h, kernel[0], attributes) === oh &&
      outputSize(w, kernel[1], attributes) === ow;
    if (!fits) {
      throw new RangeError(
        `conv2dKernelGradient: got ${formatShape(at(inputs, 0))} and ${formatShape(at(inputs, 1))}, which no convolution with a ${kernel[0]}x${kernel[1]} kernel connects`,
      );
    }
    return [co, ci / groups, kernel[0], kernel[1]];
  },
  gradient: (node, g) => {
    const x = inputOf(node, 0);
    const y = inputOf(node, 1);
    const [, , h, w] = quad("conv2dKernelGradient", x.shape);
    const geometry = geometryOf(node.attributes);
    return [applyOp(convTranspose2dOp, [y, g], { ...geometry, size: [h, w] }), applyOp(conv2dOp, [x, g], geometry)];
  },
  lower: lowerKernelGradient,
  multiplyAccumulates: (node) => elementCount(inputOf(node, 1).shape) * tapsOf(node),
  reference: (inputs, geometry, shape) => {
    const x = at(inputs, 0);
    const y = at(inputs, 1);
    const result = new Float64Array(elementCount(shape));
    visitProducts(x.shape, shape, y.shape, geometry, (i, k, o) => accumulate(result, k, item(x, i), item(y, o)));
    return result;
  },
};

/** Options of a convolution. */
export interface Conv2dOptions {
  /** `[output channels]`; none by default. */
  readonly bias?: Tensor;
  /** 1 by default. */
  readonly stride?: number;
  /** Zeros on each side; 0 by default. */
  readonly padding?: number;
  /** 1 by default. */
  readonly dilation?: number;
  /** 1 by default. */
  readonly groups?: number;
}

function checkedGeometry(where: string, options: Conv2dOptions): ConvolutionGeometry {
  const geometry = { stride: 1, padding: 0, dilation: 1, groups: 1, ...options };
  const { stride, padding, dilation, groups } = geometry;
  if (![stride, dilation, groups].every((value) => Number.isInteger(value) && value >= 1)) {
    throw new RangeError(
      `${where}: got stride ${stride}, dilation ${dilation}, groups ${groups}, expected positive integers`,
    );
  }
  if (!Number.isInteger(padding) || padding < 0) {
    throw new RangeError(`${where}: got padding ${padding}, expected a non-negative integer`);
  }
  return { stride, padding, dilation, groups };
}

/**
 * Convolution (cross-correlation, as every framework calls it) with zero padding.
 *
 * @param x `[n, ci, h, w]`
 * @param kernel `[co, ci / groups, kh, kw]`
 * @returns `[n, co, floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1, …]`
 * @throws {RangeError} if shapes or options do not fit.
 */
export function conv2d(x: Tensor, kernel: Tensor, options: Conv2dOptions = {}): Tensor {
  const inputs = options.bias === undefined ? [x, kernel] : [x, kernel, options.bias];
  return applyOp(conv2dOp, inputs, checkedGeometry("conv2d", options));
}

/** Options of a transposed convolution. */
export interface ConvTranspose2dOptions extends Conv2dOptions {
  /** Rows and columns added at the bottom and right of the result; below the stride; 0 by default. */
  readonly outputPadding?: number;
}

/**
 * Transposed convolution, the adjoint of {@link conv2d} in its input.
 *
 * @param x `[n, ci, h, w]`
 * @param kernel `[ci, co / groups, kh, kw]`
 * @returns `[n, co, (h - 1) stride - 2 padding + dilation (kh - 1) + outputPadding + 1, …]`
 * @throws {RangeError} if shapes or options do not fit.
 */
export function convTranspose2d(x: Tensor, kernel: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  const geometry = checkedGeometry("convTranspose2d", options);
  const [, , h, w] = quad("convTranspose2d", x.shape);
  const [, , kh, kw] = quad("convTranspose2d", kernel.shape);
  const { stride, padding, dilation } = geometry;
  const extent = (size: number, taps: number): number =>
    (size - 1) * stride - 2 * padding + dilation * (taps - 1) + (options.outputPadding ?? 0) + 1;
  const inputs = options.bias === undefined ? [x, kernel] : [x, kernel, options.bias];
  return applyOp(convTranspose2dOp, inputs, { ...geometry, size: [extent(h, kh), extent(w, kw)] });
}
