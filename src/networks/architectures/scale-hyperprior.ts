/**
 * Scale hyperprior: side information z predicts the scale s of every element of the latent; all means are 0 (Ballé, Minnen, Singh,
 * Hwang, Johnston, "Variational Image Compression with a Scale Hyperprior", ICLR 2018).
 *
 *   x --ga--> y -------------------> Q(y) = y^ --gs--> x^
 *             |                        |
 *            |y|                       +--> bits: normal density of scale s
 *             ha                       |
 *             v                        s
 *             z --Q--> z^ ------hs-----+
 *                 |
 *                 +--> bits: density of z, by channel
 *
 *   ha:  |y| -> 3x3 N -> ReLU -> 5x5/2 N -> ReLU -> 5x5/2 N -> z
 *   hs:  z -> 5x5*2 N -> ReLU -> 5x5*2 N -> ReLU -> 3x3 M -> ReLU -> s
 *
 * (128, 192): 5.08 M parameters, 44.9 kMAC per pixel to encode, 43.54 to decode. (192, 320): 11.82 M, 100.28 and 96.99.
 */
import { abs } from "../../engine/index.ts";
import type { Architecture } from "../architecture.ts";
import { hyperprior } from "../entropy/hyperprior.ts";
import { type EntropyLayer, outputChain } from "../entropy/index.ts";
import type { HyperpriorNetwork, NetworkSizes } from "../network.ts";
import { gdnTransforms, HALOS } from "../transforms/gdn-transforms.ts";
import { HYPER_HALOS, stridedHyperAnalysis, stridedHyperSynthesis } from "../transforms/hyper-transforms.ts";

/** Builds the network of this file. */
function build(sizes: NetworkSizes): HyperpriorNetwork {
  const { N, M } = sizes;
  const layers = stridedHyperSynthesis([N, N, M], "relu").map(
    (layer, i): EntropyLayer => (i === 2 ? { ...layer, activation: "relu" } : layer),
  );
  return hyperprior({
    sizes,
    zChannels: N,
    halos: { ...HALOS, ...HYPER_HALOS },
    ...gdnTransforms(sizes),
    hyperAnalysis: (scope, y) => stridedHyperAnalysis(scope.scope("ha"), abs(y), { N, activation: "relu" }),
    predictsMean: false,
    hyperSynthesis: (ops, zHat) => outputChain(ops, zHat, layers),
    featureChannels: M,
    context: { kind: "none" },
  });
}

/** The record of this architecture. */
export const scaleHyperprior: Architecture = {
  usualWidths: { N: 128, M: 192 },
  build,
};
