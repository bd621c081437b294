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
import type { Tensor } from "../../engine/graph/tensor.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { leakyRelu } from "../../engine/ops/functions.ts";
import { slice } from "../../engine/ops/slicing.ts";
import { factorizedDensity } from "../densities/deep-factorized.ts";
import { gaussianDensity } from "../densities/gaussian-conditional.ts";
import { conv } from "../layers/conv.ts";
import { LEAKY_SLOPE, type SequenceLayer, sequence } from "../layers/sequence.ts";
import type { MeanScaleNetwork, NetworkConfig } from "../network.ts";
import type { ParameterScope } from "../parameters.ts";
import { quantizeLatent } from "../quantize-latent.ts";
import { ga, gs, TRANSFORM_HALOS } from "./gdn-transforms.ts";

const Z_DENSITY = "z.density";

/** Hyper-analysis: y `[n, M, h, w]` -> z `[n, N, h / 4, w / 4]`. */
function ha(scope: ParameterScope, y: Tensor, { N }: NetworkConfig): Tensor {
  const first = leakyRelu(conv(scope.scope("conv0"), y, { channels: N, kernel: 3 }), LEAKY_SLOPE);
  const second = leakyRelu(conv(scope.scope("conv1"), first, { channels: N, kernel: 5, stride: 2 }), LEAKY_SLOPE);
  return conv(scope.scope("conv2"), second, { channels: N, kernel: 5, stride: 2 });
}

/** Hyper-synthesis as data: z `[n, N, h / 4, w / 4]` -> scale and mean, M channels each, of y. */
function hsLayers({ M }: NetworkConfig): readonly SequenceLayer[] {
  const up = { kind: "deconv", kernel: 5, stride: 2, activation: "leaky-relu" } as const;
  return [
    { name: "deconv0", channels: M, ...up },
    { name: "deconv1", channels: Math.floor((3 * M) / 2), ...up },
    { name: "conv2", channels: 2 * M, kind: "conv", kernel: 3, stride: 1, activation: "none" },
  ];
}

/** Builds the network of this file. */
export function meanScaleHyperprior(config: NetworkConfig): MeanScaleNetwork {
  const layers = hsLayers(config);
  const network: MeanScaleNetwork = {
    config,
    coding: "mean-scale",
    downscale: 64,
    encoderScopes: ["ga", "ha"],
    zDensity: Z_DENSITY,
    zChannels: config.N,
    halos: { ...TRANSFORM_HALOS, hyperAnalysis: 7, hyperSynthesis: 2 },
    analysis: (scope, image) => ga(scope.scope("ga"), image, config),
    hyperAnalysis: (scope, y) => ha(scope.scope("ha"), y, config),
    hyperSynthesisScope: "hs",
    hyperSynthesisLayers: layers,
    hyperSynthesis(scope, zRounded) {
      const both = sequence(scope.scope(network.hyperSynthesisScope), zRounded, layers).at(-1) as Tensor;
      return {
        scale: slice(both, { axes: [1], starts: [0], ends: [config.M] }),
        mean: slice(both, { axes: [1], starts: [config.M], ends: [2 * config.M] }),
      };
    },
    synthesis: (scope, yHat) => gs(scope.scope("gs"), yHat, config),
    train(scope, image, options) {
      const y = network.analysis(scope, image);
      const z = network.hyperAnalysis(scope, y);
      const { bits: zBits, quantized: zHat } = quantizeLatent("z", z, {
        options,
        mean: null,
        density: () => factorizedDensity(scope.scope(Z_DENSITY), z.shape),
      });
      const { scale, mean } = network.hyperSynthesis(scope, zHat);
      const { bits: yBits, quantized: yHat } = quantizeLatent("y", y, {
        options,
        mean,
        density: () => gaussianDensity(scale, { scaleBound: options.scaleBound }),
      });
      return {
        reconstruction: network.synthesis(scope, yHat),
        bits: add(yBits, zBits),
        parts: { y: yBits, z: zBits },
      };
    },
  };
  return network;
}
