/** ONNX's Slice, as the lowerings of convolutions use it. */
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
