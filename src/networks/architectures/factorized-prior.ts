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
import { factorizedDensity } from "../densities/deep-factorized.ts";
import type { FactorizedNetwork, NetworkSizes } from "../network.ts";
import { quantizeLatent } from "../quantize-latent.ts";
import { Y_STRIDE } from "../strides.ts";
import { gdnTransforms, HALOS } from "../transforms/gdn-transforms.ts";

const Y_DENSITY = "y.density";

/** Builds the network of this file. */
function build(sizes: NetworkSizes): FactorizedNetwork {
  const network: FactorizedNetwork = {
    sizes,
    coding: "factorized",
    downscale: Y_STRIDE,
    variableRate: false,
    qualityKnots: 0,
    encoderScopes: ["ga"],
    yDensity: Y_DENSITY,
    halos: { ...HALOS, hyperAnalysis: 0, hyperSynthesis: 0 },
    ...gdnTransforms(sizes),
    train(scope, image, options) {
      const y = network.analysis(scope, image);
      const { bits, quantized } = quantizeLatent("y", y, {
        options,
        mean: null,
        density: () => factorizedDensity(scope.scope(Y_DENSITY), y.shape),
      });
      return { reconstruction: network.synthesis(scope, quantized), bits, parts: { y: bits, z: null } };
    },
  };
  return network;
}

/** The record of this architecture. */
export const factorizedPrior: Architecture = {
  usualWidths: { N: 128, M: 192 },
  build,
};
