/**
 * Gradient descent on the latents of one tile, through surrogates of rounding whose temperature falls. Steps are Adam's (Kingma, Ba, "Adam: A Method
 * for Stochastic Optimization", ICLR 2015), on arrays. Latents are in quantization steps, gradients in bits per step.
 */
import { arrayOf, CounterRandom, type FloatArray, scalarArray, scalarOf } from "../../engine/index.ts";
import { inputNames } from "../../objective/input-names.ts";
import { type LatentSurrogates, latentNames } from "./latent-objective.ts";
import type { OpenObjective } from "./objective-sessions.ts";

/** How latents are moved. */
export interface DescentSettings {
  readonly surrogates: LatentSurrogates;
  /** Temperatures at the beginning and at the end, between which they fall exponentially. */
  readonly temperature: { readonly from: number; readonly to: number };
  /** How far an element goes in a step whose gradient stays the same, in quantization steps; falls to a tenth in the second half. */
  readonly rate: number;
  /** Elements whose gradients are small beside this, in bits per quantization step, make smaller steps than that. */
  readonly epsilon: number;
}

/** What {@link descend} does. */
export interface DescentOptions {
  readonly settings: DescentSettings;
  readonly iterations: number;
  /** All inputs of the graph but y, noise and temperatures. */
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
  /** Squared error in bits, by the weights of the pixels. */
  readonly error: number;
}

/** What the rate falls to. */
const LAST_RATE = 0.1;

/** Moves y, `[1, M, h, w]`, in place. */
export async function descend(
  { objective, session }: OpenObjective,
  y: FloatArray,
  options: DescentOptions,
): Promise<void> {
  const { settings, iterations, seed, beforeEach, onIteration } = options;
  const { from, to } = settings.temperature;
  const adam = new Adam(y.data.length, settings.epsilon);
  const random = new CounterRandom(seed);
  const noise = objective.noise.map(({ input, shape, stream }) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    return { input, stream, array: { data, shape } };
  });
  const feeds = new Map(options.feeds);
  feeds.set(latentNames.y, y);
  for (const { input, array } of noise) feeds.set(input, array);
  for (let iteration = 0; iteration < iterations; iteration++) {
    await beforeEach();
    const part = iteration / iterations;
    const temperature = scalarArray(from * (to / from) ** part);
    for (const path of objective.temperatures) feeds.set(inputNames.temperature(path), temperature);
    for (const { stream, array } of noise) random.fillUniform(array.data, iteration, stream);
    const found = await session.run(feeds);
    const { data } = arrayOf(found, latentNames.gradient);
    onIteration?.({
      iteration,
      bits: scalarOf(found, latentNames.bits),
      error: scalarOf(found, latentNames.error),
    });
    adam.step(y.data, data, settings.rate * LAST_RATE ** Math.max(0, 2 * part - 1));
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
