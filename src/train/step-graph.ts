/**
 * The graphs of training: image and noise -> network -> loss -> gradients -> Adam, all of it one static graph, and the
 * graph that judges the same weights with real rounding.
 */
import {
  add,
  defineGraph,
  divide,
  type Graph,
  gradients,
  graphInput,
  multiply,
  reduceSum,
  type Shape,
  square,
  subtract,
  type Tensor,
} from "../engine/index.ts";
import { createNetwork, ParameterScope, type ParameterSpec } from "../networks/index.ts";
import { adamUpdate } from "./adam.ts";
import type { TrainConfig } from "./config.ts";

/** A noise input of the graph: fed with uniform values in [-1/2, 1/2). */
export interface NoiseInput {
  /** Name of the graph input. */
  readonly input: string;
  readonly shape: Shape;
}

/** A graph and what must be fed to it. */
export interface StepGraph {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
  readonly noise: readonly NoiseInput[];
}

/** Names of the graph inputs and, with "next/" before them, outputs that belong to a weight. */
export const slotNames = {
  weight: (name: string): string => `parameter/${name}`,
  firstMoment: (name: string): string => `first-moment/${name}`,
  secondMoment: (name: string): string => `second-moment/${name}`,
  average: (name: string): string => `average/${name}`,
} as const;

interface Objective {
  readonly loss: Tensor;
  readonly bitsPerPixel: Tensor;
  readonly meanSquaredError: Tensor;
}

interface Surrogates {
  readonly rate: "aun" | "ste";
  readonly distortion: "aun" | "ste";
}

function objective(config: TrainConfig, surrogates: Surrogates, scope: ParameterScope, batch: number, size: number) {
  const image = graphInput("image", [batch, 3, size, size]);
  const noise: NoiseInput[] = [];
  const network = createNetwork(config.network);
  const result = network.train(scope, image, {
    ...surrogates,
    zeroCenter: config.zeroCenter,
    scaleBound: config.scaleBound,
    noise: (name, shape) => {
      noise.push({ input: `noise/${name}`, shape });
      return graphInput(`noise/${name}`, shape);
    },
  });
  const pixels = batch * size * size;
  const meanSquaredError = divide(reduceSum(square(subtract(result.reconstruction, image))), 3 * pixels);
  const bitsPerPixel = divide(result.bits, pixels);
  const loss = add(bitsPerPixel, multiply(meanSquaredError, config.lambda * 255 ** 2));
  return { objective: { loss, bitsPerPixel, meanSquaredError } satisfies Objective, noise };
}

/** The graph of one optimizer step on a batch `[config.batch, 3, config.crop, config.crop]`. */
export function trainingGraph(config: TrainConfig): StepGraph {
  const scope = ParameterScope.training();
  const built = objective(config, config.surrogate, scope, config.batch, config.crop);
  const parameters = scope.specs;
  const slots = parameters.map(({ name, shape }) => ({
    weight: scope.tensors.get(name) as Tensor,
    firstMoment: graphInput(slotNames.firstMoment(name), shape),
    secondMoment: graphInput(slotNames.secondMoment(name), shape),
    average: config.emaDecay === 0 ? null : graphInput(slotNames.average(name), shape),
  }));
  const slopes = gradients(
    built.objective.loss,
    slots.map(({ weight }) => weight),
  );
  const scalars = {
    stepSize: graphInput("step-size", []),
    epsilon: graphInput("epsilon", []),
    averageDecay: graphInput("average-decay", []),
  };
  const update = adamUpdate(slots, slopes, scalars, config);
  const outputs: Record<string, Tensor> = { ...built.objective, gradientNorm: update.gradientNorm };
  parameters.forEach(({ name }, i) => {
    const slot = update.slots[i];
    if (slot === undefined) throw new Error("internal: a weight has no slot");
    outputs[`next/${slotNames.weight(name)}`] = slot.weight;
    outputs[`next/${slotNames.firstMoment(name)}`] = slot.firstMoment;
    outputs[`next/${slotNames.secondMoment(name)}`] = slot.secondMoment;
    if (slot.average !== null) outputs[`next/${slotNames.average(name)}`] = slot.average;
  });
  return { graph: defineGraph(outputs), parameters, noise: built.noise };
}

/** The graph that evaluates weights with real rounding on a batch `[batch, 3, size, size]`. */
export function evaluationGraph(config: TrainConfig, batch: number, size: number): StepGraph {
  const scope = ParameterScope.training();
  const built = objective(config, { rate: "ste", distortion: "ste" }, scope, batch, size);
  return { graph: defineGraph({ ...built.objective }), parameters: scope.specs, noise: built.noise };
}
