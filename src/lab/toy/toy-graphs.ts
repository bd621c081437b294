/** The graphs of a toy codec: a training step up to the gradients, and an evaluation with given surrogates. */
import { defineGraph, type Graph, gradients, graphInput, type Tensor } from "../../engine/index.ts";
import { ParameterScope, type ParameterSpec, type TrainOptions } from "../../networks/index.ts";
import { SurrogateFeeds } from "../running/surrogate-feeds.ts";
import type { SurrogatePair } from "../running/surrogate-pairs.ts";
import { gradientOutput } from "../running/weight-feeds.ts";
import { ENCODER_SCOPE, toyAnalysis, toyCodec, toySynthesis } from "./toy-codec.ts";

/** A graph and what must be fed to it besides `points` and the parameters. */
export interface ToyGraph {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
  /** Noise and temperatures. */
  readonly feeds: SurrogateFeeds;
  /** Whether the switch `hard` is to be fed. */
  readonly hasSwitch: boolean;
}

/** Whether a parameter belongs to the encoder. */
export function isEncoderParameter(name: string): boolean {
  return name.startsWith(`${ENCODER_SCOPE}.`);
}

function build(pair: Pick<SurrogatePair, "rate" | "distortion" | "hardFrom">, count: number, lambda: number) {
  const scope = ParameterScope.training();
  const feeds = new SurrogateFeeds(pair);
  const hard = pair.hardFrom === null ? undefined : graphInput("hard", []);
  const options: TrainOptions = {
    ...feeds.options,
    zeroCenter: true,
    scaleBound: 0.11,
    ...(hard === undefined ? {} : { hard }),
  };
  const outputs = toyCodec(scope, graphInput("points", [count, 2]), lambda, options);
  return { scope, outputs, rest: { feeds, hasSwitch: hard !== undefined } };
}

/** Loss, bits, distortion and the gradients of all parameters for `count` points. */
export function toyTrainingGraph(pair: SurrogatePair, count: number, lambda: number): ToyGraph {
  const { scope, outputs, rest } = build(pair, count, lambda);
  const names = scope.specs.map(({ name }) => name);
  const slopes = gradients(
    outputs.loss,
    names.map((name) => scope.tensors.get(name) as Tensor),
  );
  const named = Object.fromEntries(names.map((name, i) => [gradientOutput(name), slopes[i] as Tensor]));
  return { graph: defineGraph({ ...outputs, ...named }), parameters: scope.specs, ...rest };
}

/** Loss, bits and distortion for `count` points; with real rounding for `{ rate: "ste", distortion: "ste" }`. */
export function toyEvaluationGraph(
  pair: Pick<SurrogatePair, "rate" | "distortion">,
  count: number,
  lambda: number,
): ToyGraph {
  const { scope, outputs, rest } = build({ ...pair, hardFrom: null }, count, lambda);
  return { graph: defineGraph({ ...outputs }), parameters: scope.specs, ...rest };
}

/** `latent`: y of `count` points. */
export function toyAnalysisGraph(count: number): {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
} {
  const scope = ParameterScope.training();
  const latent = toyAnalysis(scope, graphInput("points", [count, 2]));
  return { graph: defineGraph({ latent }), parameters: scope.specs };
}

/** `points`: reconstructions of `count` quantized latents, fed as `symbols`. */
export function toySynthesisGraph(count: number): {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
} {
  const scope = ParameterScope.training();
  const points = toySynthesis(scope, graphInput("symbols", [count, 2]));
  return { graph: defineGraph({ points }), parameters: scope.specs };
}
