/**
 * Stochastic uniform annealing, in three forms. Zhang, Li and Liu, "On Uniform Scalar Quantization for Learned Image
 * Compression" (arXiv 2309.17051), name it in their abstract, which is all we have read. It states the name and an adjustable
 * temperature that moves along the trade-off of mismatch and risk of the gradient. That the noise is uniform, that uniform noise
 * is one limit and rounding the other, is what we read into the name. The three forms are **our reconstructions**, not the
 * paper's definition.
 *
 * Two other candidates were left out. y + T u tends to the identity and not to rounding. In (1 - T) [y] + T (y + u) the power of the
 * noise falls on the way, to half of the power that rounding has.
 */
import {
  add,
  divide,
  multiply,
  type Operand,
  round,
  select,
  stopGradient,
  subtract,
  type Tensor,
} from "../engine/index.ts";
import { boundedTemperature, cellOf, isLowest, isUndecided } from "./cells.ts";
import { noisySoftRound, noisySoftRoundExpected, SOFT_ROUND_TEMPERATURE } from "./soft-round.ts";
import { slopeOverCell } from "./stochastic-rounding.ts";
import type { Surrogate, TemperatureRange } from "./surrogate.ts";

const SOURCE = "after the abstract of Zhang, Li, Liu, arXiv 2309.17051";

/** Both forms that add noise of width T before rounding. */
const WIDTH: Omit<TemperatureRange, "atHighest"> = {
  lowest: 0,
  highest: 1,
  atLowest: "rounding",
  anneal: { from: 1, to: 0.25 },
};

/** [y + T u], and the dither T u. */
function roundDithered(latent: Tensor, noise: Tensor, temperature: Operand): { rounded: Tensor; dither: Tensor } {
  const dither = multiply(noise, temperature);
  return { rounded: round(add(latent, dither)), dither };
}

/** 1 / T where rounding can still go either way, else 0: how fast the probability of rounding up rises with y. */
function riseOfUp(latent: Tensor, temperature: Operand): Tensor {
  const { rest } = cellOf(stopGradient(latent));
  const inside = divide(isUndecided(rest, temperature), boundedTemperature(temperature));
  return select(isLowest(temperature), 0, inside);
}

/** r_a(s_a(y) + u), a = 1 / T: the same function as `soft-round`, here with the temperature as the trade-off. */
export const uniformAnnealingSoft: Surrogate = {
  id: "sua",
  form: "soft",
  title: "stochastic uniform annealing, soft",
  formula: "r_a(s_a(y) + u), a = 1 / T",
  slope:
    "pathwise, with mean s_a'(y) and a variance that rises as T falls; expected: s_a'(y) (f(y + 1/2) - f(y - 1/2))",
  source: SOURCE,
  isReconstruction: true,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: { ...SOFT_ROUND_TEMPERATURE, anneal: { from: 0.5, to: 0.2 } },
  gradients: ["pathwise", "straight-through", "expected"],
  forward: noisySoftRound,
  expectedSlope: noisySoftRoundExpected,
};

/** [y + T u] - T u: given y, uniform on the places within 1/2 of y and within T/2 of an integer. Noise power 1/12. */
export const uniformAnnealingDither: Surrogate = {
  id: "sua",
  form: "dither",
  title: "stochastic uniform annealing, dither",
  formula: "[y + T u] - T u",
  slope: "1; expected: (f(y + 1/2) - f(y - 1/2)) / T where |r - 1/2| < T / 2, else 0",
  source: SOURCE,
  isReconstruction: true,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: { ...WIDTH, atHighest: "`aun` in law" },
  gradients: ["straight-through", "expected"],
  forward: (latent, context) => {
    const { rounded, dither } = roundDithered(latent, context.noise(latent.shape), context.temperature);
    return subtract(rounded, dither);
  },
  expectedSlope: (latent, context) => {
    const fixed = stopGradient(latent);
    return { weight: riseOfUp(latent, context.temperature), lower: add(fixed, -0.5), upper: add(fixed, 0.5) };
  },
};

/** [y + T u]: rounds up with probability clip(1/2 + (r - 1/2) / T, 0, 1). */
export const uniformAnnealingStochastic: Surrogate = {
  id: "sua",
  form: "stochastic",
  title: "stochastic uniform annealing, stochastic",
  formula: "[y + T u]",
  slope: "1; expected: (f(floor(y) + 1) - f(floor(y))) / T where |r - 1/2| < T / 2, else 0",
  source: SOURCE,
  isReconstruction: true,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: { ...WIDTH, atHighest: "`stochastic`" },
  gradients: ["straight-through", "expected"],
  forward: (latent, context) => roundDithered(latent, context.noise(latent.shape), context.temperature).rounded,
  expectedSlope: (latent, context) =>
    slopeOverCell(cellOf(stopGradient(latent)).lower, riseOfUp(latent, context.temperature)),
};
