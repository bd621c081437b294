/**
 * The inputs that the surrogates of a graph ask for: noise, temperatures, concentrations, and the switch to the second stage. They are scalars or noise,
 * so one static graph serves a whole annealed run. Whoever runs the graph chooses their values: training follows its schedules, the laboratory draws.
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
  /** The paths whose noise has a concentration of its own, which does not follow from the temperature. Default: none. */
  readonly concentrated?: readonly QuantizePath[];
  /** Whether the graph has the switch to a second stage, in which both paths round and the encoder stands still. Default false. */
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
export type SurrogateOptions = Pick<
  TrainOptions,
  "rate" | "distortion" | "noise" | "temperature" | "concentration" | "hard"
>;

/** Streams of noise that is shared by all elements of an image; far above those of noise for each element. */
const FIRST_SHARED_STREAM = 2 ** 16;
/** Streams of the second number of each kind, above those of the first: one experiment's noise does not move with another's. */
const FIRST_SECOND_STREAM = 2 ** 17;

/** Collects the inputs of one graph while its network is built. */
export class SurrogateInputs {
  /** The options for the network. When it asks them for noise, a temperature or a concentration, an input is added. */
  readonly options: SurrogateOptions;
  /** The switch to the second stage; null in training of one stage. */
  readonly hard: Tensor | null;
  readonly #noise: NoiseInput[] = [];
  readonly #temperatures = new Map<QuantizePath, Tensor>();
  readonly #concentrations = new Map<QuantizePath, Tensor>();

  constructor({ rate, distortion, concentrated = [], hasSecondStage = false }: SurrogateChoices) {
    this.hard = hasSecondStage ? graphInput(inputNames.hard, []) : null;
    this.options = {
      rate,
      distortion,
      ...(this.hard === null ? {} : { hard: this.hard }),
      noise: (latent, shape, dither, number = 1) => this.#addNoise(latent, shape, dither, number),
      temperature: (path) => {
        const made = this.#temperatures.get(path) ?? graphInput(inputNames.temperature(path), []);
        this.#temperatures.set(path, made);
        return made;
      },
      concentration: (path) => {
        if (!concentrated.includes(path)) return null;
        const made = this.#concentrations.get(path) ?? graphInput(inputNames.concentration(path), []);
        this.#concentrations.set(path, made);
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

  /** The paths whose surrogates have a concentration of their own, in the order in which the network asked for it. */
  get concentrations(): readonly QuantizePath[] {
    return [...this.#concentrations.keys()];
  }

  #addNoise(latent: string, shape: Shape, dither: Dither, number: 1 | 2): Tensor {
    const first = (dither === "shared" ? FIRST_SHARED_STREAM : 0) + (number === 2 ? FIRST_SECOND_STREAM : 0);
    const before = this.#noise.filter(({ stream }) => stream >= first && stream < first + FIRST_SHARED_STREAM).length;
    const input = inputNames.noise(latent, dither);
    this.#noise.push({ input, shape, stream: before + first });
    return graphInput(input, shape);
  }
}
