/**
 * Joint autoregressive and hierarchical priors: the mean-scale hyperprior, and a context model that goes through the latent position
 * by position (Minnen, Ballé, Toderici, "Joint Autoregressive and Hierarchical Priors for Learned Image Compression", NeurIPS 2018).
 *
 *   x --ga--> y ------------------------------> Q(y - mu) + mu = y^ --gs--> x^
 *             |                                 ^     |      |
 *             ha                             mu, s    |      | neighbours above and to the left
 *             |                                 |     |      |
 *             v                                 |     +--> bits: normal density of scale s
 *             z --Q--> z^ ------hs----> serial context <-----+     (serial-context.ts)
 *                 |
 *                 +--> bits: density of z, by channel
 *
 * (192, 192): 14.13 M parameters, 110.35 kMAC per pixel to encode, 107.93 to decode. (192, 320): 25.50 M, 142.93 and 139.64. The
 * hyper-transforms are those of mean-scale-hyperprior.ts.
 */

import { hyperprior } from "../entropy/hyperprior.ts";
import { chain } from "../entropy/index.ts";
import type { HyperpriorNetwork, NetworkConfig } from "../network.ts";
import { ga, gs, HALOS } from "../transforms/gdn-transforms.ts";
import { HYPER_HALOS, stridedHyperAnalysis, stridedHyperSynthesis } from "../transforms/hyper-transforms.ts";
import { serialContext } from "./serial-context.ts";

/** Builds the network of this file. */
export function jointAutoregressive(config: NetworkConfig): HyperpriorNetwork {
  const { N, M } = config;
  const layers = stridedHyperSynthesis([M, Math.floor((3 * M) / 2), 2 * M], "leaky-relu");
  return hyperprior({
    config,
    zChannels: N,
    halos: { ...HALOS, ...HYPER_HALOS },
    analysis: (scope, image) => ga(scope.scope("ga"), image, config),
    synthesis: (scope, yHat) => gs(scope.scope("gs"), yHat, config),
    hyperAnalysis: (scope, y) => stridedHyperAnalysis(scope.scope("ha"), y, { N, activation: "leaky-relu" }),
    predictsMean: true,
    hyperSynthesis: (ops, zHat) => chain(ops, zHat, layers),
    featureChannels: 2 * M,
    context: serialContext(M),
  });
}
