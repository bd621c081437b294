/**
 * How convolutions become ONNX nodes that onnxruntime's CPU kernels run fast when weights are fed, not baked in. Chosen by
 * measurement: docs/decisions/0004-lowering.md.
 */
import { at, inputOf, type OnnxEmitter, type Tensor } from "../graph/tensor.ts";
import {
  type ConvolutionGeometry,
  type KernelGradientAttributes,
  quad,
  type TransposedAttributes,
} from "./convolution-geometry.ts";
import { lowerWinograd, suitsWinograd } from "./lower-winograd.ts";
import { BEFORE_FIRST, slice } from "./nodes.ts";

/** Below this number of result channels the phases of a transposed convolution are too thin to pay. */
const FEWEST_PHASE_CHANNELS = 16;
function isPointwise(kernel: Tensor, { stride, padding, groups }: ConvolutionGeometry): boolean {
  return kernel.shape[2] === 1 && kernel.shape[3] === 1 && stride === 1 && padding === 0 && groups === 1;
}

/** A 1x1 convolution as one matrix product per image. */
function pointwise(
  emit: OnnxEmitter,
  matrix: string,
  x: string,
  inputShape: readonly number[],
  channels: number,
): string {
  const [n, c, h, w] = quad("conv2d", inputShape);
  const flat = emit.node("Reshape", [x, emit.integers([n, c, h * w])]);
  return emit.node("Reshape", [emit.node("MatMul", [matrix, flat]), emit.integers([n, channels, h, w])]);
}

/** conv2d: onnxruntime's own Conv, a matrix product for 1x1 kernels without bias, or Winograd's filtering where it was asked for. */
export function lowerConvolution(
  emit: OnnxEmitter,
  inputs: readonly string[],
  node: Tensor<ConvolutionGeometry>,
): string {
  const { stride, padding, dilation, groups } = node.attributes;
  const kernel = inputOf(node, 1);
  if (isPointwise(kernel, node.attributes) && inputs.length === 2 && !emit.openImageSize) {
    const matrix = emit.node("Reshape", [at(inputs, 1), emit.integers(kernel.shape.slice(0, 2))]);
    return pointwise(emit, matrix, at(inputs, 0), inputOf(node, 0).shape, at(kernel.shape, 0));
  }
  const { shape } = inputOf(node, 0);
  if (emit.winograd && suitsWinograd({ ...node.attributes, input: shape, kernel: kernel.shape })) {
    return lowerWinograd(emit, inputs, quad("conv2d", shape), quad("conv2d", kernel.shape));
  }
  const pads = [padding, padding, padding, padding];
  const sizes = { kernel_shape: kernel.shape.slice(2), dilations: [dilation, dilation] };
  return emit.node("Conv", inputs, { ...sizes, strides: [stride, stride], pads, group: groups });
}

/** The taps of one axis that reach the result's rows `phase`, `phase + stride`, …, and the padding that aligns them. */
export interface Phase {
  readonly firstTap: number;
  readonly taps: number;
  readonly padBefore: number;
  readonly padAfter: number;
}

/**
 * Result row r = stride q + phase receives input row q + shift - j times kernel tap firstTap + stride j. That is a plain
 * convolution with the taps in reverse order.
 */
function phaseOf(phase: number, stride: number, padding: number, taps: number, rows: number, inputRows: number): Phase {
  const firstTap = (phase + padding) % stride;
  const count = Math.ceil((taps - firstTap) / stride);
  const shift = (phase + padding - firstTap) / stride;
  return { firstTap, taps: count, padBefore: count - 1 - shift, padAfter: rows / stride + shift - inputRows };
}

/** The phases of both axes, or null where the plan does not apply. */
export function phasePlan(node: Tensor<TransposedAttributes>): { rows: Phase[]; columns: Phase[] } | null {
  const { stride, padding, dilation, groups, size } = node.attributes;
  const [, , oh, ow] = quad("convTranspose2d", inputOf(node, 0).shape);
  const [, channels, kh, kw] = quad("convTranspose2d", inputOf(node, 1).shape);
  const divides = size[0] === oh * stride && size[1] === ow * stride;
  if (stride === 1 || dilation !== 1 || groups !== 1 || !divides || Math.min(kh, kw) < stride) return null;
  if (channels < FEWEST_PHASE_CHANNELS) return null;
  const indexes = Array.from({ length: stride }, (_, phase) => phase);
  const rows = indexes.map((phase) => phaseOf(phase, stride, padding, kh, size[0], oh));
  const columns = indexes.map((phase) => phaseOf(phase, stride, padding, kw, size[1], ow));
  return [...rows, ...columns].some(({ padBefore, padAfter }) => padBefore < 0 || padAfter < 0)
    ? null
    : { rows, columns };
}

