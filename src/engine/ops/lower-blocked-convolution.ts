/**
 * Convolutions with blocked channels (graph/layout.ts): onnxruntime's direct kernels, which read the image where it is and need
 * no patch matrix. Chosen by measurement: docs/log/0010-blocked-channels.md.
 *
 * They know two forms. Blocked images take filters in the order co/b, ci/b, kh, kw, ci mod b, co mod b. Images of fewer channels
 * than a block are taken in plain order, with filters in the order co/b, ci, kh, kw, co mod b. Both are written as shapes
 * `[co, ci, kh, kw]`. What neither form covers (groups, channels that are no multiple of the block) is left to
 * lower-convolution.ts.
 */
import { BLOCKED_DOMAIN, type LayoutResult, type LayoutValue } from "../graph/layout.ts";
import { at, inputOf, type OnnxEmitter, type Tensor } from "../graph/tensor.ts";
import {
  type ConvolutionGeometry,
  type KernelGradientAttributes,
  type Quad,
  quad,
  type TransposedAttributes,
} from "./convolution-geometry.ts";
import { type Phase, phasePlan } from "./lower-convolution.ts";
import { BEFORE_FIRST, reshape, slice } from "./nodes.ts";

function transpose(emit: OnnxEmitter, x: string, shape: readonly number[], perm: readonly number[]): string {
  return emit.node("Transpose", [reshape(emit, x, shape)], { perm });
}

/** Blocks axis 1 of a value that is viewed as `shape`. */
function block(emit: OnnxEmitter, x: string, shape: readonly number[]): string {
  return emit.node("ReorderInput", [reshape(emit, x, shape)], {}, BLOCKED_DOMAIN);
}

interface ConvolutionParts {
  readonly kernel: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads: readonly number[];
  readonly stride?: number;
  readonly dilations?: readonly [number, number];
}

function convolve(
  emit: OnnxEmitter,
  inputs: readonly string[],
  { kernel, pads, stride = 1, dilations = [1, 1] }: ConvolutionParts,
): string {
  const attributes = { kernel_shape: kernel, strides: [stride, stride], dilations, pads, group: 1 };
  return emit.node("Conv", inputs, attributes, BLOCKED_DOMAIN);
}

/** The filter `[co, ci, kh, kw]` in the order of the direct kernels. */
function forwardFilter(emit: OnnxEmitter, filter: string, shape: Quad): string {
  const [co, ci, kh, kw] = shape;
  const b = emit.channelBlock;
  const taps = kh * kw;
  const outputsInside = block(emit, filter, [1, co, 1, ci * taps]);
  if (ci < b || taps === 1) return reshape(emit, outputsInside, shape);
  return reshape(emit, transpose(emit, outputsInside, [co / b, ci / b, b, taps, b], [0, 1, 3, 2, 4]), shape);
}

/** The filter `[co, ci, kh, kw]` as the adjoint needs it: ci/b, co/b, kh, kw, co mod b, ci mod b, as `[.., kh, kw, b b]`. */
function adjointFilter(emit: OnnxEmitter, filter: string, [co, ci, kh, kw]: Quad): string {
  const b = emit.channelBlock;
  const inputsInside = block(emit, filter, [co, ci, 1, kh * kw]);
  const swapped = transpose(emit, inputsInside, [co / b, b, ci / b, kh * kw, b], [2, 0, 3, 1, 4]);
  return reshape(emit, swapped, [(ci * co) / (b * b), kh, kw, b * b]);
}

