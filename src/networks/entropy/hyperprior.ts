/** What all networks with a hyper-latent have in common: names and strides. */

import type { HyperpriorNetwork } from "../network.ts";
import { Z_STRIDE } from "../strides.ts";

/** What differs from one network to the next. */
export type HyperpriorParts = Omit<
  HyperpriorNetwork,
  "coding" | "downscale" | "encoderScopes" | "zDensity" | "variableRate" | "qualityKnots" | "scaleForm"
> &
  Partial<Pick<HyperpriorNetwork, "qualityKnots" | "scaleForm">>;

/** Completes a network, of fixed rate and with linear scales where nothing else is said. */
export function hyperprior(parts: HyperpriorParts): HyperpriorNetwork {
  return {
    qualityKnots: 0,
    scaleForm: "linear",
    ...parts,
    variableRate: (parts.qualityKnots ?? 0) > 0,
    coding: "hyperprior",
    downscale: Z_STRIDE,
    encoderScopes: ["ga", "ha"],
    zDensity: "z.density",
  };
}
