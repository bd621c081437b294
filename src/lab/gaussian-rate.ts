/**
 * Bits of values under a normal density of mean 0, as networks compute them in training: the graph of
 * `networks/densities/gaussian-conditional.ts` in float64, with its bound on likelihoods. The graph rounds its constants to
 * float32, which moves bits by 1e-8 to 1e-7; here that is undone.
 */
import { evaluate, graphInput, log } from "../engine/index.ts";
import { gaussianLikelihood } from "../networks/densities/gaussian-conditional.ts";
import { LIKELIHOOD_BOUND } from "../networks/densities/information.ts";
import { lowerBound } from "../networks/lower-bound.ts";

/** The smallest scale that the float32 constants of a graph keep apart from 0: all of our bounds are far above it. */
const NO_BOUND = 1e-30;

/** The graph multiplies scales by the float32 neighbour of sqrt 2; scales that are this much larger make up for it. */
const SCALE_CORRECTION = Math.SQRT2 / Math.fround(Math.SQRT2);
/** The bits of the bound itself: its float32 neighbour is below it, and lets a little more through. */
const MOST_BITS = -Math.log2(LIKELIHOOD_BOUND);

/**
 * -log2 max(Phi((v + 1/2) / s) - Phi((v - 1/2) / s), 1e-9) of each value v.
 *
 * @param scale s, in quantization steps, above 0
 */
export function gaussianBitsOf(values: Float64Array, scale: number): Float64Array {
  const value = graphInput("value", [values.length]);
  const likelihood = gaussianLikelihood(value, graphInput("scale", []), { scaleBound: NO_BOUND });
  const logarithm = log(lowerBound(likelihood, LIKELIHOOD_BOUND));
  const { logarithm: result } = evaluate({ logarithm }, { value: values, scale: [scale * SCALE_CORRECTION] });
  if (result === undefined) throw new Error("internal: the reference evaluation left an output out");
  return result.data.map((value) => Math.min(value / -Math.LN2, MOST_BITS));
}
