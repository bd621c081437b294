/** The graphs by which a trained network is studied: its loss with given surrogates, and the gradients of its weights. */
import { defineGraph, type Graph, gradients, graphInput, type Tensor } from "../../engine/index.ts";
import { createNetwork, ParameterScope, type ParameterSpec } from "../../networks/index.ts";
import type { TrainConfig } from "../../train/config.ts";
import { rateDistortion } from "../../train/rate-distortion.ts";
import { SurrogateFeeds } from "../running/surrogate-feeds.ts";
import type { SurrogatePair } from "../running/surrogate-pairs.ts";
import { gradientOutput } from "../running/weight-feeds.ts";

/** A graph and what must be fed to it besides `image` and the weights. */
export interface NetworkGraph {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
  readonly feeds: SurrogateFeeds;
  /** Scopes of the encoder's parameters. */
  readonly encoderScopes: readonly string[];
}

/**
 * Outputs `loss`, `bitsPerPixel` and `meanSquaredError` of one image `[1, 3, side, side]`, and the gradient of the loss for
 * every weight if asked for.
 */
export function networkGraph(
  config: TrainConfig,
  pair: Pick<SurrogatePair, "rate" | "distortion">,
  side: number,
  withGradients: boolean,
): NetworkGraph {
  const scope = ParameterScope.training();
  const image = graphInput("image", [1, 3, side, side]);
  const feeds = new SurrogateFeeds(pair);
  const network = createNetwork(config.network);
  const result = network.train(scope, image, {
    ...feeds.options,
    zeroCenter: config.zeroCenter,
    partialStopGradient: config.partialStopGradient,
    scaleBound: config.scaleBound,
  });
  const objective = rateDistortion(result, image, config.lambda);
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
  };
}
