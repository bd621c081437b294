/**
 * A model with drawn weights, for tests and benchmarks: every part works, and nothing is learned. Not part of the library.
 */

import { serializeModel } from "../codec/model/model-file.ts";
import { graphInput } from "../engine/index.ts";
import { createNetwork } from "../networks/create-network.ts";
import { type EntropyLayer, entropyLayers } from "../networks/entropy/index.ts";
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
  const built = createNetwork(network);
  for (const part of ["ga.", "ha."]) {
    const last = scope.specs.findLast(({ name, shape }) => name.startsWith(part) && isWide(shape, network));
    if (last !== undefined) scale(weights.get(last.name)?.data, latentGain);
  }
  const layers = built.coding === "factorized" ? [] : [...entropyLayers(built).values()];
  for (const { layer, result } of layers) {
    // Scales around 1 in place of 0, so that the symbols are not all improbable.
    if (result === "real") weights.get(`${layer.name}.bias`)?.data.fill(1, 0, scalesOf(layer));
  }
  const activations = layers
    .filter(({ result }) => result === "levels")
    .map(({ layer }) => [layer.name, new Float64Array(layer.channels).fill(8)] as const);
  const limits =
    built.coding === "factorized"
      ? null
      : { z: 100, latents: new Float64Array(network.M).fill(30), activations: new Map(activations) };
  return serializeModel(buildModel({ name, network, lambda: 0.01, scaleBound: 0.11, training: {}, weights, limits }));
}

/** Channels of a last layer that are scales; they are the first. */
function scalesOf({ name, channels }: EntropyLayer): number {
  if (name.startsWith("scale")) return channels;
  return /^(mean|residual)/.test(name) ? 0 : channels >> 1;
}

/** Whether these are weights of a convolution of more than one position that gives a latent. */
function isWide([outputs, , kernel = 1]: readonly number[], { N, M }: NetworkConfig): boolean {
  return kernel > 1 && (outputs === M || outputs === N);
}

function scale(data: Float32Array | undefined, factor: number): void {
  data?.set(data.map((value) => value * factor));
}

/** The model of {@link randomModelBytes}, ready for `openCodec`. */
export function randomModel(network: NetworkConfig, options: RandomModelOptions = {}): LoadedModel {
  return loadModelBytes(randomModelBytes(network, options), "random model");
}
