/**
 * What the surrogates of a configuration ask of a training graph: inputs for noise, for temperatures and for the switch to the
 * second stage. The inputs are scalars or noise, so one static graph serves a whole annealed run.
 */

import type { Shape } from "../engine/index.ts";
import { graphInput, type Tensor } from "../engine/index.ts";
import type { TrainOptions } from "../networks/index.ts";
import type { QuantizePath } from "../quantize/index.ts";
import type { TrainConfig } from "./config.ts";
import { readSurrogate, type SurrogatePairConfig } from "./surrogate-config.ts";
import { temperatureAt } from "./temperature.ts";

/** A noise input of the graph: fed with uniform values in (-1/2, 1/2). */
export interface NoiseInput {
  /** Name of the graph input. */
  readonly input: string;
  readonly shape: Shape;
  /** Which stream of random numbers fills it. Part of what makes runs repeat: noise for each element counts from 0. */
  readonly stream: number;
}

/** A scalar input of the graph whose value follows from the step alone. */
export interface ScheduledInput {
  /** Name of the graph input. */
  readonly input: string;
  /** Its value at a step, which counts from 0. */
  valueAt(step: number): number;
}

/** Streams of noise that is shared by all elements of an image; far above those of noise for each element. */
const FIRST_SHARED_STREAM = 2 ** 16;

/** Collects the inputs of one graph while its network is built. */
export class SurrogateInputs {
  /** What the network takes; asking it for noise or temperatures adds inputs. */
  readonly options: TrainOptions;
  /** 1 in the second stage of two-stage training, else 0; null in training of one stage. */
  readonly hard: Tensor | null;
  readonly #noise: NoiseInput[] = [];
  readonly #scheduled: ScheduledInput[] = [];
  readonly #temperatures = new Map<QuantizePath, Tensor>();

  /** @param pair the surrogates to build with: those of the configuration, or real rounding for an evaluation. */
  constructor(config: TrainConfig, pair: SurrogatePairConfig) {
    const { hardFrom } = pair;
    this.hard =
      hardFrom === undefined ? null : this.#schedule("hard", (step) => Number(step >= hardFrom * config.steps));
    const surrogates = { rate: readSurrogate(pair.rate), distortion: readSurrogate(pair.distortion) };
    this.options = {
      rate: surrogates.rate.choice,
      distortion: surrogates.distortion.choice,
      zeroCenter: config.zeroCenter,
      partialStopGradient: config.partialStopGradient,
      scaleBound: config.scaleBound,
      ...(this.hard === null ? {} : { hard: this.hard }),
      noise: (name, shape) => this.#addNoise(name, shape),
      temperature: (path) => {
        const { temperature } = surrogates[path];
        if (temperature === null) throw new Error(`internal: the surrogate of the ${path} path has no temperature`);
        const known = this.#temperatures.get(path);
        if (known !== undefined) return known;
        const made = this.#schedule(`temperature/${path}`, (step) => temperatureAt(step, config.steps, temperature));
        this.#temperatures.set(path, made);
        return made;
      },
    };
  }

  get noise(): readonly NoiseInput[] {
    return this.#noise;
  }

  get scheduled(): readonly ScheduledInput[] {
    return this.#scheduled;
  }

  #schedule(input: string, valueAt: (step: number) => number): Tensor {
    this.#scheduled.push({ input, valueAt });
    return graphInput(input, []);
  }

  #addNoise(name: string, shape: Shape): Tensor {
    const isShared = name.endsWith("/shared");
    const before = this.#noise.filter(({ stream }) => stream >= FIRST_SHARED_STREAM === isShared).length;
    const input = `noise/${name}`;
    this.#noise.push({ input, shape, stream: before + (isShared ? FIRST_SHARED_STREAM : 0) });
    return graphInput(input, shape);
  }
}
