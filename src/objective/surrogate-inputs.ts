/**
 * What the surrogates of a graph ask for: inputs for noise, for temperatures and for the switch to the second stage. They are
 * scalars or noise, so one static graph serves a whole annealed run. Which values they get is for whoever runs the graph: training follows
 * its schedules, the laboratory draws.
 */
import { graphInput, type Shape, type Tensor } from "../engine/index.ts";
import type { TrainOptions } from "../networks/index.ts";
import type { Dither, QuantizePath, SurrogateChoice } from "../quantize/index.ts";
import { inputNames } from "./input-names.ts";

/** The surrogates of a graph. */
export interface SurrogateChoices {
  /** What the entropy model sees. */
  readonly rate: SurrogateChoice;
  /** What the decoder sees. */
  readonly distortion: SurrogateChoice;
  /** Whether the graph has the switch to a second stage, in which both paths round and the encoder stays; no by default. */
  readonly hasSecondStage?: boolean;
}

/** Real rounding on both paths: the codec itself. */
export const ROUNDING: SurrogateChoices = { rate: "ste", distortion: "ste" };

/** A noise input of the graph: fed with uniform values in (-1/2, 1/2). */
export interface NoiseInput {
  /** Name of the graph input. */
  readonly input: string;
  readonly shape: Shape;
  /** Which stream of random numbers fills it in training. Part of what makes runs repeat: noise for each element counts from 0. */
  readonly stream: number;
}

/** The part of a network's options that chooses surrogates. */
export type SurrogateOptions = Pick<TrainOptions, "rate" | "distortion" | "noise" | "temperature" | "hard">;

/** Streams of noise that is shared by all elements of an image; far above those of noise for each element. */
const FIRST_SHARED_STREAM = 2 ** 16;

/** Collects the inputs of one graph while its network is built. */
export class SurrogateInputs {
  /** What the network takes; asking it for noise or temperatures adds inputs. */
  readonly options: SurrogateOptions;
  /** The switch to the second stage; null in training of one stage. */
  readonly hard: Tensor | null;
  readonly #noise: NoiseInput[] = [];
  readonly #temperatures = new Map<QuantizePath, Tensor>();

  constructor({ rate, distortion, hasSecondStage = false }: SurrogateChoices) {
    this.hard = hasSecondStage ? graphInput(inputNames.hard, []) : null;
    this.options = {
      rate,
      distortion,
      ...(this.hard === null ? {} : { hard: this.hard }),
      noise: (latent, shape, dither) => this.#addNoise(latent, shape, dither),
      temperature: (path) => {
        const made = this.#temperatures.get(path) ?? graphInput(inputNames.temperature(path), []);
        this.#temperatures.set(path, made);
        return made;
      },
    };
  }

  /** The noise inputs, in the order in which the network asked for them. */
  get noise(): readonly NoiseInput[] {
    return this.#noise;
  }

  /** The paths whose surrogates have a temperature, in the order in which the network asked for it. */
  get temperatures(): readonly QuantizePath[] {
    return [...this.#temperatures.keys()];
  }

  #addNoise(latent: string, shape: Shape, dither: Dither): Tensor {
    const isShared = dither === "shared";
    const before = this.#noise.filter(({ stream }) => stream >= FIRST_SHARED_STREAM === isShared).length;
    const input = inputNames.noise(latent, dither);
    this.#noise.push({ input, shape, stream: before + (isShared ? FIRST_SHARED_STREAM : 0) });
    return graphInput(input, shape);
  }
}
