/** Nodes of ONNX that the lowerings of convolutions share. */
import type { OnnxEmitter } from "../graph/tensor.ts";

/** An end that ONNX's Slice clamps to "before the first element" when it steps backwards. */
export const BEFORE_FIRST = -1_000_000_000;

/** A Slice node. */
export function slice(
  emit: OnnxEmitter,
  x: string,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[] = axes.map(() => 1),
): string {
  return emit.node("Slice", [x, ...[starts, ends, axes, steps].map((values) => emit.integers(values))]);
}

/** A Reshape node; in `shape`, 0 keeps an axis and -1 is what is left. */
export function reshape(emit: OnnxEmitter, x: string, shape: readonly number[]): string {
  return emit.node("Reshape", [x, emit.integers(shape)]);
}
