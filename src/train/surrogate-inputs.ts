/**
 * What the surrogates of a configuration ask of a training graph: inputs for noise, for temperatures and for the switch to the
 * second stage. The inputs are scalars or noise, so one static graph serves a whole annealed run.
 */

import type { Shape } from "../engine/index.ts";
import { graphInput, type Tensor } from "../engine/index.ts";
import type { TrainOptions } from "../networks/index.ts";
import type { TrainConfig } from "./config.ts";
import { readSurrogate, type SurrogatePairConfig } from "./surrogate-config.ts";
import { type TemperatureSchedule, temperatureAt } from "./temperature.ts";

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
/** Streams of the second number of each kind, above those of the first: one experiment's noise does not move with another's. */
const FIRST_SECOND_STREAM = 2 ** 17;

/** Collects the inputs of one graph while its network is built. */
export class SurrogateInputs {
  /** What the network takes; asking it for noise or temperatures adds inputs. */
  readonly options: TrainOptions;
  /** 1 in the second stage of two-stage training, else 0; null in training of one stage. */
  readonly hard: Tensor | null;
  readonly #noise: NoiseInput[] = [];
  readonly #scheduled: ScheduledInput[] = [];
  /** Scalars of a path that are made once, by the name of their input. */
  readonly #scalars = new Map<string, Tensor>();

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
        return this.#scalar(`temperature/${path}`, config.steps, temperature);
      },
      concentration: (path) => {
        const { concentration } = surrogates[path];
        return concentration === null ? null : this.#scalar(`concentration/${path}`, config.steps, concentration);
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

  #scalar(input: string, steps: number, schedule: TemperatureSchedule): Tensor {
    const made = this.#scalars.get(input) ?? this.#schedule(input, (step) => temperatureAt(step, steps, schedule));
    this.#scalars.set(input, made);
    return made;
  }

  #addNoise(name: string, shape: Shape): Tensor {
    const parts = name.split("/");
    const first =
      (parts.includes("shared") ? FIRST_SHARED_STREAM : 0) + (parts.includes("second") ? FIRST_SECOND_STREAM : 0);
    const before = this.#noise.filter(({ stream }) => stream >= first && stream < first + FIRST_SHARED_STREAM).length;
    const input = `noise/${name}`;
    this.#noise.push({ input, shape, stream: before + first });
    return graphInput(input, shape);
  }
}
