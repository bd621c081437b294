/**
 * The optimizer step, as part of the training graph: Adam (Kingma & Ba 2015), or for kernels Muon (`muon.ts`) where that is asked for,
 * with global-norm clipping, decoupled weight decay of kernels and an exponential moving average of the weights. Adam's bias corrections
 * are folded into two scalars that are fed each step, so that every weight costs as few passes over memory as the algebra allows:
 *   w' = w - [rate sqrt(1 - b2^t) / (1 - b1^t)] m' / (sqrt(v') + epsilon sqrt(1 - b2^t))
 * Weight decay (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2019) puts (1 - rate * weightDecay) w in the place of w.
 * Design: docs/decisions/0014-optimizers.md.
 */
import { add, constant, divide, minimum, multiply, reduceSum, sqrt, subtract, type Tensor } from "../engine/index.ts";
import type { TrainConfig } from "./config.ts";
import { muonStep } from "./muon.ts";

/** A weight and its moments before a step, or after it. */
export interface AdamSlot {
  readonly weight: Tensor;
  readonly firstMoment: Tensor;
  /** Null for a weight that Muon updates. */
  readonly secondMoment: Tensor | null;
  /** Null when averaging is off. */
  readonly average: Tensor | null;
  /** The part of the configured weight decay that acts, shape []: 1, or 0 while the weight must stay. Null for none. */
  readonly decay: Tensor | null;
}

/** The new value of a slot after a step. */
export type NextSlot = Omit<AdamSlot, "decay">;

/** Scalars that change from step to step. */
export interface AdamScalars {
  /** rate sqrt(1 - b2^t) / (1 - b1^t), shape []. */
  readonly stepSize: Tensor;
  /** epsilon sqrt(1 - b2^t), shape []. */
  readonly epsilon: Tensor;
  /** The learning rate itself, shape []; for Muon and weight decay. */
  readonly rate: Tensor;
  /** Decay of the moving average at this step, shape []. */
  readonly averageDecay: Tensor;
}

/** The values of {@link AdamScalars} for a step. */
export interface AdamScalarValues {
  readonly stepSize: number;
  readonly epsilon: number;
  readonly rate: number;
  readonly averageDecay: number;
}

/**
 * Scalars of the step that is number `step` (from 0). The average's decay is min(emaDecay, (1 + t) / (10 + t)), so that
 * early averages forget the initial weights.
 */
export function adamScalars(config: TrainConfig, step: number, learningRate: number): AdamScalarValues {
  const { beta1, beta2, epsilon } = config.optimizer;
  const t = step + 1;
  const correction = Math.sqrt(1 - beta2 ** t);
  return {
    stepSize: (learningRate * correction) / (1 - beta1 ** t),
    epsilon: epsilon * correction,
    rate: learningRate,
    averageDecay: Math.min(config.emaDecay, (1 + t) / (10 + t)),
  };
}

/** The slots after a step, and the norm of the whole gradient before clipping (shape []). */
export interface AdamUpdate {
  readonly slots: readonly NextSlot[];
  readonly gradientNorm: Tensor;
}

/** One step on all weights: by Muon for a weight without a second moment, otherwise by Adam. `gradients[i]` belongs to `slots[i]`. */
export function adamUpdate(
  slots: readonly AdamSlot[],
  gradients: readonly Tensor[],
  scalars: AdamScalars,
  config: TrainConfig,
): AdamUpdate {
  const { beta1, beta2, clipNorm, weightDecay = 0 } = config.optimizer;
  const squares = gradients.map((gradient) => multiply(gradient, gradient));
  const norm = sqrt(squares.map((square) => reduceSum(square)).reduce((sum, square) => add(sum, square), constant(0)));
  // The small term keeps 0/0 out of a step whose gradient vanishes.
  const clip = minimum(constant(1), divide(clipNorm, add(norm, 1e-12)));
  const toFirst = multiply(clip, 1 - beta1);
  const toSecond = multiply(multiply(clip, clip), 1 - beta2);
  const next = slots.map((slot, i) => {
    const gradient = gradients[i]!;
    const average = (weight: Tensor): Tensor | null =>
      slot.average === null ? null : add(weight, multiply(subtract(slot.average, weight), scalars.averageDecay));
    const start = decayed(slot, multiply(scalars.rate, weightDecay));
    if (slot.secondMoment === null) {
      const { firstMoment } = slot;
      const next = muonStep({ weight: start, firstMoment }, multiply(gradient, clip), scalars.rate);
      return { ...next, secondMoment: null, average: average(next.weight) };
    }
    const firstMoment = add(multiply(slot.firstMoment, beta1), multiply(gradient, toFirst));
    const secondMoment = add(multiply(slot.secondMoment, beta2), multiply(squares[i]!, toSecond));
    const direction = divide(firstMoment, add(sqrt(secondMoment), scalars.epsilon));
    const weight = subtract(start, multiply(direction, scalars.stepSize));
    return { weight, firstMoment, secondMoment, average: average(weight) };
  });
  return { slots: next, gradientNorm: norm };
}

/** The weight before it moves, smaller by the part `amount` (shape []) where it decays. */
function decayed({ weight, decay }: AdamSlot, amount: Tensor): Tensor {
  return decay === null ? weight : multiply(weight, subtract(1, multiply(amount, decay)));
}
