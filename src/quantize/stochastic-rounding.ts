/**
 * Rounding up or down at random: with the probability that makes it unbiased (`stochastic`), or with one that a temperature
 * sharpens (`sra`). The decision is r-dependent only: up where p(r) + u >= 1/2, so that common noise compares surrogates fairly.
 */
import {
  add,
  divide,
  greaterOrEqual,
  multiply,
  type Operand,
  select,
  stopGradient,
  type Tensor,
} from "../engine/index.ts";
import { boundedTemperature, cellLogit, cellLogitSlope, cellOf, isLowest, softStep, softStepSlope } from "./cells.ts";
import { roundHard } from "./hard.ts";
import type { ExpectedSlope, Surrogate } from "./surrogate.ts";

/** floor(y) + 1 with probability `up`, else floor(y), decided by the noise. */
function roundAtRandom(lower: Tensor, up: Tensor, noise: Tensor): Tensor {
  return add(lower, greaterOrEqual(add(up, noise), 0.5));
}

/** The slope of floor(y) (1 - p) + (floor(y) + 1) p for a function of y: p' times its difference over the cell. */
export function slopeOverCell(lower: Tensor, weight: Operand): ExpectedSlope {
  return { weight, lower, upper: add(lower, 1) };
}

/** Forward floor(y) + Bernoulli(r); derivative 1. */
export const stochasticRounding: Surrogate = {
  id: "stochastic",
  form: null,
  title: "stochastic rounding",
  formula: "floor(y) + Bernoulli(r)",
  slope: "1; expected: f(floor(y) + 1) - f(floor(y))",
  source: "as compared by Tsubota, Aizawa, IEEE Access 2023; older",
  isReconstruction: false,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: null,
  gradients: ["straight-through", "expected"],
  forward: (latent, context) => {
    const { lower, rest } = cellOf(latent);
    return roundAtRandom(lower, rest, context.noise(latent.shape));
  },
  expectedSlope: (latent) => slopeOverCell(cellOf(stopGradient(latent)).lower, 1),
};

/**
 * Forward floor(y) + Bernoulli(p), p = 1 / (1 + exp(-(atanh(r) - atanh(1 - r)) / T)); derivative 1. The same p written with
 * powers: B / (A + B), A = ((1 - r) / (1 + r))^(1/2T), B = (r / (2 - r))^(1/2T).
 */
export const stochasticRoundingAnnealed: Surrogate = {
  id: "sra",
  form: null,
  title: "stochastic rounding, annealed",
  formula: "floor(y) + Bernoulli(p), p = sigmoid((atanh(r) - atanh(1 - r)) / T)",
  slope: "1; expected: p'(r) (f(floor(y) + 1) - f(floor(y)))",
  source: "Tsubota, Aizawa, IEEE Access 2023 (arXiv 2303.00587)",
  isReconstruction: false,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: {
    lowest: 0,
    highest: 10,
    atLowest: "rounding",
    atHighest: "up or down with nearly equal probability",
    anneal: { from: 0.5, to: 0.1 },
  },
  gradients: ["straight-through", "expected"],
  forward: (latent, context) => {
    const { lower, rest } = cellOf(latent);
    const up = softStep(divide(cellLogit(rest), boundedTemperature(context.temperature)));
    const value = roundAtRandom(lower, up, context.noise(latent.shape));
    return select(isLowest(context.temperature), roundHard(latent), value);
  },
  expectedSlope: (latent, context) => {
    const { lower, rest } = cellOf(stopGradient(latent));
    const temperature = boundedTemperature(context.temperature);
    const steepness = divide(softStepSlope(divide(cellLogit(rest), temperature)), temperature);
    const weight = multiply(steepness, cellLogitSlope(rest));
    return slopeOverCell(lower, select(isLowest(context.temperature), 0, weight));
  },
};
