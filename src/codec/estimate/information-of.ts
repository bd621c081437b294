/** Bits of an event, as the loss of training counts them. */
import { LIKELIHOOD_BOUND } from "../../networks/densities/information.ts";

/** Bits of an event of the given probability. */
export function informationOf(probability: number): number {
  return -Math.log2(Math.max(probability, LIKELIHOOD_BOUND));
}
