/**
 * The graphs of training: image and noise -> network -> loss -> gradients -> optimizer, all of it one static graph, and the
 * graph that judges the same weights with real rounding.
 */
import { constant, defineGraph, graphInput, multiply, subtract, type Tensor } from "../engine/index.ts";
import { isInScopes, type ParameterSpec } from "../networks/parameters.ts";
import { type ObjectiveGraph, objectiveGraph, weightGradients } from "../objective/build-objective.ts";
import { inputNames, outputNames } from "../objective/input-names.ts";
import { networkObjective } from "../objective/network-objective.ts";
import { ROUNDING } from "../objective/surrogate-inputs.ts";
import { adamUpdate } from "./adam.ts";
import type { TrainConfig } from "./config.ts";
import { isMuonParameter } from "./muon.ts";
import { type ScheduledInput, scheduledInputs, surrogateChoices } from "./scheduled-inputs.ts";

/** The graph of a step and what must be fed to it. */
export interface TrainingGraph extends ObjectiveGraph {
  /** Names of the weights that the graph reads and never writes: `trained` leaves them out. They have no moments and no average. */
  readonly frozen: ReadonlySet<string>;
  readonly scheduled: readonly ScheduledInput[];
  /** Whether it has the inputs of a network of variable rate, see `quality-inputs.ts`. */
  readonly variableRate: boolean;
}

function objective(config: TrainConfig) {
  return networkObjective(config, surrogateChoices(config.surrogate), { batch: config.batch, side: config.crop });
}

/** The graph of one optimizer step on a batch `[config.batch, 3, config.crop, config.crop]`. */
export function trainingGraph(config: TrainConfig): TrainingGraph {
  const built = objective(config);
  const { parameters, inputs, network } = built;
  const { hard } = inputs;
  const { name: optimizer, weightDecay } = config.optimizer;
  const isFrozen = ({ name }: ParameterSpec): boolean =>
    config.trained === "decoder" && isInScopes(name, network.encoderScopes);
  const moved = parameters.flatMap((parameter, i) =>
    isFrozen(parameter) ? [] : [{ ...parameter, weight: built.weights[i]! }],
  );
  const slots = moved.map(({ weight, ...parameter }) => {
    const { name, shape } = parameter;
    const isKernel = isMuonParameter(parameter);
    const moving = isInScopes(name, network.encoderScopes) && hard !== null ? subtract(1, hard) : null;
    const firstMoment = graphInput(inputNames.firstMoment(name), shape);
    return {
      weight,
      // A mean gradient of 0 together with a gradient of 0 leaves a weight exactly where it is, while its average goes on towards it.
      firstMoment: moving === null ? firstMoment : multiply(firstMoment, moving),
      secondMoment: isKernel && optimizer === "muon" ? null : graphInput(inputNames.secondMoment(name), shape),
      average: config.emaDecay === 0 ? null : graphInput(inputNames.average(name), shape),
      decay: isKernel && weightDecay !== undefined ? (moving ?? constant(1)) : null,
    };
  });
  const scalars = {
    stepSize: graphInput(inputNames.stepSize, []),
    epsilon: graphInput(inputNames.epsilon, []),
    rate: graphInput(inputNames.rate, []),
    averageDecay: graphInput(inputNames.averageDecay, []),
  };
  const slopes = weightGradients({ outputs: built.outputs, weights: moved.map(({ weight }) => weight) });
  const update = adamUpdate(slots, slopes, scalars, config);
  const outputs: Record<string, Tensor> = { ...built.outputs, gradientNorm: update.gradientNorm };
  moved.forEach(({ name }, i) => {
    const slot = update.slots[i];
    if (slot === undefined) throw new Error("internal: a weight has no slot");
    outputs[outputNames.next(inputNames.weight(name))] = slot.weight;
    outputs[outputNames.next(inputNames.firstMoment(name))] = slot.firstMoment;
    if (slot.secondMoment !== null) outputs[outputNames.next(inputNames.secondMoment(name))] = slot.secondMoment;
    if (slot.average !== null) outputs[outputNames.next(inputNames.average(name))] = slot.average;
  });
  return {
    graph: defineGraph(outputs),
    parameters,
    frozen: new Set(parameters.filter(isFrozen).map(({ name }) => name)),
    inputs,
    scheduled: scheduledInputs(config, inputs),
    variableRate: network.variableRate,
  };
}

/**
 * The graph of loss and gradients on a batch `[config.batch, 3, config.crop, config.crop]`, for an optimizer outside of the
 * graph.
 * @throws {RangeError} for a configuration that trains a part alone
 */
export function gradientGraph(config: TrainConfig): ObjectiveGraph {
  if (config.trained !== undefined) {
    throw new RangeError(
      `gradientGraph: got trained "${config.trained}", expected "all": an optimizer outside of the graph moves every weight; use halfstep train`,
    );
  }
  return objectiveGraph(objective(config), true);
}

/** The graph that evaluates weights with real rounding on a batch `[batch, 3, side, side]`. */
export function evaluationGraph(config: TrainConfig, batch: number, side: number): ObjectiveGraph {
  return objectiveGraph(networkObjective(config, ROUNDING, { batch, side }), false);
}
