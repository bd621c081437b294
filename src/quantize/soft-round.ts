/**
 * Soft rounding with noise (Agustsson & Theis, "Universally Quantized Neural Compression", NeurIPS 2020), a = 1 / T:
 *
 *   s_a(y) = m + tanh(a (y - m)) / (2 tanh(a / 2)), m = floor(y) + 1/2      soft rounding: identity for a -> 0, [y] for a -> inf
 *   r_a(z) = s_a^-1(z - 1/2) + 1/2                                          mean of Y given s_a(Y) + U = z for locally uniform Y
 *   y~ = r_a(s_a(y) + u)
 *
 * The rate needs no density of its own. Let F be the distribution function of the latent. The noisy variable z = s_a(y) + u then has the
 * density F(s_a^-1(z + 1/2)) - F(s_a^-1(z - 1/2)). Since s_a commutes with shifts by 1, s_a^-1(z + 1/2) = r_a(z) + 1/2 and
 * s_a^-1(z - 1/2) = r_a(z) - 1/2. So this is the mass of the unit interval around y~, which every density of this project takes anyway.
 * A test compares the two.
 *
 * Numerics. Everything happens inside the unit cell, so that large latents lose nothing. With x = 2 tanh(a/2) e for the offset e
 * of z - 1/2 in its cell, atanh(x) = log((1 + x) / (1 - x)) / 2 and J = sech^2(a (y - m)) / ((1 + x) (1 - x)) need both factors near 0,
 * where a difference would cancel: 1 + x = (1 - tanh(a/2)) + 2 tanh(a/2) (1/2 + e), and 1 - x likewise, with 1 - tanh(a/2) =
 * 2 / (exp(a) + 1). Both factors are bounded below by 2^-40, so that J stays below 1.1e12 and its square
 * within float32. Nothing is cut for T >= 1/27. Below that, rare huge slopes are cut, and the mean of J falls below s_a'(y).
 */
import {
  abs,
  add,
  divide,
  exp,
  floor,
  greaterOrEqual,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  type Operand,
  reciprocal,
  select,
  square,
  stopGradient,
  subtract,
  type Tensor,
  tanh,
  withGradient,
} from "../engine/index.ts";
import { boundedTemperature, cellOf, isLowest } from "./cells.ts";
import { roundHard } from "./hard.ts";
import type { ExpectedSlope, Surrogate, SurrogateContext, TemperatureRange } from "./surrogate.ts";

/**
 * From here up soft rounding counts as the identity, from which it differs by 2e-6 at most: less than float32 loses in the
 * quotients of small numbers that the formulas then are.
 */
const IDENTITY_TEMPERATURE = 100;
const SMALLEST_COMPLEMENT = 2 ** -40;

/** Temperatures of everything that is made of soft rounding with noise. */
export const SOFT_ROUND_TEMPERATURE: TemperatureRange = {
  lowest: 0,
  highest: 1e4,
  atLowest: "rounding, J = 0",
  atHighest: "`aun`",
  anneal: { from: 0.3, to: 0.1 },
};

interface Sharpness {
  /** a = 1 / T, within the bounds of this file. */
  readonly a: Tensor;
  /** tanh(a / 2). */
  readonly reach: Tensor;
  /** 1 - tanh(a / 2). */
  readonly margin: Tensor;
}

function sharpnessOf(temperature: Operand): Sharpness {
  const a = reciprocal(minimum(boundedTemperature(temperature), IDENTITY_TEMPERATURE));
  const power = exp(negate(a));
  return { a, reach: tanh(multiply(a, 0.5)), margin: divide(multiply(power, 2), add(power, 1)) };
}

/** Picks the limit where the temperature has reached it. */
function withLimits(temperature: Operand, low: Operand, between: Tensor, high: Operand): Tensor {
  const upper = select(greaterOrEqual(temperature, IDENTITY_TEMPERATURE), high, between);
  return select(isLowest(temperature), low, upper);
}

/** s_a(y) - m, in [-1/2, 1/2]. */
function softOffset(rest: Tensor, { a, reach }: Sharpness): Tensor {
  return divide(tanh(multiply(a, subtract(rest, 0.5))), multiply(reach, 2));
}

