/**
 * Trained weights to a model: rounds them to what the file stores, makes the tables, and turns the entropy networks into
 * exact layers whose ranges come from calibration on real images.
 */
import { correctionTable } from "../codec/exact/correction.ts";
import { type CalibratedLimits, quantizeNetworks } from "../codec/exact/quantize-layers.ts";
import { selfTestChecksum } from "../codec/exact/self-test.ts";
import type { Model, ModelDescription } from "../codec/model/model.ts";
import { roundToStored } from "../codec/model/model-file.ts";
import { modelTables } from "../codec/model/model-tables.ts";
import type { FloatArray } from "../engine/index.ts";
import { createNetwork } from "../networks/create-network.ts";
import { correctsLatents, entropyGraphs } from "../networks/entropy/index.ts";
import { roundToInt8 } from "../networks/int8-kernels.ts";

/** What {@link buildModel} builds from. */
export interface ModelParts extends ModelDescription {
  /** All parameters of the network by dotted name, as training left them. */
  readonly weights: ReadonlyMap<string, FloatArray>;
  /** Magnitudes seen in the entropy networks; null for networks without hyper-latent. */
  readonly limits: CalibratedLimits | null;
  /** See `quantizeNetworks`, which has a default. */
  readonly activationLimit?: number;
  /** Whether the file is to hold the large kernels of the transforms as 8-bit integers, see `networks/int8-kernels.ts`. False by default. */
  readonly int8Kernels?: boolean;
}

/**
 * Builds a model.
 * @throws {HalfstepError} `bad-weights` if a parameter is missing, not finite or too large.
 * @throws {TypeError} for limits or a range of lambdas that are missing or not needed.
 */
export function buildModel({ activationLimit, ...parts }: ModelParts): Model {
  return modelBuilder(parts)(activationLimit);
}

/** {@link buildModel} for several activation limits: what does not depend on them is made once. It throws the same, before anything is built. */
export function modelBuilder({
  limits,
  weights,
  int8Kernels = false,
  ...description
}: Omit<ModelParts, "activationLimit">): (activationLimit?: number) => Model {
  const { network: config, scaleBound } = description;
  const network = createNetwork(config);
  if (network.variableRate !== (description.lambdaRange !== undefined)) {
    throw new TypeError(
      `buildModel: got a range of lambdas for a network of fixed rate, or none for one of variable rate (${config.type})`,
    );
  }
  if ((network.coding === "factorized") !== (limits === null)) {
    throw new TypeError(
      `buildModel: got ${limits === null ? "no " : ""}limits for a network whose coding is "${network.coding}"`,
    );
  }
  const int8 = int8Kernels ? roundToInt8(network, weights) : { weights, int8Scales: new Map<string, Float32Array>() };
  const stored = roundToStored(int8.weights, int8.int8Scales);
  const scales = int8Kernels ? { int8Scales: int8.int8Scales } : {};
  const tables = modelTables(config, scaleBound, stored);
  if (network.coding === "factorized" || limits === null) {
    return () => ({ ...description, weights: stored, ...scales, tables, exact: null });
  }
  return (activationLimit) => {
    // From the weights of training, not from the rounded ones: they are rounded to integers once.
    const { layers, latentExponents } = quantizeNetworks(network, weights, limits, activationLimit);
    const isExact = (name: string): boolean => layers.has(name.replace(/\.(weight|bias)$/, ""));
    return {
      ...description,
      weights: new Map([...stored].filter(([name]) => !isExact(name))),
      ...scales,
      tables,
      exact: {
        layers,
        latentExponents: network.context.kind === "none" ? null : latentExponents,
        corrections: correctsLatents(network) ? correctionTable() : null,
        selfTest: new Map(entropyGraphs(network).map((graph) => [graph.name, selfTestChecksum(graph, layers)])),
      },
    };
  };
}
