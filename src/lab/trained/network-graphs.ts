/** The graphs by which a trained network is studied: its loss with given surrogates, and the gradients of its weights. */
import { defineGraph, type Graph, gradients, graphInput, type Tensor } from "../../engine/index.ts";
import { UsageError } from "../../errors.ts";
import { createNetwork, ParameterScope, type ParameterSpec } from "../../networks/index.ts";
import { qualityShape } from "../../networks/quality.ts";
import type { TrainConfig } from "../../train/config.ts";
import { MS_SSIM_LEAST_SIDE } from "../../train/ms-ssim.ts";
import { rateDistortion } from "../../train/rate-distortion.ts";
import { SurrogateFeeds } from "../running/surrogate-feeds.ts";
import type { SurrogatePair } from "../running/surrogate-pairs.ts";
import { gradientOutput } from "../running/weight-feeds.ts";

/** A graph and what must be fed to it besides `image`, the weights and, for a network of variable rate, `quality` and `lambda`. */
export interface NetworkGraph {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
  readonly feeds: SurrogateFeeds;
  /** Scopes of the encoder's parameters. */
  readonly encoderScopes: readonly string[];
  /** Whether it has the inputs `quality` and `lambda` of `train/quality-inputs.ts`. */
  readonly variableRate: boolean;
}

/**
 * Outputs `loss`, `bitsPerPixel` and `meanSquaredError` of one image `[1, 3, side, side]`, `msSsim` if that is what the network was
 * trained for, and the gradient of the loss for every weight if asked for.
 *
 * @throws {UsageError} `image-too-small` for a network that is trained for MS-SSIM and images under 161 pixels on a side.
 */
export function networkGraph(
  config: TrainConfig,
  pair: Pick<SurrogatePair, "rate" | "distortion">,
  side: number,
  withGradients: boolean,
): NetworkGraph {
  if (config.distortion === "ms-ssim" && side < MS_SSIM_LEAST_SIDE) {
    throw new UsageError(
      "image-too-small",
      `crops: got ${side} x ${side} pixels for a network that is trained for MS-SSIM, expected at least ${MS_SSIM_LEAST_SIDE}; take a larger crop`,
    );
  }
  const scope = ParameterScope.training();
  const image = graphInput("image", [1, 3, side, side]);
  const feeds = new SurrogateFeeds(pair);
  const network = createNetwork(config.network);
  const result = network.train(scope, image, {
    ...feeds.options,
    zeroCenter: config.zeroCenter,
    partialStopGradient: config.partialStopGradient,
    scaleBound: config.scaleBound,
    quality: network.variableRate ? graphInput("quality", qualityShape(1, network.qualityKnots)) : undefined,
  });
  const objective = rateDistortion(result, image, config, network.variableRate ? graphInput("lambda", [1]) : null);
  const outputs: Record<string, Tensor> = { ...objective };
  const names = scope.specs.map(({ name }) => name);
  if (withGradients) {
    const slopes = gradients(
      objective.loss,
      names.map((name) => scope.tensors.get(name) as Tensor),
    );
    names.forEach((name, i) => {
      outputs[gradientOutput(name)] = slopes[i] as Tensor;
    });
  }
  return {
    graph: defineGraph(outputs),
    parameters: scope.specs,
    feeds,
    encoderScopes: network.encoderScopes,
    variableRate: network.variableRate,
  };
}
