/**
 * A weighted mean of the two nearest integers whose weights a temperature sharpens: with Gumbel noise (stochastic Gumbel
 * annealing) or without (deterministic annealing).
 *
 * The softmax of two logits with Gumbel noise depends on their differences only, and the difference of two Gumbel variables is
 * logistic; so one uniform number for each element is enough.
 */
import { add, divide, select, type Tensor } from "../engine/index.ts";
import { boundedTemperature, cellLogit, cellOf, isLowest, logisticNoise, softStep } from "./cells.ts";
import { roundHard } from "./hard.ts";
import type { Surrogate, SurrogateContext, TemperatureRange } from "./surrogate.ts";

const TEMPERATURE: TemperatureRange = {
  lowest: 0,
  highest: 10,
  atLowest: "rounding",
  atHighest: "near floor(y) + 1/2",
  anneal: { from: 0.5, to: 0.1 },
};

/**
 * floor(y) + sigmoid((logit / T + L) / T) with L logistic: the Gumbel-softmax of temperature T of two weights whose logarithms
 * differ by logit / T. [y] at the lowest temperatures.
 *
 * @param logitOf of the place r in the cell: log of the upper integer's weight minus that of the lower one, at T = 1
 */
export function annealBetweenTwo(latent: Tensor, context: SurrogateContext, logitOf: (rest: Tensor) => Tensor): Tensor {
  const { lower, rest } = cellOf(latent);
  const temperature = boundedTemperature(context.temperature);
  const logit = add(divide(logitOf(rest), temperature), logisticNoise(context.noise(latent.shape)));
  const value = add(lower, softStep(divide(logit, temperature)));
  return select(isLowest(context.temperature), roundHard(latent), value);
}

/**
 * Forward floor(y) + w, w = sigmoid(((atanh(r) - atanh(1 - r)) / T + L) / T) with L logistic: logits divided by T, then a
 * Gumbel-softmax of temperature T. Pathwise derivative.
 */
export const stochasticGumbelAnnealing: Surrogate = {
  id: "sga",
  form: null,
  title: "stochastic Gumbel annealing",
  formula: "floor(y) w0 + ceil(y) w1, w = Gumbel-softmax of (-atanh(r) / T, -atanh(1 - r) / T) at temperature T",
  slope: "pathwise",
  source: "Yang, Bamler, Mandt, NeurIPS 2020",
  isReconstruction: false,
  noise: { defaultDither: "element", numbers: 1 },
  temperature: TEMPERATURE,
  gradients: ["pathwise", "straight-through"],
  forward: (latent, context) => annealBetweenTwo(latent, context, cellLogit),
};

/** Forward floor(y) + sigmoid((atanh(r) - atanh(1 - r)) / T): the mean of `sra`. Pathwise derivative. */
export const deterministicAnnealing: Surrogate = {
  id: "danneal",
  form: null,
  title: "deterministic annealing",
  formula: "floor(y) w0 + ceil(y) w1, w = softmax of (-atanh(r) / T, -atanh(1 - r) / T)",
  slope: "pathwise",
  source: "Yang, Bamler, Mandt, NeurIPS 2020 (as an ablation)",
  isReconstruction: false,
  noise: null,
  temperature: TEMPERATURE,
  gradients: ["pathwise", "straight-through"],
  forward: (latent, context) => {
    const { lower, rest } = cellOf(latent);
    const value = add(lower, softStep(divide(cellLogit(rest), boundedTemperature(context.temperature))));
    return select(isLowest(context.temperature), roundHard(latent), value);
  },
};