/**
 * convTranspose2d. Stride 1: a convolution with the flipped, transposed kernel. Larger strides: one small convolution for
 * each phase of the result, interleaved by DepthToSpace, which does exactly the MACs of the definition and runs on the
 * forward kernels. Otherwise ConvTranspose.
 */
export function lowerTransposedConvolution(
  emit: OnnxEmitter,
  inputs: readonly string[],
  node: Tensor<TransposedAttributes>,
): string {
  const { stride, padding, dilation, groups, size } = node.attributes;
  const y = inputOf(node, 0);
  const kernel = inputOf(node, 1);
  const [, , oh, ow] = quad("convTranspose2d", y.shape);
  const [oc, channels, kh, kw] = quad("convTranspose2d", kernel.shape);
  const bias = inputs.slice(2);
  const swapped = (): string => emit.node("Transpose", [at(inputs, 1)], { perm: [1, 0, 2, 3] });

  if (isPointwise(kernel, node.attributes) && bias.length === 0 && !emit.openImageSize) {
    const matrix = emit.node("Reshape", [swapped(), emit.integers([channels, at(kernel.shape, 0)])]);
    return pointwise(emit, matrix, at(inputs, 0), y.shape, channels);
  }
  const border = [dilation * (kh - 1) - padding, dilation * (kw - 1) - padding] as const;
  if (stride === 1 && groups === 1 && Math.min(...border) >= 0) {
    const flipped = slice(emit, swapped(), [2, 3], [kh - 1, kw - 1], [BEFORE_FIRST, BEFORE_FIRST], [-1, -1]);
    const flippedShape = [channels, oc, kh, kw] as const;
    const sameSize = { input: y.shape, kernel: flippedShape, stride, padding: border[0], dilation, groups };
    if (emit.winograd && border[0] === border[1] && suitsWinograd(sameSize)) {
      return lowerWinograd(emit, [at(inputs, 0), flipped, ...bias], quad("convTranspose2d", y.shape), flippedShape);
    }
    const pads = [border[0], border[1], border[0], border[1]];
    return emit.node("Conv", [at(inputs, 0), flipped, ...bias], { dilations: [dilation, dilation], pads });
  }
  const plan = phasePlan(node);
  if (plan !== null) {
    const transposed = swapped();
    const parts = plan.rows.flatMap((row) =>
      plan.columns.map((column) => {
        const last = [row.firstTap + stride * (row.taps - 1), column.firstTap + stride * (column.taps - 1)];
        const taps = slice(emit, transposed, [2, 3], last, [BEFORE_FIRST, BEFORE_FIRST], [-stride, -stride]);
        const pads = [row.padBefore, column.padBefore, row.padAfter, column.padAfter];
        return emit.node("Conv", [at(inputs, 0), taps, ...bias], { pads });
      }),
    );
    const phases = emit.node("Concat", parts, { axis: 1 });
    return emit.node("DepthToSpace", [phases], { blocksize: stride, mode: "DCR" });
  }
  const natural = (rows: number, taps: number): number => (rows - 1) * stride - 2 * padding + dilation * (taps - 1) + 1;
  return emit.node("ConvTranspose", inputs, {
    kernel_shape: [kh, kw],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [padding, padding, padding, padding],
    output_padding: [size[0] - natural(oh, kh), size[1] - natural(ow, kw)],
    group: groups,
  });
}

/** What one group of a kernel gradient needs to know. */
interface KernelGradientPart {
  readonly x: string;
  readonly gradient: string;
  readonly inputShape: readonly [number, number, number, number];
  readonly outputShape: readonly [number, number, number, number];
  readonly geometry: KernelGradientAttributes;
}