/** conv2d. */
export function lowerConvolutionBlocked(
  emit: OnnxEmitter,
  inputs: readonly LayoutValue[],
  node: Tensor<ConvolutionGeometry>,
): LayoutResult | null {
  const { stride, padding, dilation, groups } = node.attributes;
  const [co, ci, kh, kw] = quad("conv2d", inputOf(node, 1).shape);
  const b = emit.channelBlock;
  if (groups !== 1 || co % b !== 0 || (ci >= b && ci % b !== 0)) return null;
  const x = at(inputs, 0);
  const operands = [
    ci < b ? x.plain() : x.blocked(),
    forwardFilter(emit, at(inputs, 1).plain(), [co, ci, kh, kw]),
    ...inputs.slice(2).map((bias) => bias.plain()),
  ];
  const pads = [padding, padding, padding, padding];
  const name = convolve(emit, operands, { kernel: [kh, kw], pads, stride, dilations: [dilation, dilation] });
  return { name, isBlocked: true };
}

/** Puts the phases of a result, rows first, between each other: each is blocked, `[n, c, h, w]`. */
function interleave(emit: OnnxEmitter, phases: readonly (readonly string[])[], shape: Quad): string {
  const [n, c, h, w] = shape;
  const b = emit.channelBlock;
  const stride = phases.length;
  const rows = phases.map((columns) => {
    const views = columns.map((phase) => reshape(emit, phase, [(n * c * h * w) / b, 1, b]));
    return reshape(emit, emit.node("Concat", views, { axis: 1 }), [(n * c * h) / b, 1, stride * w * b]);
  });
  return reshape(emit, emit.node("Concat", rows, { axis: 1 }), [n, c, stride * h, stride * w]);
}

/** convTranspose2d: the plans of the plain lowering, on the direct kernels. */
export function lowerTransposedConvolutionBlocked(
  emit: OnnxEmitter,
  inputs: readonly LayoutValue[],
  node: Tensor<TransposedAttributes>,
): LayoutResult | null {
  const { stride, padding, dilation, groups } = node.attributes;
  const [n, , oh, ow] = quad("convTranspose2d", inputOf(node, 0).shape);
  const [co, ci, kh, kw] = quad("convTranspose2d", inputOf(node, 1).shape);
  const b = emit.channelBlock;
  if (groups !== 1 || co % b !== 0 || ci % b !== 0) return null;
  const border = [dilation * (kh - 1) - padding, dilation * (kw - 1) - padding] as const;
  const plan = phasePlan(node);
  if (stride === 1 ? Math.min(...border) < 0 : plan === null) return null;

  const filter = adjointFilter(emit, at(inputs, 1).plain(), [co, ci, kh, kw]);
  /** The result of the taps first, first + stride, … of each axis, in reverse order. */
  const part = (row: Pick<Phase, "firstTap" | "taps">, column: typeof row, pads: readonly number[]): string => {
    const last = [row, column].map(({ firstTap, taps }) => firstTap + stride * (taps - 1));
    const back = [-stride, -stride];
    const needsSlice = kh * kw > 1;
    const taken = needsSlice ? slice(emit, filter, [1, 2], last, [BEFORE_FIRST, BEFORE_FIRST], back) : filter;
    const taps = reshape(emit, taken, [ci, co, row.taps, column.taps]);
    const operands = [at(inputs, 0).blocked(), taps, ...inputs.slice(2).map((bias) => bias.plain())];
    return convolve(emit, operands, {
      kernel: [row.taps, column.taps],
      pads,
      dilations: stride === 1 ? [dilation, dilation] : [1, 1],
    });
  };
  if (plan === null) {
    const pads = [...border, ...border];
    return { name: part({ firstTap: 0, taps: kh }, { firstTap: 0, taps: kw }, pads), isBlocked: true };
  }
  const phases = plan.rows.map((row) =>
    plan.columns.map((column) => part(row, column, [row.padBefore, column.padBefore, row.padAfter, column.padAfter])),
  );
  return { name: interleave(emit, phases, [n, ci, oh, ow]), isBlocked: true };
}

/** Rows or columns to add after an image (negative: to leave out) so that a filter of the gradient's size gives `taps` results. */
function paddingAfter(taps: number, outputs: number, size: number, { stride, padding }: ConvolutionGeometry): number {
  return taps + (outputs - 1) * stride - size - padding;
}

