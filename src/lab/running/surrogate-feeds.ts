/** What the surrogates of a pair ask of a graph: inputs for noise and temperatures, collected while a network is built. */
import {
  type CounterRandom,
  elementCount,
  type FloatArray,
  graphInput,
  type Shape,
  type Tensor,
} from "../../engine/index.ts";
import type { TrainOptions } from "../../networks/index.ts";
import {
  findSurrogate,
  type QuantizePath,
  type Surrogate,
  type SurrogateChoice,
  surrogateName,
  temperatureProblem,
} from "../../quantize/index.ts";
import type { SurrogatePair } from "./surrogate-pairs.ts";

/** Names and arrays, ready for the feeds of a graph. */
export type NamedFeeds = readonly (readonly [string, FloatArray])[];

/** The surrogate that a choice stands for. */
export function surrogateOf(choice: SurrogateChoice): Surrogate {
  return typeof choice === "string" ? findSurrogate(choice) : findSurrogate(choice.id, choice.form);
}

/** The inputs of one graph. */
export class SurrogateFeeds {
  readonly #pair: Pick<SurrogatePair, "rate" | "distortion">;
  readonly #noise = new Map<string, FloatArray>();
  readonly #temperatures = new Map<QuantizePath, Tensor>();

  constructor(pair: Pick<SurrogatePair, "rate" | "distortion">) {
    this.#pair = pair;
  }

  /** The part of a network's options that chooses surrogates; asking it adds inputs. */
  get options(): Pick<TrainOptions, "rate" | "distortion" | "noise" | "temperature"> {
    return {
      rate: this.#pair.rate,
      distortion: this.#pair.distortion,
      noise: (name: string, shape: Shape) => {
        this.#noise.set(`noise/${name}`, { shape, data: new Float32Array(elementCount(shape)) });
        return graphInput(`noise/${name}`, shape);
      },
      temperature: (path: QuantizePath) => {
        const made = this.#temperatures.get(path) ?? graphInput(temperatureInput(path), []);
        this.#temperatures.set(path, made);
        return made;
      },
    };
  }

  /** Whether anything is random: without noise all draws are equal. */
  get hasNoise(): boolean {
    return this.#noise.size > 0;
  }

  /** Noise of one draw. The arrays are the same at every call and are filled anew. */
  noise(random: CounterRandom, step: number, firstStream: number): NamedFeeds {
    const entries = [...this.#noise];
    entries.forEach(([, { data }], i) => {
      random.fillUniform(data, step, firstStream + i);
    });
    return entries;
  }

  /**
   * Temperatures at a part `done` of a run, from 0 to 1: falling exponentially along the surrogate's annealing.
   * @param fixed for every path, in place of that
   */
  temperatures(done: number, fixed: number | undefined): NamedFeeds {
    return [...this.#temperatures.keys()].map((path) => {
      const range = surrogateOf(this.#pair[path]).temperature;
      if (range === null) throw new Error(`internal: a temperature for the ${path} path, whose surrogate has none`);
      const { from, to } = range.anneal;
      return [temperatureInput(path), scalarArray(fixed ?? from * (to / from) ** done)] as const;
    });
  }
}

/** A scalar as a feed. */
export function scalarArray(value: number): FloatArray {
  return { shape: [], data: Float32Array.of(value) };
}

function temperatureInput(path: QuantizePath): string {
  return `temperature/${path}`;
}

/**
 * Checks one temperature for all surrogates of some pairs that have one.
 *
 * @throws {RangeError} naming the first surrogate that does not take it.
 */
export function checkTemperature(pairs: readonly SurrogatePair[], temperature: number): void {
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
