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
import { SURROGATES } from "../../quantize/surrogates.ts";
import { factorizedBits } from "../densities/deep-factorized.ts";
import { latentContext } from "../latent-context.ts";
import type { FactorizedNetwork, NetworkConfig } from "../network.ts";
import { ga, gs } from "./gdn-transforms.ts";

const Y_DENSITY = "y.density";

/** Builds the network of this file. */
export function factorizedPrior(config: NetworkConfig): FactorizedNetwork {
  const network: FactorizedNetwork = {
    config,
    coding: "factorized",
    downscale: 16,
    yDensity: Y_DENSITY,
    analysis: (scope, image) => ({ y: ga(scope.scope("ga"), image, config) }),
    synthesis: (scope, yHat) => gs(scope.scope("gs"), yHat, config),
    train(scope, image, options) {
      const { y } = network.analysis(scope, image);
      const context = latentContext("y", options);
      const rated = SURROGATES[options.rate].quantize(y, context);
      const yHat = SURROGATES[options.distortion].quantize(y, context);
      const bits = factorizedBits(scope.scope(Y_DENSITY), rated);
      return { reconstruction: network.synthesis(scope, yHat), bits, parts: { y: bits, z: null } };
    },
  };
  return network;
}