/**
 * conv2dKernelGradient as one direct convolution: the images are its input channels (in plain order, so fewer than a block of
 * them at a time), the output gradient its filter, dilated by the stride. The lanes of the input's channel blocks are folded
 * into the width and the blocks themselves are the batch; where the image has few channels, all are folded into the width.
 */
export function lowerKernelGradientBlocked(
  emit: OnnxEmitter,
  inputs: readonly LayoutValue[],
  node: Tensor<KernelGradientAttributes>,
): LayoutResult | null {
  const { stride, padding, dilation, groups, kernel } = node.attributes;
  const [n, ci, h, w] = quad("conv2dKernelGradient", inputOf(node, 0).shape);
  const [, co, oh, ow] = quad("conv2dKernelGradient", inputOf(node, 1).shape);
  const [kh, kw] = kernel;
  const b = emit.channelBlock;
  if (groups !== 1 || dilation !== 1 || co % b !== 0 || (ci >= b && ci % b !== 0)) return null;
  const after = [paddingAfter(kh, oh, h, node.attributes), paddingAfter(kw, ow, w, node.attributes)] as const;
  const [rows, columns] = [h + Math.min(0, after[0]), w + Math.min(0, after[1])];

  const lanes = Math.min(ci, b);
  const batch = ci / lanes;
  const x = at(inputs, 0);
  const images =
    ci < b
      ? transpose(emit, x.plain(), [1, n, ci, h * w], [0, 1, 3, 2])
      : transpose(emit, x.blocked(), [n, batch, h, w * b], [1, 0, 2, 3]);
  const whole = reshape(emit, images, [batch, n, h, w * lanes]);
  const isCropped = rows < h || columns < w;
  const kept = isCropped ? slice(emit, whole, [2, 3], [0, 0], [rows, columns * lanes]) : whole;
  // Columns are padded here, because the kernels are slow at padded columns, and here every column would be one. Rows are not padded.
  const border = emit.integers([0, 0, 0, padding * lanes, 0, 0, 0, Math.max(0, after[1]) * lanes]);
  const padded = padding > 0 || after[1] > 0 ? emit.node("Pad", [kept, border]) : kept;
  const gradient = transpose(emit, at(inputs, 1).blocked(), [n, co / b, oh * ow * b], [1, 0, 2]);

  const parts = batchParts(n, b).map(([from, to]) => {
    const take = (value: string): string => (to - from === n ? value : slice(emit, value, [1], [from], [to]));
    const filter = reshape(emit, take(gradient), [co, to - from, oh, ow]);
    return convolve(emit, [take(padded), filter], {
      kernel: [oh, ow],
      pads: [padding, 0, Math.max(0, after[0]), 0],
      dilations: [stride, stride * lanes],
    });
  });
  const sum = parts.reduce((total, part) => emit.node("Add", [total, part]));
  const plain = (value: string, shape: readonly number[]): string =>
    emit.node("ReorderOutput", [reshape(emit, value, shape)], { channels: co }, BLOCKED_DOMAIN);
  if (ci < b) {
    const name = transpose(emit, plain(sum, [1, co, kh, kw * ci]), [co, kh * kw, ci], [0, 2, 1]);
    return { name: reshape(emit, name, [co, ci, kh, kw]), isBlocked: false };
  }
  const ordered = transpose(emit, sum, [batch, co / b, kh * kw, b, b], [1, 0, 3, 2, 4]);
  return { name: reshape(emit, plain(ordered, [1, co, 1, ci * kh * kw]), [co, ci, kh, kw]), isBlocked: false };
}

/** The images in as few, even parts as keep each below a block: from and to. */
function batchParts(n: number, block: number): readonly (readonly [number, number])[] {
  const count = Math.ceil(n / (block - 1));
  return Array.from({ length: count }, (_, i) => [Math.floor((i * n) / count), Math.floor(((i + 1) * n) / count)]);
}
