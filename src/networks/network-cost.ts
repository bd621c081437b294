/**
 * What a network costs: parameters, and multiply-accumulates per pixel, part by part. They are counted as in the papers of the field: with masked
 * weights and both passes of a checkerboard, without element-wise operations.
 */

import { elementCount, graphInput, type Tensor } from "../engine/index.ts";
import { DEFAULT_SCALE_BOUND } from "../scale-bound.ts";
import type { NetworkConfig } from "./architecture-table.ts";
import { countMacs } from "./count-macs.ts";
import { createNetwork } from "./create-network.ts";
import { type EntropyInput, entropyGraphs, floatOps } from "./entropy/index.ts";
import { ParameterScope } from "./parameters.ts";
import { qualityShape } from "./quality.ts";
import { Y_STRIDE, Z_STRIDE } from "./strides.ts";
import { trainNetwork } from "./train-network.ts";

/** Cost of one part. */
export interface PartCost {
  /**
   * "analysis", "hyper-analysis", "hyper-synthesis", "context" (which predicts y from the part of y that is already coded), "synthesis", or "densities"
   * (the learned densities, which a codec has as tables).
   */
  readonly part: string;
  readonly parameters: number;
  /** Thousand multiply-accumulates for each pixel of the image; 0 for the densities. */
  readonly kiloMacsPerPixel: number;
}

/** Cost of a network. */
export interface NetworkCost {
  /** The configuration of the network. */
  readonly config: NetworkConfig;
  /** Its parts: transforms and entropy networks. */
  readonly parts: readonly PartCost[];
  /** Number of all parameters, with those of the densities. */
  readonly parameters: number;
  /** Thousand multiply-accumulates for each pixel: all parts but the synthesis. */
  readonly encoderKiloMacsPerPixel: number;
  /** The same for all parts but the analyses. */
  readonly decoderKiloMacsPerPixel: number;
}

/** Sides of the image that is counted on, and of its latents. */
const SIDE = 256;
const Y_SIDE = SIDE / Y_STRIDE;
const Z_SIDE = SIDE / Z_STRIDE;

/** Parameters and thousand multiply-accumulates per pixel of the network that a function builds. */
function costOf(part: string, passes: number, build: (scope: ParameterScope) => Tensor): PartCost {
  const scope = ParameterScope.training();
  const macs = countMacs(build(scope));
  const parameters = scope.specs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return { part, parameters, kiloMacsPerPixel: (passes * macs) / 1000 / SIDE ** 2 };
}

/** The sum of several parts, under one name. */
function sum(part: string, costs: readonly PartCost[]): PartCost {
  return {
    part,
    parameters: costs.reduce((total, { parameters }) => total + parameters, 0),
    kiloMacsPerPixel: costs.reduce((total, { kiloMacsPerPixel }) => total + kiloMacsPerPixel, 0),
  };
}

/** The cost of a network. @throws {RangeError} as `createNetwork` */
export function networkCost(config: NetworkConfig): NetworkCost {
  const network = createNetwork(config);
  const { M } = config;
  const yHat = graphInput("y", [1, M, Y_SIDE, Y_SIDE]);
  const quality = network.variableRate ? graphInput("quality", qualityShape(1, network.qualityKnots)) : undefined;
  const parts = [
    costOf("analysis", 1, (scope) => network.analysis(scope, graphInput("image", [1, 3, SIDE, SIDE]), quality)),
  ];
  if (network.coding === "hyperprior") {
    parts.push(costOf("hyper-analysis", 1, (scope) => network.hyperAnalysis(scope, yHat)));
    // First passes are counted like second ones, as publications do. Here they cost less.
    const graphs = entropyGraphs(network).filter(({ isFirstPass }) => !isFirstPass);
    const [hyperSynthesis, ...contexts] = graphs.map((graph) => {
      const input = (name: EntropyInput["name"]): Tensor => {
        // Counted on a whole map. At a single position, a causal layer would be counted without its masked weights.
        const channels = name === "neighbours" ? M : graph.inputs.find((found) => found.name === name)?.channels;
        const side = name === "z" ? Z_SIDE : Y_SIDE;
        return graphInput(name, [1, channels as number, side, side]);
      };
      return costOf(graph.name, graph.checkerboard ? 2 : 1, (scope) => graph.build(floatOps(scope), input));
    }) as [PartCost, ...PartCost[]];
    parts.push(hyperSynthesis);
    if (contexts.length > 0) parts.push(sum("context", contexts));
  }
  parts.push(costOf("synthesis", 1, (scope) => network.synthesis(scope, yHat, quality)));
  const whole = ParameterScope.training();
  trainNetwork(network, whole, graphInput("image", [1, 3, Z_STRIDE, Z_STRIDE]), {
    rate: "ste",
    distortion: "ste",
    zeroCenter: true,
    scaleBound: DEFAULT_SCALE_BOUND,
    quality,
    noise: graphInput,
  });
  const parameters = whole.specs.reduce((total, { shape }) => total + elementCount(shape), 0);
  parts.push({ part: "densities", parameters: parameters - sum("all", parts).parameters, kiloMacsPerPixel: 0 });
  const without = (...names: readonly string[]): number =>
    sum(
      "some",
      parts.filter(({ part }) => !names.includes(part)),
    ).kiloMacsPerPixel;
  return {
    config,
    parts,
    parameters,
    encoderKiloMacsPerPixel: without("synthesis"),
    decoderKiloMacsPerPixel: without("analysis", "hyper-analysis"),
  };
}
