/**
 * Makes the integer tables of a model from its trained densities. It runs when a model is packaged, never when a stream is
 * written or read.
 */
import type { FloatArray } from "../../engine/index.ts";
import type { NetworkConfig } from "../../networks/architecture-table.ts";
import { createNetwork } from "../../networks/create-network.ts";
import {
  type FactorizedWeights,
  factorizedPmf,
  factorizedSupport,
  readFactorizedWeights,
} from "../../networks/densities/factorized-tables.ts";
import { gaussianScales, gaussianTables, scaleThresholds } from "../entropy/gaussian-tables.ts";
import { tablesFromPmfs } from "../entropy/pmf-tables.ts";
import type { FrequencyTableSet } from "../entropy/table-set.ts";
import type { ModelTables } from "./model.ts";

/**
 * Values outside of the range that holds all but this much of a density are left to the escape: a table entry takes at least
 * 2^-16 of the table, which rarer values do not repay (docs/decisions/0002-entropy-coder.md).
 */
const TAIL_MASS = 2 ** -17;

function channelTables(density: FactorizedWeights): FrequencyTableSet {
  return tablesFromPmfs(
    Array.from({ length: density.channels }, (_, channel) => {
      const { low, high } = factorizedSupport(density, channel, TAIL_MASS);
      return { firstSymbol: low, pmf: factorizedPmf(density, channel, low, high) };
    }),
  );
}

/**
 * The tables of a network with the given weights.
 *
 * @param scaleBound smallest scale of the Gaussian conditional, in quantization steps: the first level of the ladder.
 * @throws {HalfstepError} `bad-weights` if a density is missing, not finite or too wide for a table.
 */
export function modelTables(
  config: NetworkConfig,
  scaleBound: number,
  weights: ReadonlyMap<string, FloatArray>,
): ModelTables {
  const network = createNetwork(config);
  if (network.coding === "factorized") {
    return { coding: "factorized", y: channelTables(readFactorizedWeights(weights, network.yDensity)) };
  }
  const scales = gaussianScales({ lower: scaleBound });
  return {
    coding: "hyperprior",
    z: channelTables(readFactorizedWeights(weights, network.zDensity)),
    y: gaussianTables(scales),
    // Rounded to the float32 numbers that the file holds, so that a model behaves alike before and after it is written.
    thresholds: scaleThresholds(scales).map((scale) =>
      Math.fround(network.scaleForm === "log" ? Math.log(scale) : scale),
    ),
  };
}
