/**
 * Builds everything that is trained or that the laboratory measures: weights as inputs of a graph, surrogates with their inputs, a loss, and the
 * gradients of the loss for every weight.
 */
import { arrayOf, defineGraph, type FloatArray, type Graph, gradients, type Tensor } from "../engine/index.ts";
import { ParameterScope, type ParameterSpec } from "../networks/index.ts";
import { inputNames, outputNames } from "./input-names.ts";
import { type SurrogateChoices, SurrogateInputs, type SurrogateOptions } from "./surrogate-inputs.ts";

/** A loss with everything that it depends on. */
export interface BuiltObjective<Outputs> {
  /** The loss and its parts, scalars. */
  readonly outputs: Outputs;
  readonly parameters: readonly ParameterSpec[];
  /** The inputs of the graph that are weights, in the order of `parameters`. */
  readonly weights: readonly Tensor[];
  /** The other inputs that the surrogates need. */
  readonly inputs: SurrogateInputs;
}

/** A graph, and the inputs that must be fed to it. */
export interface ObjectiveGraph {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
  readonly inputs: SurrogateInputs;
}

/**
 * Builds a loss.
 * @param build makes the loss and its parts. It gets a scope that gives it weights, and the options of the surrogates
 * @param seenAs what `build` sees instead of a weight, see `ParameterScope.training`
 */
export function buildObjective<Outputs extends { readonly loss: Tensor }>(
  surrogates: SurrogateChoices,
  build: (scope: ParameterScope, options: SurrogateOptions) => Outputs,
  seenAs?: (name: string, weight: Tensor) => Tensor,
): BuiltObjective<Outputs> {
  const scope = ParameterScope.training(seenAs);
  const inputs = new SurrogateInputs(surrogates);
  const outputs = build(scope, inputs.options);
  return { outputs, parameters: scope.specs, weights: [...scope.tensors.values()], inputs };
}

/** The gradients of the loss for the weights, in their order. */
export function weightGradients({
  outputs,
  weights,
}: Pick<BuiltObjective<{ readonly loss: Tensor }>, "outputs" | "weights">): readonly Tensor[] {
  return gradients(outputs.loss, weights) as readonly Tensor[];
}

/**
 * The graph of a loss.
 * @param withGradients whether its outputs are also the gradients of the loss, by `outputNames.gradient`
 */
export function objectiveGraph(
  built: BuiltObjective<{ readonly loss: Tensor }>,
  withGradients: boolean,
): ObjectiveGraph {
  const { outputs, parameters, inputs } = built;
  const slopes = withGradients ? weightGradients(built) : [];
  const named = slopes.map((slope, i) => [outputNames.gradient((parameters[i] as ParameterSpec).name), slope] as const);
  return { graph: defineGraph({ ...outputs, ...Object.fromEntries(named) }), parameters, inputs };
}

/** The weights as feeds of a graph. @throws {Error} `internal:` if one is missing */
export function weightFeeds(
  parameters: readonly ParameterSpec[],
  weights: ReadonlyMap<string, FloatArray>,
): readonly (readonly [string, FloatArray])[] {
  return parameters.map(({ name }) => [inputNames.weight(name), arrayOf(weights, name)]);
}
