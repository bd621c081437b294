/**
 * The graphs of training: image and noise -> network -> loss -> gradients -> optimizer, all of it one static graph, and the
 * graph that judges the same weights with real rounding.
 */
import {
  constant,
  defineGraph,
  type Graph,
  gradients,
  graphInput,
  multiply,
  subtract,
  type Tensor,
} from "../engine/index.ts";
import { createNetwork, ParameterScope, type ParameterSpec } from "../networks/index.ts";
import { qualityShape } from "../networks/quality.ts";
import { adamUpdate } from "./adam.ts";
import type { TrainConfig } from "./config.ts";
import { isMuonParameter } from "./muon.ts";
import { rateDistortion } from "./rate-distortion.ts";
import type { SurrogatePairConfig } from "./surrogate-config.ts";
import { type NoiseInput, type ScheduledInput, SurrogateInputs } from "./surrogate-inputs.ts";

/** A graph and what must be fed to it. */
export interface StepGraph {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
  /** Names of those that the graph reads and never writes: `trained` leaves them out. They have no moments and no average. */
  readonly frozen: ReadonlySet<string>;
  readonly noise: readonly NoiseInput[];
  readonly scheduled: readonly ScheduledInput[];
  /** Whether it has the inputs of a network of variable rate, see `quality-inputs.ts`. */
  readonly variableRate: boolean;
}

/** Names of the graph inputs and, with "next/" before them, outputs that belong to a weight. */
export const slotNames = {
  weight: (name: string): string => `parameter/${name}`,
  firstMoment: (name: string): string => `first-moment/${name}`,
  secondMoment: (name: string): string => `second-moment/${name}`,
  average: (name: string): string => `average/${name}`,
} as const;

interface ImageSize {
  readonly batch: number;
  /** Height and width. */
  readonly side: number;
}

function objective(config: TrainConfig, surrogates: SurrogatePairConfig, scope: ParameterScope, size: ImageSize) {
  const { batch, side } = size;
  const image = graphInput("image", [batch, 3, side, side]);
  const inputs = new SurrogateInputs(config, surrogates);
  const network = createNetwork(config.network);
  if (!network.variableRate) {
    const result = network.train(scope, image, inputs.options);
    return { objective: rateDistortion(result, image, config), network, inputs };
  }
  const result = network.train(scope, image, {
    ...inputs.options,
    quality: graphInput("quality", qualityShape(batch)),
  });
  return { objective: rateDistortion(result, image, config, graphInput("lambda", [batch])), network, inputs };
}

/** The graph of one optimizer step on a batch `[config.batch, 3, config.crop, config.crop]`. */
export function trainingGraph(config: TrainConfig): StepGraph {
  const scope = ParameterScope.training();
  const built = objective(config, config.surrogate, scope, { batch: config.batch, side: config.crop });
  const parameters = scope.specs;
  const { hard } = built.inputs;
  const isEncoder = (name: string): boolean => built.network.encoderScopes.some((part) => name.startsWith(`${part}.`));
  const moved = config.trained === "decoder" ? parameters.filter(({ name }) => !isEncoder(name)) : parameters;
  const { name: optimizer, weightDecay } = config.optimizer;
  const slots = moved.map(({ name, shape }) => {
    const isKernel = isMuonParameter({ name, shape });
    const moving = isEncoder(name) && hard !== null ? subtract(1, hard) : null;
    const firstMoment = graphInput(slotNames.firstMoment(name), shape);
    return {
      weight: scope.tensors.get(name) as Tensor,
      // A mean gradient of 0 together with a gradient of 0 leaves a weight exactly where it is, while its average goes on towards it.
      firstMoment: moving === null ? firstMoment : multiply(firstMoment, moving),
      secondMoment: isKernel && optimizer === "muon" ? null : graphInput(slotNames.secondMoment(name), shape),
      average: config.emaDecay === 0 ? null : graphInput(slotNames.average(name), shape),
      decay: isKernel && weightDecay !== undefined ? (moving ?? constant(1)) : null,
    };
  });
  const slopes = gradients(
    built.objective.loss,
    slots.map(({ weight }) => weight),
  );
  const scalars = {
    stepSize: graphInput("step-size", []),
    epsilon: graphInput("epsilon", []),
    rate: graphInput("rate", []),
    averageDecay: graphInput("average-decay", []),
  };
  const update = adamUpdate(slots, slopes, scalars, config);
  const outputs: Record<string, Tensor> = { ...built.objective, gradientNorm: update.gradientNorm };
  moved.forEach(({ name }, i) => {
    const slot = update.slots[i];
    if (slot === undefined) throw new Error("internal: a weight has no slot");
    outputs[`next/${slotNames.weight(name)}`] = slot.weight;
    outputs[`next/${slotNames.firstMoment(name)}`] = slot.firstMoment;
    if (slot.secondMoment !== null) outputs[`next/${slotNames.secondMoment(name)}`] = slot.secondMoment;
    if (slot.average !== null) outputs[`next/${slotNames.average(name)}`] = slot.average;
  });
  const frozen = new Set(parameters.filter((one) => !moved.includes(one)).map(({ name }) => name));
  return {
    graph: defineGraph(outputs),
    parameters,
    frozen,
    noise: built.inputs.noise,
    scheduled: built.inputs.scheduled,
    variableRate: built.network.variableRate,
  };
}

/**
 * The graph of loss and gradients on a batch `[config.batch, 3, config.crop, config.crop]`, for an optimizer outside of the
 * graph: its outputs are the objective and `gradient/<name>` for each weight.
 *
 * @throws {RangeError} for a configuration that trains a part alone.
 */
export function gradientGraph(config: TrainConfig): StepGraph {
  if (config.trained !== undefined) {
    throw new RangeError(
      `gradientGraph: got trained "${config.trained}", expected "all": an optimizer outside of the graph moves every weight; use halfstep train`,
    );
  }
  const scope = ParameterScope.training();
  const built = objective(config, config.surrogate, scope, { batch: config.batch, side: config.crop });
  const parameters = scope.specs;
  const slopes = gradients(
    built.objective.loss,
    parameters.map(({ name }) => scope.tensors.get(name) as Tensor),
  );
  const named = parameters.map(({ name }, i) => [`gradient/${name}`, slopes[i] as Tensor] as const);
  return {
    graph: defineGraph({ ...built.objective, ...Object.fromEntries(named) }),
    parameters,
    frozen: new Set(),
    noise: built.inputs.noise,
    scheduled: built.inputs.scheduled,
    variableRate: built.network.variableRate,
  };
}

/** The graph that evaluates weights with real rounding on a batch `[batch, 3, size, size]`. */
export function evaluationGraph(config: TrainConfig, batch: number, size: number): StepGraph {
  const scope = ParameterScope.training();
  const built = objective(config, { rate: "ste", distortion: "ste" }, scope, { batch, side: size });
  const { noise, scheduled } = built.inputs;
  return {
    graph: defineGraph({ ...built.objective }),
    parameters: scope.specs,
    frozen: new Set(),
    noise,
    scheduled,
    variableRate: built.network.variableRate,
  };
}
