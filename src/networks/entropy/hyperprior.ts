/** What all networks with a hyper-latent have in common: names, strides, and the training graph. */

import type { HyperpriorNetwork } from "../network.ts";
import { Z_STRIDE } from "../strides.ts";
import { trainHyperprior } from "./train-hyperprior.ts";

/** What differs from one network to the next. */
export type HyperpriorParts = Omit<
  HyperpriorNetwork,
  "coding" | "downscale" | "encoderScopes" | "zDensity" | "train" | "variableRate" | "qualityKnots" | "scaleForm"
> &
  Partial<Pick<HyperpriorNetwork, "qualityKnots" | "scaleForm">>;

/** Completes a network, of fixed rate and with linear scales where nothing else is said. */
export function hyperprior(parts: HyperpriorParts): HyperpriorNetwork {
  const network: HyperpriorNetwork = {
    qualityKnots: 0,
    scaleForm: "linear",
    ...parts,
    variableRate: (parts.qualityKnots ?? 0) > 0,
    coding: "hyperprior",
    downscale: Z_STRIDE,
    encoderScopes: ["ga", "ha"],
    zDensity: "z.density",
    train(scope, image, options) {
      const { reconstruction, bits, parts } = trainHyperprior(network, scope, image, options);
      return { reconstruction, bits, parts };
    },
  };
  return network;
}
