/** From likelihoods to bits. */
import type { Tensor } from "../../engine/graph/tensor.ts";
import { multiply } from "../../engine/ops/arithmetic.ts";
import { reduceSum } from "../../engine/ops/broadcast.ts";
import { log } from "../../engine/ops/functions.ts";
import { lowerBound } from "../../quantize/lower-bound.ts";

/** No likelihood counts as less than this (29.9 bits): the customary bound, which keeps the logarithm finite in float32. */
export const LIKELIHOOD_BOUND = 1e-9;

/** The scalar -sum log2(max(likelihood, 1e-9)), in bits. The gradient of likelihoods below the bound still raises them. */
export function totalBits(likelihood: Tensor): Tensor {
  return multiply(reduceSum(log(lowerBound(likelihood, LIKELIHOOD_BOUND))), -1 / Math.LN2);
}
