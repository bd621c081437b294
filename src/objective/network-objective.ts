/** The loss of a network on a batch of images: what training lowers, and what the laboratory measures. */
import { graphInput } from "../engine/index.ts";
import { createNetwork, type Network, type NetworkConfig, type TrainOptions } from "../networks/index.ts";
import { qualityShape } from "../networks/quality.ts";
import { type BuiltObjective, buildObjective } from "./build-objective.ts";
import { inputNames } from "./input-names.ts";
import { type Objective, type RateDistortionConfig, rateDistortion } from "./rate-distortion.ts";
import type { SurrogateChoices } from "./surrogate-inputs.ts";

/** What decides about the loss besides the surrogates; a part of the configuration of a training run. */
export interface ObjectiveConfig
  extends RateDistortionConfig,
    Pick<TrainOptions, "zeroCenter" | "partialStopGradient" | "scaleBound"> {
  readonly network: NetworkConfig;
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
  const built = buildObjective(surrogates, (scope, options) => {
    const quality = network.variableRate
      ? graphInput(inputNames.quality, qualityShape(batch, network.qualityKnots))
      : undefined;
    const lambdas = network.variableRate ? graphInput(inputNames.lambda, [batch]) : null;
    const result = network.train(scope, image, { ...options, zeroCenter, partialStopGradient, scaleBound, quality });
    return rateDistortion(result, image, config, lambdas);
  });
  return { ...built, network };
}
