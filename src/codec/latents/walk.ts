/** What a walk through a tile of y is, and what it asks of the encoder or decoder that codes along it. */
import type { FloatArray, OwnedArray } from "../../engine/index.ts";

/**
 * Codes elements of a tile and gives their symbols.
 *
 * @param scales `[n]` as the network predicts them: not bounded below, or as natural logarithms
 * @param means `[n]`, or null for zeros
 * @param elements `[n]` places in the tile's y `[M, h, w]`; null for all, in order
 * @returns `[n]`, for the walk to keep
 */
export type CodeElements = (
  scales: Float32Array,
  means: Float32Array | null,
  elements: Int32Array | null,
) => Int32Array<ArrayBuffer>;

/** Codes a tile. */
export interface TileCoder {
  readonly code: CodeElements;
  /**
   * Codes which of the channels start..end - 1 of a group that may be left out are there.
   * @returns `[end - start]` of 0 and 1
   */
  presence(start: number, end: number): Uint8Array;
}

/**
 * Walks through a tile whose features are given `[1, c, h, w]`; gives its y^ `[1, M, h, w]`, without the channels of a last group that may be left
 * out, if none of them is there.
 */
export type ContextWalk = (features: FloatArray, coder: TileCoder) => Promise<OwnedArray>;
