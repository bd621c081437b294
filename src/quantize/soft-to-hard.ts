/**
 * Soft-to-hard vector quantization, for integers: the value is rounded, the gradient is that of the soft assignment to the
 * integers around, sum_j c_j softmax_j(-(y - c_j)^2 / T).
 *
 * Eight integers are enough: at the highest temperature, 1, the ones left out weigh less than 1e-5 of the nearest.
 */
import {
  add,
  divide,
  exp,
  maximum,
  multiply,
  type Operand,
  reciprocal,
  select,
  square,
  subtract,
  type Tensor,
  withGradient,
} from "../engine/index.ts";
import { boundedTemperature, cellOf, isLowest } from "./cells.ts";
import { roundHard } from "./hard.ts";
import type { Surrogate } from "./surrogate.ts";

/** The integers that take part, counted from floor(y). */
const CENTRES: readonly number[] = [-3, -2, -1, 0, 1, 2, 3, 4];

function sum(terms: readonly Tensor[]): Tensor {
  return terms.reduce((total, term) => add(total, term));
}

/** Mean and variance of the soft assignment, both counted from floor(y). */
function assignment(rest: Tensor, sharpness: Tensor): { readonly mean: Tensor; readonly variance: Tensor } {
  // -(r - c)^2 + r^2 = 2 r c - c^2: the common part cancels. The largest is that of c = 0 or c = 1.
  const largest = maximum(subtract(multiply(rest, 2), 1), 0);
  const powers = CENTRES.map((centre) => {
    const logit = subtract(multiply(rest, 2 * centre), centre ** 2);
    return exp(multiply(sharpness, subtract(logit, largest)));
  });
  const total = sum(powers);
  const mean = divide(sum(powers.map((power, i) => multiply(power, CENTRES[i]!))), total);
  // Around the mean, not as a difference of squares: the variance is tiny where the temperature is low.
  const squares = powers.map((power, i) => multiply(power, square(subtract(CENTRES[i]!, mean))));
  return { mean, variance: divide(sum(squares), total) };
}

/** The soft assignment itself, whose derivative `soft-to-hard` passes on; for tests and studies. */
export function softAssignment(latent: Tensor, temperature: Operand): Tensor {
  const { lower, rest } = cellOf(latent);
  return add(lower, assignment(rest, reciprocal(boundedTemperature(temperature))).mean);
}

/** Forward [y]; derivative 2 / T times the variance of the soft assignment, which is that assignment's derivative. */
export const softToHard: Surrogate = {
  id: "soft-to-hard",
  form: null,
  title: "soft-to-hard quantization",
  formula: "[y]",
  slope: "that of sum_j c_j softmax_j(-(y - c_j)^2 / T) over the integers c_j around y",
  source: "Agustsson et al., NeurIPS 2017",
  isReconstruction: false,
  noise: null,
  temperature: {
    lowest: 0,
    highest: 1,
    atLowest: "rounding, J = 0",
    atHighest: "nearly straight-through",
    anneal: { from: 0.5, to: 0.1 },
  },
  gradients: ["soft"],
  forward: (latent, context) =>
    withGradient(roundHard(latent), [latent], (gradient) => {
      const sharpness = reciprocal(boundedTemperature(context.temperature));
      const { variance } = assignment(cellOf(latent).rest, sharpness);
      const slope = multiply(variance, multiply(sharpness, 2));
      return [multiply(gradient, select(isLowest(context.temperature), 0, slope))];
    }),
};
