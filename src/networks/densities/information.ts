/** What a density is to the rate of a latent: likelihoods, and from them bits. */
import { log, multiply, reduceSum, type Tensor } from "../../engine/index.ts";
import { lowerBound } from "../lower-bound.ts";

/** No likelihood counts as less than this (29.9 bits): the customary bound, which keeps the logarithm finite in float32. */
export const LIKELIHOOD_BOUND = 1e-9;

/** A density of the elements of a latent. */
export interface Density {
  /**
   * The mass of the unit interval around each element of a value, not bounded below; the layout is the density's own. It acts
   * on each element by itself.
   */
  likelihood(value: Tensor): Tensor;
  /** From the layout of {@link likelihood} to the shape of the value. */
  inValueShape(perElement: Tensor): Tensor;
}

/** The scalar -sum log2(max(likelihood, 1e-9)), in bits. The gradient of likelihoods below the bound still raises them. */
export function totalBits(likelihood: Tensor): Tensor {
  return multiply(reduceSum(log(lowerBound(likelihood, LIKELIHOOD_BOUND))), -1 / Math.LN2);
}

/** -log2(max(likelihood, 1e-9)) for each element; gradient as of {@link totalBits}. */
export function elementBits(likelihood: Tensor): Tensor {
  return multiply(log(lowerBound(likelihood, LIKELIHOOD_BOUND)), -1 / Math.LN2);
}
