/** The loss of a network on a batch of images. Training lowers it, and the laboratory measures it. */
import { graphInput, type Tensor } from "../engine/index.ts";
import {
  createNetwork,
  type Network,
  type NetworkConfig,
  type ParameterScope,
  type TrainOptions,
  trainNetwork,
} from "../networks/index.ts";
import { int8Choice, throughInt8 } from "../networks/int8-kernels.ts";
import { qualityShape } from "../networks/quality.ts";
import { type BuiltObjective, buildObjective } from "./build-objective.ts";
import { inputNames } from "./input-names.ts";
import { type Objective, type RateDistortionConfig, rateDistortion } from "./rate-distortion.ts";
import type { SurrogateChoices, SurrogateOptions } from "./surrogate-inputs.ts";

/** What the loss depends on beside the surrogates: a part of the configuration of a training run. */
export interface ObjectiveConfig
  extends RateDistortionConfig,
    Pick<TrainOptions, "zeroCenter" | "partialStopGradient" | "scaleBound"> {
  readonly network: NetworkConfig;
  /** Whether the network computes with its large kernels rounded as 8-bit integers (`networks/int8-kernels.ts`). Default false. */
  readonly int8Kernels?: boolean | undefined;
}

/** A batch of square images. */
export interface BatchSize {
  readonly batch: number;
  /** Height and width in pixels, a multiple of the network's downscale. */
  readonly side: number;
}

/** The loss of a network. */
export interface NetworkObjective extends BuiltObjective<Objective> {
  readonly network: Network;
}

/**
 * Builds the loss on a batch `[batch, 3, side, side]`.
 * @throws {RangeError} for a network that does not exist, and for MS-SSIM of images under 161 pixels on a side
 */
export function networkObjective(
  config: ObjectiveConfig,
  surrogates: SurrogateChoices,
  { batch, side }: BatchSize,
): NetworkObjective {
  const network = createNetwork(config.network);
  const { zeroCenter, partialStopGradient, scaleBound } = config;
  const image = graphInput(inputNames.image, [batch, 3, side, side]);
  const isInt8 = config.int8Kernels === true ? int8Choice(network) : () => false;
  const seenAs = (name: string, weight: Tensor): Tensor => (isInt8(name, weight.shape) ? throughInt8(weight) : weight);
  const build = (scope: ParameterScope, options: SurrogateOptions): Objective => {
    const quality = network.variableRate
      ? graphInput(inputNames.quality, qualityShape(batch, network.qualityKnots))
      : undefined;
    const lambdas = network.variableRate ? graphInput(inputNames.lambda, [batch]) : null;
    const result = trainNetwork(network, scope, image, {
      ...options,
      zeroCenter,
      partialStopGradient,
      scaleBound,
      quality,
    });
    return rateDistortion(result, image, config, lambdas);
  };
  return { ...buildObjective(surrogates, build, seenAs), network };
}
