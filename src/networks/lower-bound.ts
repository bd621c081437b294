/**
 * A lower bound that leaves no value stranded below it: max(x, b), whose gradient also passes below the bound when a step of
 * descent would raise x. An ordinary maximum would leave such values without gradient forever. Public learned codecs use
 * this rule for scales, likelihoods and the parameters of GDN.
 */
import { greaterOrEqual, maximum, minimum, select, type Tensor, withGradient } from "../engine/index.ts";

/** max(x, bound); the gradient g passes where x >= bound or g < 0, else it is 0. */
export function lowerBound(x: Tensor, bound: number): Tensor {
  return withGradient(maximum(x, bound), [x], (gradient) => [
    select(greaterOrEqual(x, bound), gradient, minimum(gradient, 0)),
  ]);
}
