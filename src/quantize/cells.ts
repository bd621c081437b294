/**
 * The unit cell between two integers, which all annealed surrogates work in: the place of a latent in it, and soft steps from its
 * lower to its upper end. Everything is safe in float32: no value or derivative is infinite or NaN at integers, at half-integers, or at any temperature
 * that a surrogate takes.
 */
import {
  abs,
  add,
  divide,
  exp,
  floor,
  greater,
  greaterOrEqual,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  type Operand,
  select,
  square,
  subtract,
  type Tensor,
  withGradient,
} from "../engine/index.ts";

/**
 * At this temperature and below, a surrogate is exactly its limit. The inverse of 2^-20, and the square of that, are far from the ends of float32. Only one
 * latent in a million is so near to a half-integer that the difference shows.
 */
export const LOWEST_TEMPERATURE: number = 2 ** -20;

/**
 * The published clip of the arguments of atanh is 1 - 1e-5. We clip r to 1e-5 .. 1 - 1e-5 instead, which clips both arguments
 * and moves the unclipped one by at most 1e-5. Within 1e-5 of an integer no gradient flows.
 */
const CELL_MARGIN = 1e-5;

/**
 * The noise's logarithms stop this near to the ends. float32 has its last number below 1/2 there (2^-26 would be rounded away), and
 * training's outermost draws lie there. So in training this changes only noise of exactly 1/2.
 */
export const NOISE_MARGIN: number = 2 ** -25;

/** A latent's lower integer and its place above it. Gradients flow through `rest` only. */
export interface Cell {
  /** floor(y). */
  readonly lower: Tensor;
  /** r = y - floor(y), in [0, 1]; 1 only where float32 cannot hold the difference. */
  readonly rest: Tensor;
}

/** The cell of a latent. */
export function cellOf(latent: Tensor): Cell {
  const lower = floor(latent);
  return { lower, rest: subtract(latent, lower) };
}

/** A temperature as a scalar tensor, not below {@link LOWEST_TEMPERATURE}. */
export function boundedTemperature(temperature: Operand): Tensor {
  return maximum(temperature, LOWEST_TEMPERATURE);
}

/** Whether a temperature is so low that the limit applies: a scalar mask. */
export function isLowest(temperature: Operand): Tensor {
  return greaterOrEqual(LOWEST_TEMPERATURE, temperature);
}

/**
 * atanh(r) - atanh(1 - r): how much nearer the upper end is than the lower one, on the scale of Yang, Bamler and Mandt (2020).
 * Rises from -6.1 at 0 to 6.1 at 1, and is 0 at 1/2. As logarithms: half of log(r (1 + r)) - log((1 - r) (2 - r)).
 */
export function cellLogit(rest: Tensor): Tensor {
  const inside = minimum(maximum(rest, CELL_MARGIN), 1 - CELL_MARGIN);
  const towardsUpper = log(multiply(inside, add(inside, 1)));
  const towardsLower = log(multiply(subtract(1, inside), subtract(2, inside)));
  return multiply(subtract(towardsUpper, towardsLower), 0.5);
}

/** d/dr of {@link cellLogit}: 1 / (1 - r^2) + 1 / (1 - (1 - r)^2); at most 5e4 by the clip. */
export function cellLogitSlope(rest: Tensor): Tensor {
  const inside = minimum(maximum(rest, CELL_MARGIN), 1 - CELL_MARGIN);
  return add(divide(1, subtract(1, square(inside))), divide(1, multiply(inside, subtract(2, inside))));
}

/** From uniform noise in (-1/2, 1/2) to the standard logistic distribution: the difference of two Gumbel variables. */
export function logisticNoise(noise: Tensor): Tensor {
  const bounded = minimum(maximum(noise, NOISE_MARGIN - 0.5), 0.5 - NOISE_MARGIN);
  return subtract(log(add(bounded, 0.5)), log(subtract(0.5, bounded)));
}

/**
 * 1 / (1 + exp(-x)). onnxruntime's Sigmoid s has an absolute error of 1e-7, so s (1 - s) never vanishes, and a division by a small
 * temperature would make a false gradient of it. Here s and 1 - s keep their relative precision.
 */
export function softStep(x: Tensor): Tensor {
  const power = exp(negate(abs(x)));
  const larger = divide(1, add(power, 1));
  const value = select(greaterOrEqual(x, 0), larger, multiply(power, larger));
  return withGradient(value, [x], (gradient) => [multiply(gradient, multiply(power, square(larger)))]);
}

/** The derivative of {@link softStep}. */
export function softStepSlope(x: Tensor): Tensor {
  const power = exp(negate(abs(x)));
  return divide(power, square(add(power, 1)));
}

/** 1 where |r - 1/2| < T / 2, else 0: where rounding after noise of width T can go either way. */
export function isUndecided(rest: Tensor, temperature: Operand): Tensor {
  const excess = subtract(multiply(temperature, 0.5), abs(subtract(rest, 0.5)));
  return greater(excess, 0);
}
