/**
 * The graphs of training: image and noise -> network -> loss -> gradients -> optimizer, all of it one static graph, and the
 * graph that judges the same weights with real rounding.
 */
import { constant, defineGraph, graphInput, multiply, subtract, type Tensor } from "../engine/index.ts";
import { isInScopes } from "../networks/parameters.ts";
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
  const slots = parameters.map(({ name, shape }, i) => {
    const isKernel = isMuonParameter({ name, shape });
    const moving = isInScopes(name, network.encoderScopes) && hard !== null ? subtract(1, hard) : null;
    const firstMoment = graphInput(inputNames.firstMoment(name), shape);
    return {
      weight: built.weights[i] as Tensor,
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
  const update = adamUpdate(slots, weightGradients(built), scalars, config);
  const outputs: Record<string, Tensor> = { ...built.outputs, gradientNorm: update.gradientNorm };
  parameters.forEach(({ name }, i) => {
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
    inputs,
    scheduled: scheduledInputs(config, inputs),
    variableRate: network.variableRate,
  };
}

/**
 * The graph of loss and gradients on a batch `[config.batch, 3, config.crop, config.crop]`, for an optimizer outside of the
 * graph.
 */
export function gradientGraph(config: TrainConfig): ObjectiveGraph {
  return objectiveGraph(objective(config), true);
}

/** The graph that evaluates weights with real rounding on a batch `[batch, 3, side, side]`. */
export function evaluationGraph(config: TrainConfig, batch: number, side: number): ObjectiveGraph {
  return objectiveGraph(networkObjective(config, ROUNDING, { batch, side }), false);
}
