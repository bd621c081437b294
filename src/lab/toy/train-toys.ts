/** Toy codecs of several pairs of surrogates and seeds, one after the other. */
import { surrogateName, temperatureProblem } from "../../quantize/index.ts";
import { type ToyCells, toyCells } from "./cells.ts";
import type { OpenGraph } from "./graph-runner.ts";
import type { SurrogatePair } from "./pairs.ts";
import { surrogateOf } from "./surrogate-feeds.ts";
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

/**
 * Checks one temperature for all surrogates of some pairs that have one.
 *
 * @throws {RangeError} naming the first surrogate that does not take it.
 */
export function checkToyTemperature(pairs: readonly SurrogatePair[], temperature: number): void {
  for (const surrogate of pairs.flatMap(({ rate, distortion }) => [surrogateOf(rate), surrogateOf(distortion)])) {
    if (surrogate.temperature === null) continue;
    const problem = temperatureProblem(surrogate, temperature);
    if (problem !== null) {
      throw new RangeError(
        `temperature: got ${temperature}, expected ${problem}; name the pairs that it is for (${surrogateName(surrogate)} is among them)`,
      );
    }
  }
}
