/**
 * The ops that gain by blocked channels (graph/layout.ts), and how they are written with them. The processor's trainings use this; a codec does not, and
 * does not load it.
 */
import type { BlockedChannels, BlockedLowering, LayoutResult, LayoutValue } from "../graph/layout.ts";
import { at, type OnnxEmitter, type Op, type Tensor } from "../graph/tensor.ts";
import { type ReduceAttributes, reduceSumOp } from "./broadcast.ts";
import { conv2dKernelGradientOp, conv2dOp, convTranspose2dOp } from "./convolution.ts";
import { customGradientOp, stopGradientOp } from "./gradient-control.ts";
import {
  lowerConvolutionBlocked,
  lowerKernelGradientBlocked,
  lowerTransposedConvolutionBlocked,
} from "./lower-blocked-convolution.ts";

/** A sum over all axes, or over all but the channels, takes blocked channels as they are. */
function lowerSumBlocked(
  emit: OnnxEmitter,
  inputs: readonly LayoutValue[],
  { attributes, shape }: Tensor<ReduceAttributes>,
): LayoutResult | null {
  const x = at(inputs, 0);
  const axes = attributes.axes.join();
  if (!x.isBlocked || (axes !== "0,1,2,3" && axes !== "0,2,3")) return null;
  const sum = (value: string, over: readonly number[], keepdims: number): string =>
    emit.node("ReduceSum", [value, emit.integers(over)], { keepdims });
  if (axes === "0,1,2,3") return { name: sum(x.blocked(), attributes.axes, 1), isBlocked: false };
  const [n, c, h, w] = x.shape as readonly [number, number, number, number];
  const view = [(n * c) / emit.channelBlock, h * w, emit.channelBlock];
  // Two sums over one axis each: onnxruntime has fast loops for these.
  const perImage = sum(emit.node("Reshape", [x.blocked(), emit.integers(view)]), [1], 0);
  const total = sum(emit.node("Reshape", [perImage, emit.integers([n, c])]), [0], 0);
  return { name: emit.node("Reshape", [total, emit.integers(shape)]), isBlocked: false };
}

/** The value in the layout in which it comes. The sources are not touched, so they are not converted for nothing. */
function passOn(_emit: OnnxEmitter, inputs: readonly LayoutValue[]): LayoutResult {
  const value = at(inputs, 0);
  return { name: value.isBlocked ? value.blocked() : value.plain(), isBlocked: value.isBlocked };
}

const LOWERINGS: BlockedChannels["lowerings"] = new Map<Op, BlockedLowering>([
  [conv2dOp, { lower: lowerConvolutionBlocked }],
  [convTranspose2dOp, { lower: lowerTransposedConvolutionBlocked }],
  [conv2dKernelGradientOp, { lower: lowerKernelGradientBlocked }],
  [reduceSumOp, { lower: lowerSumBlocked }],
  [stopGradientOp, { lower: passOn }],
  [customGradientOp, { lower: passOn }],
]);

/** Blocked channels for `exportOnnx`. @param channels in a block, as `channelBlockSize` tells */
export function blockedChannels(channels: number): BlockedChannels {
  return { channels, lowerings: LOWERINGS };
}
