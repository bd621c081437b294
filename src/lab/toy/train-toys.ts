/** Toy codecs of several pairs of surrogates and seeds, one after the other. */

import type { OpenGraph } from "../../engine/index.ts";
import type { SurrogatePair } from "../running/surrogate-pairs.ts";
import { type ToyCells, toyCells } from "./cells.ts";
import { type ToyOptions, type TrainedToy, trainToy } from "./train-toy.ts";

/** Options of {@link trainToys}. */
export interface ToysOptions extends Omit<ToyOptions, "seed"> {
  readonly pairs: readonly SurrogatePair[];
  /** Codecs for each pair, with the seeds 1, 2, …. */
  readonly seeds: number;
}

/** Trained toy codecs. */
export interface Toys {
  readonly toys: readonly TrainedToy[];
  /** The cells of each pair's first codec. */
  readonly pictures: readonly { readonly toy: TrainedToy; readonly cells: ToyCells }[];
}

/**
 * Trains them. @param onProgress told in words how far it is
 */
export async function trainToys(
  { pairs, seeds, ...options }: ToysOptions,
  open: OpenGraph,
  onProgress: (text: string) => void = () => undefined,
): Promise<Toys> {
  const toys: TrainedToy[] = [];
  const pictures: { toy: TrainedToy; cells: ToyCells }[] = [];
  for (const pair of pairs) {
    for (let seed = 1; seed <= seeds; seed++) {
      onProgress(`codec ${toys.length + 1} of ${pairs.length * seeds}: ${pair.name}, seed ${seed}`);
      const toy = await trainToy(pair, { ...options, seed }, open);
      toys.push(toy);
      if (seed === 1) pictures.push({ toy, cells: await toyCells(toy.weights, open) });
    }
  }
  return { toys, pictures };
}
