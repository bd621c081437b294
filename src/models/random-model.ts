/**
 * A model with drawn weights, for tests and benchmarks: every part works, and nothing is learned. Not part of the library.
 */

import { serializeModel } from "../codec/model/model-file.ts";
import { graphInput } from "../engine/index.ts";
import { createNetwork } from "../networks/create-network.ts";
import { initializeParameters } from "../networks/initialize-parameters.ts";
import type { NetworkConfig } from "../networks/network.ts";
import { ParameterScope } from "../networks/parameters.ts";
import { buildModel } from "./build-model.ts";
import { type LoadedModel, loadModelBytes } from "./model-files.ts";

/** Options of {@link randomModel}. */
export interface RandomModelOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Factor on the last layers of the analysis and the hyper-analysis: fresh weights give latents near zero. Default 20. */
  readonly latentGain?: number;
  /** Default "random". */
  readonly name?: string;
}

/** A model file's bytes. The same arguments give the same bytes. */
export function randomModelBytes(network: NetworkConfig, options: RandomModelOptions = {}): Uint8Array<ArrayBuffer> {
  const { seed = 1, latentGain = 20, name = "random" } = options;
  const scope = ParameterScope.training();
  const noise = (input: string, shape: readonly number[]) => graphInput(input, shape);
  const side = 64;
  createNetwork(network).train(scope, graphInput("image", [1, 3, side, side]), {
    rate: "aun",
    distortion: "ste",
    zeroCenter: true,
    scaleBound: 0.11,
    noise,
  });
  const weights = initializeParameters(scope.specs, seed);
  for (const [weight, { data }] of weights) {
    const factor = /^ga\.conv3\.weight$|^ha\.conv2\.weight$/.test(weight) ? latentGain : 1;
    if (factor !== 1) data.set(data.map((value) => value * factor));
    // Scales around 1 in place of 0, so that the symbols are not all improbable.
    if (weight === "hs.conv2.bias") data.fill(1, 0, network.M);
  }
  const built = createNetwork(network);
  const limits =
    built.coding === "factorized"
      ? null
      : {
          input: 100,
          activations: built.hyperSynthesisLayers
            .slice(0, -1)
            .map(({ channels }) => new Float64Array(channels).fill(8)),
        };
  return serializeModel(buildModel({ name, network, lambda: 0.01, scaleBound: 0.11, training: {}, weights, limits }));
}

/** The model of {@link randomModelBytes}, ready for `openCodec`. */
export function randomModel(network: NetworkConfig, options: RandomModelOptions = {}): LoadedModel {
  return loadModelBytes(randomModelBytes(network, options), "random model");
}
