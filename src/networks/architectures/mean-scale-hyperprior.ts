/**
 * Mean-scale hyperprior: side information z predicts the mean mu and the scale s of every element of the latent (Minnen,
 * Ballé, Toderici, "Joint Autoregressive and Hierarchical Priors for Learned Image Compression", NeurIPS 2018, without the
 * context model).
 *
 *   x --ga--> y ----------------------> Q(y - mu) + mu = y^ --gs--> x^
 *             |                         ^     |
 *             ha                        |     +--> bits: normal density of scale s
 *             |                      mu, s
 *             v                         |
 *             z --Q--> z^ ------hs------+
 *                 |
 *                 +--> bits: density of z, by channel
 *
 *   ha:  y -> 3x3 N -> LReLU -> 5x5/2 N -> LReLU -> 5x5/2 N -> z
 *   hs:  z -> 5x5*2 M -> LReLU -> 5x5*2 3M/2 -> LReLU -> 3x3 2M -> (s, mu)
 *
 * (128, 192): 7.03 M parameters, 48.93 kMAC per pixel to encode, 47.57 to decode. (192, 320): 17.56 M, 111.92 and 108.63.
 */

import type { Architecture } from "../architecture.ts";
import { hyperprior } from "../entropy/hyperprior.ts";
import { type EntropyLayer, outputChain } from "../entropy/index.ts";
import type { HyperpriorNetwork, NetworkSizes } from "../network.ts";
import { gdnTransforms, HALOS } from "../transforms/gdn-transforms.ts";
import { HYPER_HALOS, stridedHyperAnalysis, stridedHyperSynthesis } from "../transforms/hyper-transforms.ts";

/** hs over M channels; without a context its last layer gives real numbers. */
export function meanScaleSynthesis(M: number): readonly EntropyLayer[] {
  return stridedHyperSynthesis([M, Math.floor((3 * M) / 2), 2 * M], "leaky-relu");
}

/** Builds the network of this file. */
export function buildMeanScale(sizes: NetworkSizes): HyperpriorNetwork {
  const { N, M } = sizes;
  const layers = meanScaleSynthesis(M);
  return hyperprior({
    sizes,
    zChannels: N,
    halos: { ...HALOS, ...HYPER_HALOS },
    ...gdnTransforms(sizes),
    hyperAnalysis: (scope, y) => stridedHyperAnalysis(scope.scope("ha"), y, { N, activation: "leaky-relu" }),
    predictsMean: true,
    hyperSynthesis: (ops, zHat) => outputChain(ops, zHat, layers),
    featureChannels: 2 * M,
    context: { kind: "none" },
  });
}

/** The record of this architecture. */
export const meanScaleHyperprior: Architecture = {
  usualWidths: { N: 128, M: 192 },
  build: buildMeanScale,
};
