/**
 * The density of a latent whose mean and scale are predicted: a normal density convolved with the unit interval (Minnen,
 * Ballé, Toderici, "Joint Autoregressive and Hierarchical Priors for Learned Image Compression", NeurIPS 2018).
 *
 * p(v; s) = Phi((1/2 - |v|) / s) - Phi((-1/2 - |v|) / s), evaluated by erfc in the lower tail, where the difference keeps its
 * relative precision in float32.
 */

import {
  add,
  divide,
  erfc,
  exp,
  maximum,
  multiply,
  negate,
  square,
  subtract,
  type Tensor,
  withGradient,
} from "../../engine/index.ts";
import { DEFAULT_SCALE_BOUND } from "../../scale-bound.ts";
import { lowerBound } from "../lower-bound.ts";
import { type Density, totalBits } from "./information.ts";

/** Options of the Gaussian conditional. */
export interface GaussianOptions {
  /** Scales below this count as this, by the rule of `lowerBound`; 0.11 by default. */
  readonly scaleBound?: number;
}

/**
 * The probability that a normal variable of mean 0 lies within 1/2 of the value, element by element.
 *
 * @param value the latent minus its mean, in quantization steps
 * @param scale standard deviation, of the value's shape; bounded here
 * @returns of the value's shape, not bounded below
 */
export function gaussianLikelihood(value: Tensor, scale: Tensor, options: GaussianOptions = {}): Tensor {
  const bounded = lowerBound(scale, options.scaleBound ?? DEFAULT_SCALE_BOUND);
  const unit = multiply(bounded, Math.SQRT2);
  const [below, above] = [divide(subtract(value, 0.5), unit), divide(add(value, 0.5), unit)];
  // The same two ends for -|v|, and the other way round: the density is even, and erfc keeps its precision in the upper tail.
  const nearer = erfc(maximum(below, negate(above)));
  const farther = erfc(maximum(above, negate(below)));
  const mass = multiply(subtract(nearer, farther), 0.5);
  return withGradient(mass, [value, bounded], (gradient) => {
    // The slope of erfc(e) / 2 is that of a bell, and e is an end divided by the scale.
    const perScale = divide(multiply(gradient, 1 / Math.sqrt(Math.PI)), bounded);
    const bell = (end: Tensor): Tensor => exp(negate(square(end)));
    const [atBelow, atAbove] = [bell(below), bell(above)];
    return [
      multiply(multiply(perScale, Math.SQRT1_2), subtract(atAbove, atBelow)),
      multiply(perScale, subtract(multiply(below, atBelow), multiply(above, atAbove))),
    ];
  });
}

/** The scalar rate of all values, in bits. Arguments as of {@link gaussianLikelihood}. */
export function gaussianBits(value: Tensor, scale: Tensor, options: GaussianOptions = {}): Tensor {
  return totalBits(gaussianLikelihood(value, scale, options));
}

/** The density of a latent minus its mean, of the scale's shape. */
export function gaussianDensity(scale: Tensor, options: GaussianOptions = {}): Density {
  return {
    likelihood: (value) => gaussianLikelihood(value, scale, options),
    inValueShape: (perElement) => perElement,
  };
}
