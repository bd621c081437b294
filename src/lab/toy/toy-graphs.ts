/** The graphs of a toy codec: a training step up to the gradients, and an evaluation with given surrogates. */
import { defineGraph, type Graph, graphInput } from "../../engine/index.ts";
import { ParameterScope, type ParameterSpec } from "../../networks/index.ts";
import { buildObjective, type ObjectiveGraph, objectiveGraph } from "../../objective/build-objective.ts";
import type { SurrogateChoices } from "../../objective/surrogate-inputs.ts";
import { DEFAULT_SCALE_BOUND } from "../../scale-bound.ts";
import { toyAnalysis, toyCodec, toySynthesis } from "./toy-codec.ts";

/**
 * Loss, bits and distortion for `count` points, with real rounding for `ROUNDING`.
 * @param withGradients whether also the gradients of all parameters
 */
export function toyGraph(
  surrogates: SurrogateChoices,
  count: number,
  lambda: number,
  withGradients: boolean,
): ObjectiveGraph {
  const built = buildObjective(surrogates, (scope, options) => {
    const points = graphInput("points", [count, 2]);
    return toyCodec(scope, points, lambda, { ...options, zeroCenter: true, scaleBound: DEFAULT_SCALE_BOUND });
  });
  return objectiveGraph(built, withGradients);
}

/** A part of a toy codec. */
interface PartGraph {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
}

/** `latent`: y of `count` points. */
export function toyAnalysisGraph(count: number): PartGraph {
  const scope = ParameterScope.training();
  const latent = toyAnalysis(scope, graphInput("points", [count, 2]));
  return { graph: defineGraph({ latent }), parameters: scope.specs };
}

/** `points`: reconstructions of `count` quantized latents, fed as `symbols`. */
export function toySynthesisGraph(count: number): PartGraph {
  const scope = ParameterScope.training();
  const points = toySynthesis(scope, graphInput("symbols", [count, 2]));
  return { graph: defineGraph({ points }), parameters: scope.specs };
}
