/** What the laboratory feeds to the inputs of surrogates: noise of one draw, and temperatures along a surrogate's annealing. */
import { type CounterRandom, type FloatArray, scalarArray, zeros } from "../../engine/index.ts";
import { inputNames } from "../../objective/input-names.ts";
import type { SurrogateInputs } from "../../objective/surrogate-inputs.ts";
import { resolveSurrogate, surrogateName, temperatureProblem } from "../../quantize/index.ts";
import type { SurrogatePair } from "./surrogate-pairs.ts";

/** Names and arrays, ready for the feeds of a graph. */
export type NamedFeeds = readonly (readonly [string, FloatArray])[];

/** What draws noise for a graph: one set of arrays, which each draw fills anew. */
export function noiseDrawer({
  noise,
}: SurrogateInputs): (random: CounterRandom, step: number, firstStream: number) => NamedFeeds {
  const feeds = noise.map(({ input, shape }) => [input, zeros(shape)] as const);
  return (random, step, firstStream) => {
    feeds.forEach(([, { data }], i) => {
      random.fillUniform(data, step, firstStream + i);
    });
    return feeds;
  };
}

/**
 * Temperatures at a part `done` of a run, from 0 to 1: falling exponentially along the surrogate's annealing.
 * @param fixed for every path, in place of that
 */
export function temperatureFeeds(
  { temperatures, options }: SurrogateInputs,
  done: number,
  fixed: number | undefined,
): NamedFeeds {
  return temperatures.map((path) => {
    const range = resolveSurrogate(options[path], path).surrogate.temperature;
    if (range === null) throw new Error(`internal: a temperature for the ${path} path, whose surrogate has none`);
    const { from, to } = range.anneal;
    return [inputNames.temperature(path), scalarArray(fixed ?? from * (to / from) ** done)];
  });
}

/**
 * Checks one temperature for all surrogates of some pairs that have one.
 *
 * @throws {RangeError} naming the first surrogate that does not take it.
 */
export function checkTemperature(pairs: readonly SurrogatePair[], temperature: number): void {
  for (const { rate, distortion } of pairs) {
    for (const { surrogate } of [resolveSurrogate(rate, "rate"), resolveSurrogate(distortion, "distortion")]) {
      const problem = surrogate.temperature === null ? null : temperatureProblem(surrogate, temperature);
      if (problem !== null) {
        throw new RangeError(
          `temperature: got ${temperature}, expected ${problem}; name the pairs that it is for (${surrogateName(surrogate)} is among them)`,
        );
      }
    }
  }
}
