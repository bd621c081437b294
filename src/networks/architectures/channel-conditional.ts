/**
 * Channel-conditional priors: the latent is coded in ten slices of channels, each given those before it, without any order among
 * positions; what rounding took away is predicted at the end of each slice (Minnen and Singh, "Channel-wise Autoregressive Entropy
 * Models for Learned Image Compression", ICIP 2020).
 *
 *   x --ga--> y = y_0 ... y_9
 *             |
 *             ha          for k = 0..9, with S_k the first min(k, 5) slices of y^:
 *             v              mu_k = mean_k(means, S_k)      s_k = scale_k(scales, S_k)
 *             z --Q--> z^    q_k  = Q(y_k - mu_k) + mu_k    --> bits: normal density of scale s_k
 *                      |     y^_k = q_k + 0.5 tanh(residual_k(means, S_k, q_k))
 *                      +--hs--> scales, means (M features each)
 *             y^ --gs--> x^
 *
 *   ha:  y -> 3x3 M -> ReLU -> 5x5/2 (M+N)/2 -> ReLU -> 5x5/2 N -> z
 *   hs:  twice  z -> 5x5*2 N -> ReLU -> 5x5*2 (M+N)/2 -> ReLU -> 3x3 M -> ReLU
 *   mean_k, scale_k, residual_k:  5x5 7N/6 -> ReLU -> 5x5 2N/3 -> ReLU -> 3x3 M/10
 *
 * The published widths are those of N = 192, M = 320 (224 and 128 in the nets of a slice). Other than there, the scale itself is
 * predicted, not an index into a table of scales, and the last layer of ha has a bias.
 */
import { relu } from "../../engine/index.ts";
import type { Architecture } from "../architecture.ts";
import { hyperprior } from "../entropy/hyperprior.ts";
import { chain, type EntropyLayer, type EntropyOps, outputChain } from "../entropy/index.ts";
import { conv } from "../layers/conv.ts";
import type { CodingGroup, HyperpriorNetwork, NetworkSizes } from "../network.ts";
import { gdnTransforms, HALOS } from "../transforms/gdn-transforms.ts";
import { HYPER_HALOS } from "../transforms/hyper-transforms.ts";

const SLICES = 10;
/** Slices that later ones look at. */
const SUPPORT = 5;

function hyperSynthesisLayers(name: string, { N, M }: NetworkSizes): readonly EntropyLayer[] {
  const up = { kind: "deconv", kernel: 5, stride: 2, activation: "relu" } as const;
  return [
    { name: `${name}.deconv0`, channels: N, ...up },
    { name: `${name}.deconv1`, channels: (M + N) >> 1, ...up },
    { name: `${name}.conv2`, channels: M, kind: "conv", kernel: 3, activation: "relu" },
  ];
}

function sliceLayers(name: string, N: number, channels: number): readonly EntropyLayer[] {
  const wide = { kind: "conv", kernel: 5, activation: "relu" } as const;
  return [
    { name: `${name}.conv0`, channels: Math.round((7 * N) / 6), ...wide },
    { name: `${name}.conv1`, channels: Math.round((2 * N) / 3), ...wide },
    { name: `${name}.conv2`, channels, kind: "conv", kernel: 3 },
  ];
}

function slices({ N, M }: NetworkSizes): readonly CodingGroup[] {
  const width = M / SLICES;
  return Array.from({ length: SLICES }, (_, k): CodingGroup => {
    const support = <T>(ops: EntropyOps<T>, features: T, before: T | null): readonly T[] =>
      before === null ? [features] : [features, ops.slice(before, 0, Math.min(k, SUPPORT) * width)];
    return {
      start: k * width,
      end: (k + 1) * width,
      checkerboard: false,
      parameters(ops, features, before) {
        const [scales, means] = [ops.slice(features, 0, M), ops.slice(features, M, 2 * M)];
        return ops.concat([
          outputChain(ops, ops.concat(support(ops, scales, before)), sliceLayers(`scale${k}`, N, width)),
          outputChain(ops, ops.concat(support(ops, means, before)), sliceLayers(`mean${k}`, N, width)),
        ]);
      },
      correction(ops, features, before, current) {
        const known = support(ops, ops.slice(features, M, 2 * M), before);
        return outputChain(ops, ops.concat([...known, current]), sliceLayers(`residual${k}`, N, width));
      },
    };
  });
}

/** Builds the network of this file. @throws {RangeError} unless M is a multiple of 10 */
function build(sizes: NetworkSizes): HyperpriorNetwork {
  const { N, M } = sizes;
  if (M % SLICES !== 0) {
    throw new RangeError(
      `channel-conditional: got M = ${M}, expected a multiple of ${SLICES}, one part for each slice`,
    );
  }
  return hyperprior({
    sizes,
    zChannels: N,
    halos: { ...HALOS, ...HYPER_HALOS },
    ...gdnTransforms(sizes),
    hyperAnalysis(scope, y) {
      const own = scope.scope("ha");
      const first = relu(conv(own.scope("conv0"), y, { channels: M, kernel: 3 }));
      const second = relu(conv(own.scope("conv1"), first, { channels: (M + N) >> 1, kernel: 5, stride: 2 }));
      return conv(own.scope("conv2"), second, { channels: N, kernel: 5, stride: 2 });
    },
    predictsMean: true,
    hyperSynthesis: (ops, zHat) =>
      ops.concat(["hs.scale", "hs.mean"].map((name) => chain(ops, zHat, hyperSynthesisLayers(name, sizes)))),
    featureChannels: 2 * M,
    context: { kind: "groups", groups: slices(sizes) },
  });
}

/** The record of this architecture. */
export const channelConditional: Architecture = {
  usualWidths: { N: 192, M: 320 },
  build,
};
