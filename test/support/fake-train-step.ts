/**
 * A training step of a few lines of arithmetic, for tests of the loop. Like the state of the real one, its state depends on every
 * batch, every learning rate and noise keyed by (seed, step). So a lost, repeated or reordered step changes all that follows.
 */
import type { FloatArray } from "../../src/engine/index.ts";
import { CounterRandom } from "../../src/engine/random.ts";
import type { TrainConfig } from "../../src/train/config.ts";
import type { BatchSource, ValidationSource } from "../../src/train/loop.ts";
import { parseConfig } from "../../src/train/parse-config.ts";
import type { TrainState, TrainStep, TrainStepResult } from "../../src/train/train-step.ts";

const NAMES = ["g_a.0.weight", "h_s.bias"] as const;
const SIZE = 3;

/** Ways for a fake step to misbehave, by step number. */
export interface FakeTrouble {
  /** From this step on, the weights are NaN. */
  readonly nanWeightsAt?: number;
  /** At this step the loss is multiplied by 10^6. */
  readonly explodeAt?: number;
  /** At this step `run` rejects. */
  readonly failAt?: number;
  /** Real time that a step takes, so that a test can interrupt it. Default 0. */
  readonly milliseconds?: number;
}

/** The step. Weights approach the mean of the batch, with momentum and noise. */
export class FakeTrainStep implements TrainStep {
  readonly #random: CounterRandom;
  readonly #trouble: FakeTrouble;
  #state: Record<keyof TrainState, Map<string, Float32Array>>;
  /** Steps that were run, in order. */
  readonly ran: number[] = [];
  readonly learningRates: number[] = [];
  evaluations = 0;
  #isRunning = false;

  constructor(seed: number, trouble: FakeTrouble = {}) {
    this.#random = new CounterRandom(seed);
    this.#trouble = trouble;
    const fill = (value: number): Map<string, Float32Array> =>
      new Map(NAMES.map((name) => [name, new Float32Array(SIZE).fill(value)]));
    this.#state = { weights: fill(1), firstMoments: fill(0), secondMoments: fill(0), ema: fill(1) };
  }

  async run(batch: Float32Array, step: number, learningRate: number): Promise<TrainStepResult> {
    if (this.#isRunning) throw new Error("internal: calls overlap");
    this.#isRunning = true;
    const before = batch.reduce((sum, value, index) => sum + value * (index + 1), 0);
    await new Promise((resolve) => setTimeout(resolve, this.#trouble.milliseconds ?? 0));
    if (before !== batch.reduce((sum, value, index) => sum + value * (index + 1), 0)) {
      throw new Error("internal: the batch changed while the step was running");
    }
    this.#isRunning = false;
    if (step === this.#trouble.failAt) throw new Error("the device is gone");
    this.ran.push(step);
    this.learningRates.push(learningRate);
    const noise = new Float32Array(SIZE);
    const { weights, firstMoments, secondMoments, ema } = this.#state;
    let meanSquaredError = 0;
    for (const [index, name] of NAMES.entries()) {
      this.#random.fillUniform(noise, step, index);
      const [w, m, v, e] = [weights, firstMoments, secondMoments, ema].map(
        (part) => part.get(name) as Float32Array,
      ) as [Float32Array, Float32Array, Float32Array, Float32Array];
      for (let i = 0; i < SIZE; i++) {
        const gradient = w[i]! - batch[i]! + 0.1 * noise[i]!;
        meanSquaredError += gradient ** 2 / (NAMES.length * SIZE);
        m[i] = 0.9 * m[i]! + 0.1 * gradient;
        v[i] = 0.99 * v[i]! + 0.01 * gradient ** 2;
        w[i] = w[i]! - learningRate * m[i]!;
        if (step >= (this.#trouble.nanWeightsAt ?? Number.POSITIVE_INFINITY)) w[i] = Number.NaN;
        e[i] = 0.9 * e[i]! + 0.1 * w[i]!;
      }
    }
    const factor = step === this.#trouble.explodeAt ? 1e6 : 1;
    return { loss: factor * (1 + meanSquaredError), bitsPerPixel: 1, meanSquaredError, gradientNorm: 0.5 };
  }

  async evaluate(batch: Float32Array, count: number, size: number): Promise<TrainStepResult> {
    if (batch.length !== count * 3 * size * size) throw new RangeError("internal: wrong validation batch");
    this.evaluations++;
    const meanSquaredError = ((this.#state.ema.get(NAMES[0])?.[0] ?? 0) - batch[0]!) ** 2;
    return { loss: 1 + meanSquaredError, bitsPerPixel: 1, meanSquaredError, gradientNorm: 0 };
  }

  async exportState(): Promise<TrainState> {
    const copy = (part: Map<string, Float32Array>): Map<string, FloatArray> =>
      new Map([...part].map(([name, data]) => [name, { shape: [1, SIZE], data: data.slice() }]));
    const { weights, firstMoments, secondMoments, ema } = this.#state;
    return {
      weights: copy(weights),
      firstMoments: copy(firstMoments),
      secondMoments: copy(secondMoments),
      ema: copy(ema),
    };
  }

  async importState(state: TrainState): Promise<void> {
    const copy = (part: ReadonlyMap<string, FloatArray>): Map<string, Float32Array> =>
      new Map(NAMES.map((name) => [name, (part.get(name) as FloatArray).data.slice()]));
    this.#state = {
      weights: copy(state.weights),
      firstMoments: copy(state.firstMoments),
      secondMoments: copy(state.secondMoments),
      ema: copy(state.ema),
    };
  }

  async dispose(): Promise<void> {
    this.#state = { weights: new Map(), firstMoments: new Map(), secondMoments: new Map(), ema: new Map() };
  }
}

/** Batches of noise keyed by the step. */
export function fakeBatches(seed: number): BatchSource {
  const random = new CounterRandom(seed);
  return { fill: (step, out) => random.fillUniform(out, step, 0x80000000, 0, 1) };
}

/** Eleven small validation images. */
export const fakeValidation: ValidationSource = {
  count: 11,
  size: 2,
  read: (first, count) => new Float32Array(count * 12).fill(first / 16),
};

/** A configuration for short runs: 30 steps, checkpoints every 7, validation every 10. */
export function fakeConfig(overrides: readonly string[] = []): TrainConfig {
  return parseConfig('{"data":"d","batch":1,"steps":30,"checkpointEvery":7,"validateEvery":10}', [
    "optimizer.warmupSteps=3",
    "optimizer.learningRate=0.1",
    ...overrides,
  ]);
}