/** sech^2(a (y - m)), without cancellation. */
function bell(rest: Tensor, { a }: Sharpness): Tensor {
  const power = exp(multiply(multiply(a, -2), abs(subtract(rest, 0.5))));
  return divide(multiply(power, 4), square(add(power, 1)));
}

/** Soft rounding s_a(y), a = 1 / T, without gradient. The derivative is {@link softRoundSlope}. */
export function softRound(latent: Tensor, temperature: Operand): Tensor {
  const { lower, rest } = cellOf(stopGradient(latent));
  const between = add(lower, add(softOffset(rest, sharpnessOf(temperature)), 0.5));
  return withLimits(temperature, roundHard(latent), between, latent);
}

/** ds_a/dy = a sech^2(a (y - m)) / (2 tanh(a / 2)); its mean over a cell is 1. 0 at the lowest temperatures. */
export function softRoundSlope(latent: Tensor, temperature: Operand): Tensor {
  const sharpness = sharpnessOf(temperature);
  const { rest } = cellOf(stopGradient(latent));
  const peak = divide(sharpness.a, multiply(sharpness.reach, 2));
  return withLimits(temperature, 0, multiply(bell(rest, sharpness), peak), 1);
}

/** y~ = r_a(s_a(y) + u) with its pathwise derivative. */
export function noisySoftRound(latent: Tensor, context: SurrogateContext): Tensor {
  const { temperature, betweenLimits = false } = context;
  const noise = context.noise(latent.shape);
  const sharpness = sharpnessOf(temperature);
  const { lower, rest } = cellOf(stopGradient(latent));
  // s_a(y) + u - 1/2 lies `shift` cells above floor(y), -1 or 0, at the offset e from that cell's middle. float32 can round the
  // sum up to 1, where the next cell would begin and the value would jump.
  const inCells = add(softOffset(rest, sharpness), noise);
  const shift = minimum(floor(inCells), 0);
  const offset = subtract(subtract(inCells, shift), 0.5);
  const fromEdge = (distance: Tensor): Tensor =>
    maximum(add(multiply(multiply(sharpness.reach, 2), distance), sharpness.margin), SMALLEST_COMPLEMENT);
  const [fromLower, fromUpper] = [fromEdge(add(offset, 0.5)), fromEdge(subtract(0.5, offset))]; // 1 + x, 1 - x
  const inverse = multiply(log(divide(fromLower, fromUpper)), divide(0.5, sharpness.a)); // atanh(x) / a
  const inner = minimum(maximum(inverse, -0.5), 0.5);
  const between = add(lower, add(add(shift, 1), inner));
  const value = betweenLimits ? between : withLimits(temperature, roundHard(latent), between, add(latent, noise));
  return withGradient(value, [latent], (gradient) => {
    const slope = divide(bell(rest, sharpness), maximum(multiply(fromLower, fromUpper), SMALLEST_COMPLEMENT));
    return [multiply(gradient, betweenLimits ? slope : withLimits(temperature, 0, slope, 1))];
  });
}

/** d/dy E f(r_a(s_a(y) + u)) = s_a'(y) (f(y + 1/2) - f(y - 1/2)), because r_a(s_a(y) + 1/2) = y + 1/2. */
export function noisySoftRoundExpected(latent: Tensor, context: SurrogateContext): ExpectedSlope {
  const fixed = stopGradient(latent);
  return {
    weight: softRoundSlope(latent, context.temperature),
    lower: add(fixed, -0.5),
    upper: add(fixed, 0.5),
  };
}

/**
 * Forward r_a(s_a(y) + u). Given y, its mean is s_a(y) and the mean of its slope s_a'(y), which is 1 on the average over a cell.
 * Its noise power E (y~ - y)^2 over locally uniform y is 1/12 at every temperature.
 */
export const softRounding: Surrogate = {
  id: "soft-round",
  form: null,
  title: "soft rounding with noise",
  formula: "r_a(s_a(y) + u), a = 1 / T",
  slope: "pathwise, with mean s_a'(y); expected: s_a'(y) (f(y + 1/2) - f(y - 1/2))",
  source: "Agustsson, Theis, NeurIPS 2020",
  isReconstruction: false,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: SOFT_ROUND_TEMPERATURE,
  gradients: ["pathwise", "straight-through", "expected"],
  forward: noisySoftRound,
  expectedSlope: noisySoftRoundExpected,
};
