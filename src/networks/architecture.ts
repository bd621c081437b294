/** What the rest of the package must know of an architecture beside the network itself: one record, in the architecture's own file. */
import type { FloatArray } from "../engine/index.ts";
import type { HalfstepStructure, Network, NetworkSizes } from "./network.ts";

/** Weights by dotted name. */
export type Weights = ReadonlyMap<string, FloatArray>;

/**
 * How weights of a small network become weights of a larger one of the same architecture (`train/grow-weights.ts`): what both have is
 * kept, and these say what becomes of the rest. Parameters are told by their dotted names.
 */
export interface GrowthRules {
  /** Weights whose shapes tell the widths that cannot grow. */
  isFixed(name: string): boolean;
  /** A layer of which the small network has nothing, and which must not say anything yet: it is 0, where others are as they were drawn. */
  isSilent(name: string): boolean;
  /** A layer whose new elements are as they were drawn, where those of others are 0. */
  isDrawn(name: string): boolean;
  /** Whether the output channels are two lists one after the other, logarithms of scales and means, each of which grows at its end. */
  hasTwoLists(name: string): boolean;
  /** What the logarithm of a new scale is at the start. */
  readonly newLogScale: number;
  /**
   * The small weights under the names and in the forms of the large network, where these differ by more than widths.
   * @param fresh freshly drawn weights of the large network
   */
  rearrange(fresh: Weights, small: Weights): Weights;
}

/** One architecture. */
export interface Architecture {
  /** Widths in which it is usually published. */
  readonly usualWidths: { readonly N: number; readonly M: number };
  /** What `structure` is where a configuration does not say; absent where there is nothing to choose beside N and M. */
  readonly defaultStructure?: HalfstepStructure;
  /** Loads the rules of growth, which only training needs; absent where weights do not grow. */
  readonly growth?: () => Promise<GrowthRules>;
  /** Builds the network. @throws {RangeError} for sizes in which it does not exist */
  build(sizes: NetworkSizes): Network;
}
