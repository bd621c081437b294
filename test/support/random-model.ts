/**
 * A model with drawn weights, for tests and benchmarks: every part works, and nothing is learned. Not part of the library.
 */
import { serializeModel } from "../../src/codec/model/model-file.ts";
import type { Distortion } from "../../src/distortion.ts";
import { arrayOf, graphInput } from "../../src/engine/index.ts";
import { type LoadedModel, loadModelBytes } from "../../src/models/model-files.ts";
import type { NetworkConfig } from "../../src/networks/architecture-table.ts";
import { createNetwork } from "../../src/networks/create-network.ts";
import { type EntropyLayer, entropyLayers } from "../../src/networks/entropy/index.ts";
import { initializeParameters } from "../../src/networks/initialize-parameters.ts";
import { kaimingUniform } from "../../src/networks/initializers.ts";
import { ParameterScope, type ParameterSpec } from "../../src/networks/parameters.ts";
import { highestLambda, LAMBDA_AT_LOWEST_QUALITY, qualityShape } from "../../src/networks/quality.ts";
import { trainNetwork } from "../../src/networks/train-network.ts";
import { buildModel } from "../../src/packaging/build-model.ts";
import { DEFAULT_SCALE_BOUND } from "../../src/scale-bound.ts";

const LATENT_GAIN = 20;

/** Options of {@link randomModel}. */
export interface RandomModelOptions {
  /** Default 1. */
  readonly seed?: number;
  /**
   * Factor on the last layers of the analysis and the hyper-analysis: fresh weights give latents near zero. Default 20. In halfstep,
   * whose fresh analysis is a transform with useful steps, on what the analysis gives; default 1.
   */
  readonly latentGain?: number;
  /** Default "random". */
  readonly name?: string;
  /** See `buildModel`. */
  readonly int8Kernels?: boolean;
  /** What the model says that it was trained for. Default: it says nothing. */
  readonly distortion?: Distortion;
}

/** A model file's bytes. The same arguments give the same bytes. */
export function randomModelBytes(network: NetworkConfig, options: RandomModelOptions = {}): Uint8Array<ArrayBuffer> {
  const { seed = 1, name = "random", int8Kernels = false, distortion } = options;
  const training = distortion === undefined ? {} : { config: { distortion } };
  const scope = ParameterScope.training();
  const noise = (input: string, shape: readonly number[]) => graphInput(input, shape);
  const side = 64;
  const built = createNetwork(network);
  const latentGain = options.latentGain ?? (built.variableRate ? 1 : LATENT_GAIN);
  trainNetwork(built, scope, graphInput("image", [1, 3, side, side]), {
    rate: "aun",
    distortion: "ste",
    zeroCenter: true,
    scaleBound: DEFAULT_SCALE_BOUND,
    noise,
    quality: built.variableRate ? graphInput("quality", qualityShape(1, built.qualityKnots)) : undefined,
  });
  const weights = initializeParameters(drawn(scope.specs), seed);
  if (built.variableRate) {
    const gains = arrayOf(weights, "ga.gain").data;
    gains.set(gains.map((logarithm) => logarithm + Math.log(latentGain)));
    scale(arrayOf(weights, "ha.conv2.weight").data, LATENT_GAIN);
  } else {
    for (const part of ["ga.", "ha."]) {
      const last = scope.specs.findLast(({ name, shape }) => name.startsWith(part) && isWide(shape, network));
      if (last !== undefined) scale(arrayOf(weights, last.name).data, latentGain);
    }
  }
  const layers = built.coding === "factorized" ? [] : [...entropyLayers(built).values()];
  const hasLogScales = built.coding === "hyperprior" && built.scaleForm === "log";
  for (const { layer, result } of layers) {
    // Scales around 1 in place of 0, so that the symbols are not all improbable; logarithms of 0 are that.
    if (result === "real" && !hasLogScales) arrayOf(weights, `${layer.name}.bias`).data.fill(1, 0, scalesOf(layer));
  }
  const activations = layers
    .filter(({ result }) => result === "levels")
    .map(({ layer }) => [layer.name, new Float64Array(layer.channels).fill(8)] as const);
  const limits =
    built.coding === "factorized"
      ? null
      : { z: 100, latents: new Float64Array(network.M).fill(30), activations: new Map(activations) };
  const allLambdas = [LAMBDA_AT_LOWEST_QUALITY, highestLambda(built.qualityKnots)] as const;
  const rate = { lambda: 0.01, ...(built.variableRate ? { lambdaRange: allLambdas } : {}) };
  return serializeModel(
    buildModel({ name, network, ...rate, scaleBound: DEFAULT_SCALE_BOUND, training, weights, limits, int8Kernels }),
  );
}

/** The same parameters; kernels that begin at 0, which would hide what lies before them, are drawn. */
function drawn(specs: readonly ParameterSpec[]): readonly ParameterSpec[] {
  return specs.map((spec) => {
    const { shape, initializer } = spec;
    if (shape.length !== 4 || initializer.kind !== "constant") return spec;
    const taps = shape.slice(1).reduce((product, size) => product * size, 1);
    return { ...spec, initializer: kaimingUniform(taps) };
  });
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
