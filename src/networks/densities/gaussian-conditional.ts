/**
 * The density of a latent whose mean and scale are predicted: a normal density convolved with the unit interval (Minnen,
 * Ballé, Toderici, "Joint Autoregressive and Hierarchical Priors for Learned Image Compression", NeurIPS 2018).
 *
 * p(v; s) = Phi((1/2 - |v|) / s) - Phi((-1/2 - |v|) / s), evaluated by erfc in the lower tail, where the difference keeps its
 * relative precision in float32.
 */

import { abs, add, divide, erfc, multiply, subtract, type Tensor } from "../../engine/index.ts";
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
  const distance = abs(value);
  const nearer = erfc(divide(subtract(distance, 0.5), unit));
  const farther = erfc(divide(add(distance, 0.5), unit));
  return multiply(subtract(nearer, farther), 0.5);
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
