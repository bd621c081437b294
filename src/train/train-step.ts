/**
 * What the training loop needs of a training step, and nothing about how a step is computed. The graph and its session
 * stand behind this interface; tests of the loop put a few lines of arithmetic there.
 */
import type { FloatArray } from "../engine/index.ts";

/**
 * Everything that a step changes. All four maps have the same names and shapes, with these gaps: `ema` is empty when averaging is off,
 * `secondMoments` lacks the weights that Muon updates, and both moments lack frozen weights (`trained`).
 */
export interface TrainState {
  readonly weights: ReadonlyMap<string, FloatArray>;
  /** Adam's running mean of the gradient, or Muon's momentum, by weight. */
  readonly firstMoments: ReadonlyMap<string, FloatArray>;
  /** Adam's running mean of the squared gradient, by weight. */
  readonly secondMoments: ReadonlyMap<string, FloatArray>;
  /** Exponential moving average of the weights. */
  readonly ema: ReadonlyMap<string, FloatArray>;
}

/** What one step, or one evaluation, reports; averages over the batch. */
export interface TrainStepResult {
  /** bitsPerPixel + lambda * distortion (`distortion.ts`). */
  readonly loss: number;
  readonly bitsPerPixel: number;
  /** Of pixels scaled to 0..1. */
  readonly meanSquaredError: number;
  /** Only where the network is trained for it. */
  readonly msSsim?: number;
  /** Euclidean norm of the whole gradient before clipping; 0 for an evaluation. */
  readonly gradientNorm: number;
}

/** A network with its optimizer, on some device. Calls must not overlap. */
export interface TrainStep {
  /**
   * Takes one optimizer step. Noise is derived inside from (seed, step).
   * @param batch [batch, 3, crop, crop], 0..1; must stay unchanged until the promise settles. @param step counts from 0.
   */
  run(batch: Float32Array, step: number, learningRate: number): Promise<TrainStepResult>;
  /** Rate and distortion with real rounding and the averaged weights. @param batch [count, 3, size, size], 0..1. */
  evaluate(batch: Float32Array, count: number, size: number): Promise<TrainStepResult>;
  /** A copy of the state after the last completed step. */
  exportState(): Promise<TrainState>;
  /** Replaces the state. Throws when names or shapes differ from this network's. */
  importState(state: TrainState): Promise<void>;
  /** Frees the device's memory. The object cannot be used afterwards. */
  dispose(): Promise<void>;
}
