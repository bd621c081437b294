/**
 * Halfstep's own network: all qualities in one, no layer at full size, exact entropy networks with an optional checkerboard, and a
 * beginning that is a transform codec already (`transforms/halfstep.ts`).
 *
 *   x --ga(quality)--> y, in steps of the quality ------------> Q(y - mu) + mu = y^ --gs(quality)--> x^
 *                      |                                         ^
 *                      ha                                   mu, log s
 *                      |                                         |
 *                      z --Q--> z^ --hs--> features --(context)--+
 *
 *   ha:  sign(y) log(1 + |y|) -> 1x1 W -> LReLU -> 3x3/2 W -> LReLU -> 3x3/2 Z -> z          Z = 3 W / 8
 *   hs:  twice  1x1*2 H (sub-pixel) -> LReLU -> 3x3 H -> LReLU,  then 1x1 2M, or H features for a context      H = 2 W / 3
 *   context, a group of g channels:  (3x3 W on the checkerboard of y^, features, groups before through 3x3 W) -> 1x1 W -> LReLU -> 1x1 2g
 *   context of the channels beyond the core, without a checkerboard:  (features, all of the core through 1x1 W) -> 1x1 W -> LReLU -> 1x1 2g
 *
 * The entropy networks see quantization steps whatever the quality, so one set of integers serves all of them.
 */

import { abs, divide, leakyRelu, log, multiply, add as plus, type Tensor } from "../../engine/index.ts";
import type { Architecture } from "../architecture.ts";
import { hyperprior } from "../entropy/hyperprior.ts";
import { chain, type EntropyLayer, LEAKY_SLOPE, outputChain } from "../entropy/index.ts";
import { conv } from "../layers/conv.ts";
import type { CodingGroup, Context, HalfstepStructure, HyperpriorNetwork, NetworkSizes } from "../network.ts";
import type { ParameterScope } from "../parameters.ts";
import { QUALITY_KNOTS } from "../quality.ts";
import { ga, gs, halos } from "../transforms/halfstep.ts";

/** What `structure` is where a configuration does not say. */
export const DEFAULT_STRUCTURE: HalfstepStructure = { wide: 192, analysis: [2, 2], synthesis: [2, 2], steps: 1 };

/** ha looks three elements of y beyond those under z to one side, hs one element of z. */
const HYPER_HALOS = { hyperAnalysis: 3, hyperSynthesis: 1 } as const;

/** Latents reach hundreds of steps at high qualities; the hyper-analysis sees their logarithms. */
function compressed(y: Tensor): Tensor {
  const magnitude = abs(y);
  return multiply(y, divide(log(plus(magnitude, 1)), plus(magnitude, 1e-6)));
}

function hyperAnalysis(scope: ParameterScope, y: Tensor, wide: number, zChannels: number): Tensor {
  const first = leakyRelu(conv(scope.scope("conv0"), compressed(y), { channels: wide, kernel: 1 }), LEAKY_SLOPE);
  const second = leakyRelu(conv(scope.scope("conv1"), first, { channels: wide, kernel: 3, stride: 2 }), LEAKY_SLOPE);
  return conv(scope.scope("conv2"), second, { channels: zChannels, kernel: 3, stride: 2 });
}

function hyperSynthesisLayers(channels: number): readonly EntropyLayer[] {
  const up = { kind: "sub-pixel", kernel: 1, stride: 2, activation: "leaky-relu", channels } as const;
  const around = { kind: "conv", kernel: 3, activation: "leaky-relu", channels } as const;
  return [
    { name: "hs.up0", ...up },
    { name: "hs.conv0", ...around },
    { name: "hs.up1", ...up },
    { name: "hs.conv1", ...around },
  ];
}

/** Channels of the groups of the core that are coded one after the other. */
function groupWidths(core: number, steps: 2 | 4): readonly number[] {
  return steps === 2 ? [core] : [core >> 2, core - (core >> 2)];
}

/**
 * The channels beyond the core, which are silent in most pictures. Nothing looks around itself here: a picture that needs these channels has edges
 * of its own in each element of y.
 */
function groupBeyondTheCore(core: number, M: number, wide: number, k: number): CodingGroup {
  const pointwise = { kind: "conv", kernel: 1 } as const;
  const hidden = { ...pointwise, channels: wide, activation: "leaky-relu" } as const;
  const before: EntropyLayer = { name: `context${k}.before`, ...hidden };
  const parameters: readonly EntropyLayer[] = [
    { name: `context${k}.conv0`, ...hidden },
    { name: `context${k}.conv1`, ...pointwise, channels: 2 * (M - core) },
  ];
  return {
    start: core,
    end: M,
    checkerboard: false,
    optional: true,
    summary: { channels: wide, build: (ops, known) => ops.layer(known, before) },
    parameters: (ops, features, summary) =>
      outputChain(ops, ops.concat([...(summary === null ? [] : [summary]), features]), parameters),
  };
}

