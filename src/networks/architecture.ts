/** What the rest of the package must know about an architecture, beside the network itself. It is one record, in the architecture's own file. */
import type { FloatArray } from "../engine/index.ts";
import type { HalfstepStructure, Network, NetworkSizes } from "./network.ts";

/** Weights by dotted name. */
export type Weights = ReadonlyMap<string, FloatArray>;

/**
 * How weights of a small network become weights of a larger one of the same architecture (`train/grow-weights.ts`). What both networks have is kept.
 * These rules say what becomes of the rest. Parameters are named by their dotted names.
 */
export interface GrowthRules {
  /** Weights whose shapes show the widths that cannot grow. */
  isFixed(name: string): boolean;
  /** A layer that the small network does not have, and that must have no effect at first: it is 0. Other new layers are drawn. */
  isSilent(name: string): boolean;
  /** A layer whose new elements are drawn. The new elements of other layers are 0. */
  isDrawn(name: string): boolean;
  /** Whether the output channels are two lists, first logarithms of scales, then means. Each list grows at its end. */
  hasTwoLists(name: string): boolean;
  /** The logarithm of a new scale at the start. */
  readonly newLogScale: number;
  /**
   * The small weights with the names and forms of the large network, if these differ by more than widths.
   * @param fresh freshly drawn weights of the large network
   */
  rearrange(fresh: Weights, small: Weights): Weights;
}

/** One architecture. */
export interface Architecture {
  /** Widths in which it is usually published. */
  readonly usualWidths: { readonly N: number; readonly M: number };
  /** The default of `structure`; absent if there is nothing to choose beside N and M. */
  readonly defaultStructure?: HalfstepStructure;
  /** Loads the rules of growth, which only training needs; absent if weights cannot grow. */
  readonly growth?: () => Promise<GrowthRules>;
  /** Builds the network. @throws {RangeError} for sizes in which it does not exist */
  build(sizes: NetworkSizes): Network;
}
