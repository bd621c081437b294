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
import type { Architecture } from "../architecture.ts";
import { hyperprior } from "../entropy/hyperprior.ts";
import { chain } from "../entropy/index.ts";
import type { HyperpriorNetwork, NetworkSizes } from "../network.ts";
import { buildMeanScale, meanScaleSynthesis } from "./mean-scale-hyperprior.ts";
import { serialContext } from "./serial-context.ts";

/** Builds the network of this file. */
function build(sizes: NetworkSizes): HyperpriorNetwork {
  const layers = meanScaleSynthesis(sizes.M);
  return hyperprior({
    ...buildMeanScale(sizes),
    hyperSynthesis: (ops, zHat) => chain(ops, zHat, layers),
    context: serialContext(sizes.M),
  });
}

/** The record of this architecture. */
export const jointAutoregressive: Architecture = {
  usualWidths: { N: 192, M: 192 },
  build,
};
