/**
 * Bits of values under a normal density of mean 0, as networks compute them in training: the graph of
 * `networks/densities/gaussian-conditional.ts` in float64, with its bound on likelihoods.
 */
import { evaluate, graphInput, log, multiply } from "../engine/index.ts";
import { gaussianLikelihood } from "../networks/densities/gaussian-conditional.ts";
import { LIKELIHOOD_BOUND } from "../networks/densities/information.ts";
import { lowerBound } from "../quantize/lower-bound.ts";

/** The smallest scale that the float32 constants of a graph keep apart from 0: no bound of ours comes near it. */
const NO_BOUND = 1e-30;

/**
 * -log2 max(Phi((v + 1/2) / s) - Phi((v - 1/2) / s), 1e-9) of each value v.
 *
 * @param scale s, in quantization steps, above 0
 */
export function gaussianBitsOf(values: Float64Array, scale: number): Float64Array {
  const value = graphInput("value", [values.length]);
  const likelihood = gaussianLikelihood(value, graphInput("scale", []), { scaleBound: NO_BOUND });
  const bits = multiply(log(lowerBound(likelihood, LIKELIHOOD_BOUND)), -1 / Math.LN2);
  const { bits: result } = evaluate({ bits }, { value: values, scale: [scale] });
  if (result === undefined) throw new Error("internal: the reference evaluation left an output out");
  return result.data;
}