/** 1x1: one product of matrices for each image, summed over the batch. */
function kernelGradientByProduct(emit: OnnxEmitter, part: KernelGradientPart): string {
  const [n, ci, h, w] = part.inputShape;
  const co = part.outputShape[1];
  const x = emit.node("Reshape", [part.x, emit.integers([n, ci, h * w])]);
  const gradient = emit.node("Reshape", [part.gradient, emit.integers([n, co, h * w])]);
  const product = emit.node("MatMul", [gradient, emit.node("Transpose", [x], { perm: [0, 2, 1] })]);
  const sum = emit.node("ReduceSum", [product, emit.integers([0])], { keepdims: 0 });
  return emit.node("Reshape", [sum, emit.integers([co, ci, 1, 1])]);
}

/**
 * The whole kernel gradient as one convolution of batch 1. The images become n channels of height h and width w * ci (channels
 * last, folded into the width). The output gradient becomes a kernel of co filters, dilated by the stride. The result is
 * [co, kh, kw * ci]. onnxruntime then runs one large matrix product instead of ci thin ones.
 */
function kernelGradientByFolding(emit: OnnxEmitter, part: KernelGradientPart): string {
  const { stride, padding, kernel } = part.geometry;
  const [n, ci, h, w] = part.inputShape;
  const [, co, oh, ow] = part.outputShape;
  const after = [kernel[0] + (oh - 1) * stride - h - padding, kernel[1] + (ow - 1) * stride - w - padding] as const;
  const kept = [h + Math.min(0, after[0]), w + Math.min(0, after[1])] as const;
  const x = kept[0] === h && kept[1] === w ? part.x : slice(emit, part.x, [2, 3], [0, 0], kept);
  const channelsLast = emit.node("Transpose", [x], { perm: [0, 2, 3, 1] });
  const folded = emit.node("Reshape", [channelsLast, emit.integers([1, n, kept[0], kept[1] * ci])]);
  const filters = emit.node("Transpose", [part.gradient], { perm: [1, 0, 2, 3] });
  const taps = emit.node("Conv", [folded, filters], {
    dilations: [stride, stride * ci],
    pads: [padding, padding * ci, Math.max(0, after[0]), Math.max(0, after[1]) * ci],
  });
  const unfolded = emit.node("Reshape", [taps, emit.integers([co, kernel[0], kernel[1], ci])]);
  return emit.node("Transpose", [unfolded], { perm: [0, 3, 1, 2] });
}

/** Dilated kernels: channels take the place of the batch, the output gradient that of a kernel dilated by the stride. */
function kernelGradientBySwapping(emit: OnnxEmitter, part: KernelGradientPart): string {
  const { stride, padding, dilation, kernel } = part.geometry;
  const x = emit.node("Transpose", [part.x], { perm: [1, 0, 2, 3] });
  const filters = emit.node("Transpose", [part.gradient], { perm: [1, 0, 2, 3] });
  const taps = emit.node("Conv", [x, filters], {
    dilations: [stride, stride],
    strides: [dilation, dilation],
    pads: [padding, padding, padding, padding],
  });
  return emit.node("Transpose", [slice(emit, taps, [2, 3], [0, 0], kernel)], { perm: [1, 0, 2, 3] });
}

/** conv2dKernelGradient, group by group. */
export function lowerKernelGradient(
  emit: OnnxEmitter,
  inputs: readonly string[],
  node: Tensor<KernelGradientAttributes>,
): string {
  const geometry = node.attributes;
  const [n, ci, h, w] = quad("conv2dKernelGradient", inputOf(node, 0).shape);
  const [, co, oh, ow] = quad("conv2dKernelGradient", inputOf(node, 1).shape);
  const { groups, kernel } = geometry;
  const perGroup = { in: ci / groups, out: co / groups };
  const parts = Array.from({ length: groups }, (_, group) => {
    const take = (x: string, count: number): string =>
      groups === 1 ? x : slice(emit, x, [1], [group * count], [(group + 1) * count]);
    const part: KernelGradientPart = {
      x: take(at(inputs, 0), perGroup.in),
      gradient: take(at(inputs, 1), perGroup.out),
      inputShape: [n, perGroup.in, h, w],
      outputShape: [n, perGroup.out, oh, ow],
      geometry,
    };
    const single = kernel[0] === 1 && kernel[1] === 1 && geometry.stride === 1 && geometry.padding === 0;
    if (single) return kernelGradientByProduct(emit, part);
    return geometry.dilation === 1 ? kernelGradientByFolding(emit, part) : kernelGradientBySwapping(emit, part);
  });
  return groups === 1 ? at(parts, 0) : emit.node("Concat", parts, { axis: 0 });
}
