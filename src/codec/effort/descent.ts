/**
 * Gradient descent on the latents of one tile, through surrogates of rounding whose temperature falls. Steps are Adam's (Kingma, Ba, "Adam: A Method
 * for Stochastic Optimization", ICLR 2015), on arrays. Latents are in quantization steps, gradients in bits per step.
 */
import { arrayOf, CounterRandom, type FloatArray, scalarArray, scalarOf } from "../../engine/index.ts";
import { freeArrays } from "../../free-arrays.ts";
import { type LatentSurrogates, latentNames } from "./latent-objective.ts";
import type { OpenObjective } from "./objective-sessions.ts";

/** How latents are moved. Nothing in it depends on how many iterations there will be, so a longer descent begins as a shorter one. */
export interface DescentSettings {
  readonly surrogates: LatentSurrogates;
  /** Temperatures of the first iteration and after very many. */
  readonly temperature: { readonly from: number; readonly to: number };
  /** How far an element goes in a first step whose gradient stays the same, in quantization steps. */
  readonly rate: number;
  /** Iterations after which the rate is half of what it was, and the temperature half the way down: both fall as 1 / (1 + iteration / halfLife). */
  readonly halfLife: number;
  /** Elements whose gradients are small beside this, in bits per quantization step, make smaller steps than that. */
  readonly epsilon: number;
}

/** What a {@link Descent} needs beside its settings. */
export interface DescentOptions {
  readonly settings: DescentSettings;
  /** All inputs of the graph but y, noise and temperature. */
  readonly feeds: ReadonlyMap<string, FloatArray>;
  /** Noise follows from it. */
  readonly seed: number;
  /** Awaited before every iteration; what it throws ends the descent. */
  readonly beforeEach: () => Promise<void>;
  /** Is told what an iteration started from: bits and weighted error through the surrogates. */
  readonly onIteration?: ((loss: SurrogateLoss) => void) | undefined;
}

/** The loss that is lowered, as the surrogates see it. */
export interface SurrogateLoss {
  readonly iteration: number;
  readonly bits: number;
  /** What the error of the pixels costs, in bits. */
  readonly error: number;
}

/** A descent that can be halted, looked at, and continued. */
export class Descent {
  readonly #open: OpenObjective;
  readonly #y: FloatArray;
  readonly #options: DescentOptions;
  readonly #random: CounterRandom;
  readonly #noise: readonly { readonly stream: number; readonly array: FloatArray }[];
  readonly #feeds: Map<string, FloatArray>;
  #adam: Adam;
  #iteration = 0;
  /** By what temperature and rate are multiplied. */
  #scale = 1;

  /** @param y as the graph takes it, moved in place */
  constructor(open: OpenObjective, y: FloatArray, options: DescentOptions) {
    this.#open = open;
    this.#y = y;
    this.#options = options;
    this.#random = new CounterRandom(options.seed);
    this.#feeds = new Map(options.feeds);
    this.#feeds.set(latentNames.y, y);
    this.#noise = open.objective.noise.map(({ input, shape, stream }) => {
      const array = { data: new Float32Array(shape.reduce((product, size) => product * size, 1)), shape };
      this.#feeds.set(input, array);
      return { stream, array };
    });
    this.#adam = new Adam(y.data.length, options.settings.epsilon);
  }

  /** Makes so many iterations more. */
  async run(iterations: number): Promise<void> {
    const { settings, beforeEach, onIteration } = this.#options;
    const { session } = this.#open;
    const { temperature, rate, halfLife } = settings;
    for (const end = this.#iteration + iterations; this.#iteration < end; this.#iteration++) {
      await beforeEach();
      const iteration = this.#iteration;
      const part = 1 / (1 + iteration / halfLife);
      const now = this.#scale * (temperature.to + (temperature.from - temperature.to) * part);
      this.#feeds.set(latentNames.temperature, scalarArray(now));
      for (const { stream, array } of this.#noise) this.#random.fillUniform(array.data, iteration, stream);
      const found = await session.run(this.#feeds);
      const { data } = arrayOf(found, latentNames.gradient);
      onIteration?.({
        iteration,
        bits: scalarOf(found, latentNames.bits),
        error: scalarOf(found, latentNames.error),
      });
      this.#adam.step(this.#y.data, data, this.#scale * rate * part);
      freeArrays([data]);
    }
  }

  /** Goes on from other latents, at half the temperature and with half the steps. */
  restart(y: Float32Array): void {
    this.#y.data.set(y);
    this.#scale /= 2;
    this.#adam = new Adam(y.length, this.#options.settings.epsilon);
  }
}

const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;

/** Adam on one array. */
class Adam {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #epsilon: number;
  #steps = 0;

  constructor(length: number, epsilon: number) {
    this.#first = new Float32Array(length);
    this.#second = new Float32Array(length);
    this.#epsilon = epsilon;
  }

  step(values: Float32Array, gradient: Float32Array, rate: number): void {
    this.#steps++;
    const [first, second, epsilon] = [this.#first, this.#second, this.#epsilon];
    const firstScale = rate / (1 - FIRST_DECAY ** this.#steps);
    const secondScale = 1 / (1 - SECOND_DECAY ** this.#steps);
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i]!;
      const mean = FIRST_DECAY * first[i]! + (1 - FIRST_DECAY) * slope;
      const power = SECOND_DECAY * second[i]! + (1 - SECOND_DECAY) * slope * slope;
      first[i] = mean;
      second[i] = power;
      values[i] = values[i]! - (firstScale * mean) / (Math.sqrt(power * secondScale) + epsilon);
    }
  }
}
