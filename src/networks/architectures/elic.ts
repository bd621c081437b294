/**
 * ELIC: uneven groups of channels, each in two passes of a checkerboard (He, Yang, Peng, Ma, Qin, Wang, "ELIC: Efficient Learned Image
 * Compression with Unevenly Grouped Space-Channel Contextual Adaptive Coding", CVPR 2022).
 *
 *   x --ga--> y = y_0 ... y_4 (M/20, M/20, M/10, M/5 and the rest of the channels)
 *             |
 *             ha         for k = 0..4, first at the even, then at the odd sites:
 *             v             (s_k, mu_k) = aggregate_k(spatial_k(even part of y^_k), channel_k(y^_0 ... y^_k-1), features)
 *             z --Q--> z^   y^_k = Q(y_k - mu_k) + mu_k   --> bits: normal density of scale s_k
 *                      |
 *                      +--hs--> features
 *             y^ --gs--> x^
 *
 *   ha:  y -> 3x3 N -> ReLU -> 5x5/2 N -> ReLU -> 5x5/2 N -> z
 *   hs:  z -> 5x5*2 N -> ReLU -> 5x5*2 3N/2 -> ReLU -> 3x3 2N
 *   spatial_k:  5x5 on the checkerboard, 2 g_k, at the odd sites; 0 at the even ones
 *   channel_k:  5x5 7N/6 -> ReLU -> 5x5 2N/3 -> ReLU -> 5x5 2 g_k     (not in the first group)
 *   aggregate_k:  1x1 -> ReLU -> 1x1 -> ReLU -> 1x1 2 g_k, widths between input and output in equal steps, inside at least 2N
 *
 * Widths are those of CompressAI's `Elic2022Official` at N = 192, M = 320: 32.07 M parameters, 330.94 kMAC per pixel to encode, 327.65
 * to decode (both passes counted).
 */

import type { Architecture } from "../architecture.ts";
import { hyperprior } from "../entropy/hyperprior.ts";
import { chain, type EntropyLayer, outputChain } from "../entropy/index.ts";
import type { CodingGroup, HyperpriorNetwork, NetworkSizes } from "../network.ts";
import { ga, gs, HALOS } from "../transforms/elic.ts";
import { HYPER_HALOS, stridedHyperAnalysis, stridedHyperSynthesis } from "../transforms/hyper-transforms.ts";

/** Channels of the groups. */
function groupWidths(M: number): readonly number[] {
  const first = [M / 20, M / 20, M / 10, M / 5].map((width) => Math.max(1, Math.round(width)));
  return [...first, M - first.reduce((sum, width) => sum + width, 0)];
}

function aggregateLayers(k: number, inputs: number, outputs: number, N: number): readonly EntropyLayer[] {
  const between = (part: number): number => Math.max(2 * N, Math.round(inputs + ((outputs - inputs) * part) / 3));
  const pointwise = { kind: "conv", kernel: 1 } as const;
  return [
    { name: `aggregate${k}.conv0`, channels: between(1), activation: "relu", ...pointwise },
    { name: `aggregate${k}.conv1`, channels: between(2), activation: "relu", ...pointwise },
    { name: `aggregate${k}.conv2`, channels: outputs, ...pointwise },
  ];
}

function groups({ N, M }: NetworkSizes): readonly CodingGroup[] {
  const widths = groupWidths(M);
  const wide = { kind: "conv", kernel: 5 } as const;
  return widths.map((width, k): CodingGroup => {
    const start = widths.slice(0, k).reduce((sum, before) => sum + before, 0);
    const spatial: EntropyLayer = { name: `spatial${k}`, channels: 2 * width, mask: "checkerboard", ...wide };
    const channel: readonly EntropyLayer[] = [
      { name: `channel${k}.conv0`, channels: Math.round((7 * N) / 6), activation: "relu", ...wide },
      { name: `channel${k}.conv1`, channels: Math.round((2 * N) / 3), activation: "relu", ...wide },
      { name: `channel${k}.conv2`, channels: 2 * width, ...wide },
    ];
    const aggregate = aggregateLayers(k, (k === 0 ? 2 : 4) * width + 2 * N, 2 * width, N);
    return {
      start,
      end: start + width,
      checkerboard: true,
      ...(k === 0 ? {} : { summary: { channels: 2 * width, build: (ops, before) => chain(ops, before, channel) } }),
      parameters(ops, features, summary, current) {
        const own = current === null ? ops.zeros(features, 2 * width) : ops.atOddSites(ops.layer(current, spatial));
        return outputChain(ops, ops.concat([own, ...(summary === null ? [] : [summary]), features]), aggregate);
      },
    };
  });
}

/** Builds the network of this file. @throws {RangeError} for fewer than 5 channels of y */
function build(sizes: NetworkSizes): HyperpriorNetwork {
  const { N, M } = sizes;
  if (M < 5) throw new RangeError(`elic: got M = ${M}, expected at least 5, one channel for each group`);
  const layers = stridedHyperSynthesis([N, Math.floor((3 * N) / 2), 2 * N], "relu");
  return hyperprior({
    sizes,
    zChannels: N,
    halos: { ...HALOS, ...HYPER_HALOS },
    analysis: (scope, image) => ga(scope.scope("ga"), image, { N, M }),
    synthesis: (scope, yHat) => gs(scope.scope("gs"), yHat, { N }),
    hyperAnalysis: (scope, y) => stridedHyperAnalysis(scope.scope("ha"), y, { N, activation: "relu" }),
    predictsMean: true,
    hyperSynthesis: (ops, zHat) => chain(ops, zHat, layers),
    featureChannels: 2 * N,
    context: { kind: "groups", groups: groups(sizes) },
  });
}

/** The record of this architecture. */
export const elic: Architecture = {
  usualWidths: { N: 192, M: 320 },
  build,
};
