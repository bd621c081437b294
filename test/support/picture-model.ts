/** A small model of drawn weights whose decoded pictures use the whole range of levels, so that a difference of one shows. */
import { parseModel, roundToStored, serializeModel } from "../../src/codec/model/model-file.ts";
import type { NetworkConfig } from "../../src/networks/architecture-table.ts";
import { randomModelBytes } from "./random-model.ts";

/** Brings the drawn synthesis, which knows nothing of pictures, to levels around the middle. */
const LAST_LAYER = { gain: 5, bias: 0.5 };

/** The bytes of the model file. */
export function pictureModelBytes(network: NetworkConfig): Uint8Array {
  const model = parseModel(randomModelBytes(network), "drawn model");
  const weights = new Map(model.weights);
  const change = (name: string, by: (value: number) => number): void => {
    const weight = weights.get(name);
    if (weight === undefined) throw new Error(`internal: the network has no "${name}"`);
    weights.set(name, { shape: weight.shape, data: weight.data.map(by) });
  };
  change("gs.deconv3.weight", (value) => value * LAST_LAYER.gain);
  change("gs.deconv3.bias", () => LAST_LAYER.bias);
  return serializeModel({ ...model, weights: roundToStored(weights) });
}
