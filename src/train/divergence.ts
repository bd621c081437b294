/**
 * Noticing that training has gone wrong: numbers that are not finite, or a loss far above what it has lately been.
 */
import { HalfstepError } from "../errors.ts";
import type { TrainState, TrainStepResult } from "./train-step.ts";

/** Training has gone wrong: a HalfstepError "diverged" that also says where and how, apart from its message. */
export class DivergedError extends HalfstepError {
  /** The step, counted from 0. */
  readonly step: number;
  /** As "loss is NaN (first bad tensor: ...)". */
  readonly problem: string;

  constructor(step: number, problem: string, message: string) {
    super("diverged", message);
    this.step = step;
    this.problem = problem;
  }
}

/** Losses that the running median is taken over. */
const MEDIAN_WINDOW = 101;
/** A loss of more than this many medians is an explosion. */
const EXPLOSION_FACTOR = 100;
/** Losses needed before a median is trusted. */
const MEDIAN_MINIMUM = 11;

/** The first quantity of a result that is not finite, as "loss is NaN", or undefined. */
export function findNonFiniteResult(result: TrainStepResult): string | undefined {
  // The parts before their sum, so that the message names the cause.
  for (const name of ["bitsPerPixel", "meanSquaredError", "msSsim", "loss", "gradientNorm"] as const) {
    const value = result[name];
    if (value !== undefined && !Number.isFinite(value)) return `${name} is ${value}`;
  }
  return undefined;
}

/** The first tensor of a state with a value that is not finite, as `weights "name" holds NaN at 3`, or undefined. */
export function findNonFiniteTensor(state: TrainState): string | undefined {
  for (const part of ["weights", "firstMoments", "secondMoments", "ema"] as const) {
    for (const [name, { data }] of state[part]) {
      const index = data.findIndex((value) => !Number.isFinite(value));
      if (index >= 0) return `${part} "${name}" holds ${data[index]} at ${index}`;
    }
  }
  return undefined;
}

/** Watches the loss for explosions. */
export class LossWatch {
  readonly #recent: number[] = [];

  /** @param recent losses of earlier steps, oldest first, when a run is resumed. */
  constructor(recent: readonly number[] = []) {
    this.#recent.push(...recent.slice(-MEDIAN_WINDOW));
  }

  /**
   * Takes in a loss. @returns what is wrong with it, or undefined.
   * @param isWarmedUp whether an explosion is reported. During warm-up, losses jump.
   */
  add(loss: number, isWarmedUp: boolean): string | undefined {
    const sorted = [...this.#recent].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1];
    if (isWarmedUp && sorted.length >= MEDIAN_MINIMUM && median !== undefined && loss > EXPLOSION_FACTOR * median) {
      return `loss is ${loss}, more than ${EXPLOSION_FACTOR} times its recent median ${median}`;
    }
    this.#recent.push(loss);
    if (this.#recent.length > MEDIAN_WINDOW) this.#recent.shift();
    return undefined;
  }
}