function contextOf(M: number, core: number, wide: number, steps: HalfstepStructure["steps"]): Context {
  if (steps === 1) return { kind: "none" };
  const widths = groupWidths(core, steps);
  const groups = widths.map((width, k): CodingGroup => {
    const start = widths.slice(0, k).reduce((sum, before) => sum + before, 0);
    const spatial: EntropyLayer = {
      name: `context${k}.spatial`,
      kind: "conv",
      kernel: 3,
      channels: wide,
      mask: "checkerboard",
    };
    const before: EntropyLayer = {
      name: `context${k}.before`,
      kind: "conv",
      kernel: 3,
      channels: wide,
      activation: "leaky-relu",
    };
    const parameters: readonly EntropyLayer[] = [
      { name: `context${k}.conv0`, kind: "conv", kernel: 1, channels: wide, activation: "leaky-relu" },
      { name: `context${k}.conv1`, kind: "conv", kernel: 1, channels: 2 * width },
    ];
    return {
      start,
      end: start + width,
      checkerboard: true,
      ...(k === 0 ? {} : { summary: { channels: wide, build: (ops, known) => ops.layer(known, before) } }),
      parameters(ops, features, summary, current) {
        const own = current === null ? ops.zeros(features, wide) : ops.atOddSites(ops.layer(current, spatial));
        return outputChain(ops, ops.concat([own, ...(summary === null ? [] : [summary]), features]), parameters);
      },
    };
  });
  return {
    kind: "groups",
    groups: core === M ? groups : [...groups, groupBeyondTheCore(core, M, wide, groups.length)],
  };
}

function checkStructure({ N, M }: NetworkSizes, structure: HalfstepStructure): void {
  const { wide, analysis, synthesis, steps, bypass, core = M, knots = QUALITY_KNOTS } = structure;
  for (const depth of [...analysis, ...synthesis]) {
    if (!Number.isInteger(depth) || depth < 0)
      throw new RangeError(`halfstep: got a depth of ${depth}, expected 0 or more`);
  }
  if (N < 4 || M < 4 || wide < 4) throw new RangeError(`halfstep: got widths ${N}, ${wide}, ${M}, expected at least 4`);
  if (!Number.isInteger(core) || core < 4 || core > M) {
    throw new RangeError(`halfstep: got a core of ${core} channels, expected 4..${M}`);
  }
  if (core < M && (bypass !== true || steps === 1)) {
    throw new RangeError(
      `halfstep: got a core of ${core} of ${M} channels with ${steps} step${steps === 1 ? "" : "s"} and ${bypass === true ? "a" : "no"} bypass, expected a bypass and 2 or 4 steps`,
    );
  }
  if (!Number.isInteger(knots) || knots < 2) throw new RangeError(`halfstep: got ${knots} knots, expected at least 2`);
}

/** Builds the network of this file. @throws {RangeError} for a structure that makes no network */
function build(sizes: NetworkSizes): HyperpriorNetwork {
  const { N, M } = sizes;
  const structure = sizes.structure ?? DEFAULT_STRUCTURE;
  checkStructure(sizes, structure);
  const { wide, steps, core = M, knots = QUALITY_KNOTS } = structure;
  const options = { N, M, ...structure };
  const hyperWidth = Math.floor((2 * wide) / 3);
  const layers = hyperSynthesisLayers(hyperWidth);
  const context = contextOf(M, core, wide, steps);
  const zChannels = Math.floor((3 * wide) / 8);
  return hyperprior({
    sizes,
    qualityKnots: knots,
    scaleForm: "log",
    zChannels,
    halos: { ...halos(structure), ...HYPER_HALOS },
    analysis: (scope, image, quality) => ga(scope.scope("ga"), image, needed(quality), options),
    synthesis: (scope, yHat, quality, used) => gs(scope.scope("gs"), yHat, needed(quality), options, used),
    hyperAnalysis: (scope, y) => hyperAnalysis(scope.scope("ha"), y, wide, zChannels),
    predictsMean: true,
    hyperSynthesis: (ops, zHat) =>
      context.kind === "none"
        ? outputChain(ops, zHat, [...layers, { name: "hs.out", kind: "conv", kernel: 1, channels: 2 * M }])
        : chain(ops, zHat, layers),
    featureChannels: context.kind === "none" ? 2 * M : hyperWidth,
    context,
  });
}

function needed(quality: Tensor | undefined): Tensor {
  if (quality === undefined) throw new RangeError("halfstep: got no quality, expected its weights for every image");
  return quality;
}

/** The record of this architecture. */
export const halfstep: Architecture = {
  usualWidths: { N: 128, M: 192 },
  defaultStructure: DEFAULT_STRUCTURE,
  growth: async () => (await import("./halfstep-growth.ts")).growth,
  build,
};
