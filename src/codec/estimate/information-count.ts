/**
 * What training would count for latents that are coded: the information of the symbols under the trained densities, not under the tables that an entropy
 * coder uses. It listens to a coder, which knows nothing of it.
 */
import { readFactorizedWeights } from "../../networks/densities/factorized-tables.ts";
import type { Network } from "../../networks/network.ts";
import type { CodingListener } from "../latents/latent-coder.ts";
import type { Model } from "../model/model.ts";
import { factorizedInformation } from "./factorized-information.ts";
import { gaussianInformation } from "./gaussian-information.ts";

/** Counts bits while it listens. */
export interface InformationCount extends CodingListener {
  /** Of all that was coded since it was made. */
  readonly bits: number;
}

/** A count under the densities of a model. */
export function informationCount(model: Model, network: Network): InformationCount {
  const name = network.coding === "factorized" ? network.yDensity : network.zDensity;
  const density = readFactorizedWeights(model.weights, name);
  let bits = 0;
  return {
    get bits() {
      return bits;
    },
    byChannel(symbols) {
      bits += factorizedInformation(density, symbols);
    },
    byScale(symbols, scales) {
      if (network.coding === "factorized") throw new Error("internal: this network has no scales");
      bits += gaussianInformation(symbols, scales, model.scaleBound, network.scaleForm);
    },
  };
}
