/**
 * Trained weights to a model: rounds them to what the file stores, makes the tables, and turns the hyper-synthesis into
 * exact layers whose ranges come from calibration on real images.
 */
import { type CalibratedLimits, quantizeLayers } from "../codec/exact/quantize-layers.ts";
import { selfTestChecksum } from "../codec/exact/self-test.ts";
import type { Model, ModelDescription } from "../codec/model/model.ts";
import { roundToStored } from "../codec/model/model-file.ts";
import { modelTables } from "../codec/model/model-tables.ts";
import { createNetwork } from "../networks/create-network.ts";
import type { WeightArray } from "../networks/parameters.ts";

/** What {@link buildModel} builds from. */
export interface ModelParts extends ModelDescription {
  /** All parameters of the network by dotted name, as training left them. */
  readonly weights: ReadonlyMap<string, WeightArray>;
  /** Magnitudes seen in the hyper-synthesis; null for networks without hyper-latent. */
  readonly limits: CalibratedLimits | null;
  /** See `quantizeLayers`, which has a default. */
  readonly activationLimit?: number;
}

/**
 * @throws {HalfstepError} `bad-weights` if a parameter is missing, not finite or too large.
 * @throws {TypeError} for limits that are missing or not needed.
 */
export function buildModel({ limits, activationLimit, weights, ...description }: ModelParts): Model {
  const { network: config, scaleBound } = description;
  const network = createNetwork(config);
  if ((network.coding === "factorized") !== (limits === null)) {
    throw new TypeError(
      `buildModel: got ${limits === null ? "no " : ""}limits for a network whose coding is "${network.coding}"`,
    );
  }
  const stored = roundToStored(weights);
  const tables = modelTables(config, scaleBound, stored);
  if (network.coding === "factorized" || limits === null) {
    return { ...description, weights: stored, tables, hyperSynthesis: null };
  }
  const scope = network.hyperSynthesisScope;
  // From the weights of training, not from the rounded ones: they are rounded to integers once.
  const layers = quantizeLayers(network.hyperSynthesisLayers, scope, weights, limits, activationLimit);
  const kept = new Map([...stored].filter(([name]) => !name.startsWith(`${scope}.`)));
  return { ...description, weights: kept, tables, hyperSynthesis: { layers, selfTest: selfTestChecksum(layers) } };
}
