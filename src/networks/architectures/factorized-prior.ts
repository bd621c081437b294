/**
 * Factorized prior: the simplest learned codec. Every channel of the latent has one learned density, whatever the image
 * (Ballé, Minnen, Singh, Hwang, Johnston, "Variational Image Compression with a Scale Hyperprior", ICLR 2018, the baseline of
 * that paper; first form in Ballé, Laparra, Simoncelli, ICLR 2017).
 *
 *   x --ga--> y --Q--> y^ --gs--> x^
 *                 |
 *                 +--> bits: density of y, by channel
 *
 * (128, 192): 3.00 M parameters, 42.18 kMAC per pixel each way. (192, 320): 7.03 M, 93.7.
 */

import type { Architecture } from "../architecture.ts";
import type { FactorizedNetwork, NetworkSizes } from "../network.ts";
import { Y_STRIDE } from "../strides.ts";
import { gdnTransforms, HALOS } from "../transforms/gdn-transforms.ts";

/** Builds the network of this file. */
function build(sizes: NetworkSizes): FactorizedNetwork {
  return {
    sizes,
    coding: "factorized",
    downscale: Y_STRIDE,
    variableRate: false,
    qualityKnots: 0,
    encoderScopes: ["ga"],
    yDensity: "y.density",
    halos: { ...HALOS, hyperAnalysis: 0, hyperSynthesis: 0 },
    ...gdnTransforms(sizes),
  };
}

/** The record of this architecture. */
export const factorizedPrior: Architecture = {
  usualWidths: { N: 128, M: 192 },
  build,
};
