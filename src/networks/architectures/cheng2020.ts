/**
 * Cheng, Sun, Takeuchi, Katto, "Learned Image Compression with Discretized Gaussian Mixture Likelihoods and Attention Modules" (CVPR
 * 2020), with one normal density in place of the mixture, as most later work has it: deep transforms of residual blocks
 * (transforms/cheng2020.ts), sub-pixel convolutions in place of transposed ones, and the serial context of serial-context.ts. "anchor"
 * has no attention modules.
 *
 *   x --ga--> y ------------------------------> Q(y - mu) + mu = y^ --gs--> x^
 *             |                                 ^     |      |
 *             ha                             mu, s    |      | neighbours above and to the left
 *             |                                 |     |      |
 *             v                                 |     +--> bits: normal density of scale s
 *             z --Q--> z^ ------hs----> serial context <-----+
 *                 |
 *                 +--> bits: density of z, by channel
 *
 *   ha:  y -> 3x3 -> LReLU -> 3x3 -> LReLU -> 3x3/2 -> LReLU -> 3x3 -> LReLU -> 3x3/2 -> z        (all N)
 *   hs:  z -> 3x3 N -> LReLU -> sub-pixel 3x3*2 N -> LReLU -> 3x3 3N/2 -> LReLU -> sub-pixel 3x3*2 3N/2 -> LReLU -> 3x3 2N
 *
 * Anchor, N = 128: 11.83 M parameters, 174.72 kMAC per pixel to encode, 260.28 to decode; attention, N = 128: 13.18 M, 197.03 and
 * 282.59.
 */
import { leakyRelu } from "../../engine/index.ts";
import type { Architecture } from "../architecture.ts";
import { hyperprior } from "../entropy/hyperprior.ts";
import { chain, type EntropyLayer, LEAKY_SLOPE } from "../entropy/index.ts";
import { conv } from "../layers/conv.ts";
import type { HyperpriorNetwork, NetworkSizes } from "../network.ts";
import { ga, gs, halos } from "../transforms/cheng2020.ts";
import { serialContext } from "./serial-context.ts";

/** Strides of the hyper-analysis. */
const HA_STRIDES = [1, 1, 2, 1, 2] as const;

function hyperSynthesisLayers(N: number): readonly EntropyLayer[] {
  const wide = Math.floor((3 * N) / 2);
  const flat = { kind: "conv", kernel: 3, activation: "leaky-relu" } as const;
  const up = { kind: "sub-pixel", kernel: 3, stride: 2, activation: "leaky-relu" } as const;
  return [
    { name: "hs.conv0", channels: N, ...flat },
    { name: "hs.up1", channels: N, ...up },
    { name: "hs.conv2", channels: wide, ...flat },
    { name: "hs.up3", channels: wide, ...up },
    { name: "hs.conv4", channels: 2 * N, ...flat, activation: "none" },
  ];
}

/** @throws {RangeError} unless M = N */
function build(sizes: NetworkSizes, attention: boolean): HyperpriorNetwork {
  const { N, M } = sizes;
  if (M !== N)
    throw new RangeError(
      `cheng2020-${attention ? "attention" : "anchor"}: got N = ${N} and M = ${M}, expected the same width for both`,
    );
  return hyperprior({
    sizes,
    zChannels: N,
    halos: { ...halos({ attention }), hyperAnalysis: 7, hyperSynthesis: 4 },
    analysis: (scope, image) => ga(scope.scope("ga"), image, { N, attention }),
    synthesis: (scope, yHat) => gs(scope.scope("gs"), yHat, { N, attention }),
    hyperAnalysis(scope, y) {
      const own = scope.scope("ha");
      return HA_STRIDES.reduce((value, stride, i) => {
        const next = conv(own.scope(`conv${i}`), value, { channels: N, kernel: 3, stride });
        return i === HA_STRIDES.length - 1 ? next : leakyRelu(next, LEAKY_SLOPE);
      }, y);
    },
    predictsMean: true,
    hyperSynthesis: (ops, zHat) => chain(ops, zHat, hyperSynthesisLayers(N)),
    featureChannels: 2 * N,
    context: serialContext(N),
  });
}

/** The network without attention modules. */
export const cheng2020Anchor: Architecture = {
  usualWidths: { N: 128, M: 128 },
  build: (sizes) => build(sizes, false),
};

/** The network with attention modules. */
export const cheng2020Attention: Architecture = {
  usualWidths: { N: 128, M: 128 },
  build: (sizes) => build(sizes, true),
};
