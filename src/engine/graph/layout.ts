/**
 * Blocked channels: a second order of an image's elements in memory. `[n, c, h, w]` becomes n, c / b, h, w, b, so groups of b
 * channels lie side by side. b is the number of float32 lanes of the processor's direct convolution kernels (8 or 16).
 * onnxruntime has kernels for this layout, in an operator domain of its own. They take fed weights as well as constant ones,
 * but its own optimizer uses them for constant weights only. The shape stays `[n, c, h, w]`.
 *
 * Only ops that gain by this layout have a lowering in it; all others receive plain values.
 */
import type { Shape } from "./shape.ts";
import type { OnnxEmitter, Op, Tensor } from "./tensor.ts";

/** The operator domain of onnxruntime's kernels for blocked channels. */
export const BLOCKED_DOMAIN = "com.microsoft.nchwc";

/** A value of the exported graph on its way into a lowering, in the layout that the lowering asks for. */
export interface LayoutValue {
  readonly shape: Shape;
  /** Whether its blocked form exists already. */
  readonly isBlocked: boolean;
  /** The name of the value in plain order; converts where it must. */
  plain(): string;
  /** The name of the value with blocked channels; converts where it must. */
  blocked(): string;
}

/** What a lowering made, and in which layout. */
export interface LayoutResult {
  readonly name: string;
  readonly isBlocked: boolean;
}

/** How one op is written for inputs or a result with blocked channels. */
export interface BlockedLowering {
  /** Null where the op's own lowering is better. Element-wise ops need none of this. */
  lower(emit: OnnxEmitter, inputs: readonly LayoutValue[], node: Tensor): LayoutResult | null;
}

/** What `exportOnnx` needs to use the layout. */
export interface BlockedChannels {
  /** Channels in a block; 1: the layout is not used. */
  readonly channels: number;
  readonly lowerings: ReadonlyMap<Op, BlockedLowering>;
}
