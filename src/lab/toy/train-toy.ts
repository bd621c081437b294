/** Trains a toy codec with a pair of surrogates, and judges it by real rounding. */
import {
  arrayOf,
  CounterRandom,
  type FloatArray,
  type OpenGraph,
  scalarArray,
  scalarOf,
  zeros,
} from "../../engine/index.ts";
import { initializeParameters } from "../../networks/index.ts";
import { isInScopes } from "../../networks/parameters.ts";
import { weightFeeds } from "../../objective/build-objective.ts";
import { inputNames, outputNames } from "../../objective/input-names.ts";
import { ROUNDING, type SurrogateChoices } from "../../objective/surrogate-inputs.ts";
import { noiseDrawer, temperatureFeeds } from "../running/surrogate-feeds.ts";
import type { SurrogatePair } from "../running/surrogate-pairs.ts";
import { Adam } from "./adam.ts";
import { fillBanana } from "./banana.ts";
import { ENCODER_SCOPE } from "./toy-codec.ts";
import { toyGraph } from "./toy-graphs.ts";

/** Options of {@link trainToy}. */
export interface ToyOptions {
  readonly seed: number;
  /** Steps of Adam. Default 2000. */
  readonly steps?: number;
  /** Points of a step. Default 256. */
  readonly batch?: number;
  /** Bits that a squared unit of distortion is worth. Default 16. */
  readonly lambda?: number;
  /** At the beginning; falls to 1 % along half a cosine wave. Default 5e-3. */
  readonly learningRate?: number;
  /** Fixed temperature of both paths where they have one; default: the surrogate's exponential annealing. */
  readonly temperature?: number;
}

/** Rate and distortion of a toy codec, for each point. */
export interface ToyFigures {
  readonly loss: number;
  readonly bits: number;
  /** Squared distance. */
  readonly distortion: number;
}

/** A trained toy codec. */
export interface TrainedToy {
  readonly pair: SurrogatePair;
  readonly seed: number;
  readonly weights: ReadonlyMap<string, FloatArray>;
  /** With real rounding: what the codec costs. */
  readonly hard: ToyFigures;
  /** With the surrogates at their last temperature, or rounded after a second stage: what training saw in the end. */
  readonly soft: ToyFigures;
}

/** Where the training of a toy codec is, after a step. */
export interface ToyStep {
  /** Steps taken. */
  readonly done: number;
  /** Of this step's points, with the surrogates. */
  readonly loss: number;
  /** The weights after the step; the next one writes over them. */
  readonly weights: ReadonlyMap<string, FloatArray>;
}

/** The customary size of a toy. */
export const TOY_DEFAULTS = { steps: 2000, batch: 256, lambda: 16, learningRate: 5e-3 } as const;

/** Streams of random numbers; those of training are drawn at the step, those of judging at step 0. */
const STREAMS = { points: 1, noise: 2, judgePoints: 1000, judgeNoise: 1001 } as const;
/** Points by which a codec is judged: the same for all. */
const JUDGE_COUNT = 8192;
const JUDGE_SEED = 20_240_101;
const FINAL_RATE = 0.01;

/**
 * Trains a codec and judges it on points that it has not seen.
 *
 * @param open how graphs are run
 * @param onStep called after each step
 */
export async function trainToy(
  pair: SurrogatePair,
  options: ToyOptions,
  open: OpenGraph,
  onStep: (step: ToyStep) => void = () => undefined,
): Promise<TrainedToy> {
  const { steps, batch, lambda, learningRate, seed } = { ...TOY_DEFAULTS, ...options };
  const surrogates = { ...pair, hasSecondStage: pair.hardFrom !== null };
  const { graph, parameters, inputs } = toyGraph(surrogates, batch, lambda, true);
  const weights = initializeParameters(parameters, seed);
  const adam = new Adam(weights);
  const random = new CounterRandom(seed);
  const points = zeros([batch, 2]);
  const isHardAt = (step: number): boolean => pair.hardFrom !== null && step / steps >= pair.hardFrom;
  const drawNoise = noiseDrawer(inputs);
  const runner = await open(graph);
  try {
    for (let step = 0; step < steps; step++) {
      const done = step / steps;
      const isHard = isHardAt(step);
      fillBanana(points.data, random, step, STREAMS.points);
      const results = await runner.run(
        new Map([
          ["points", points],
          ...weightFeeds(parameters, weights),
          ...drawNoise(random, step, STREAMS.noise),
          ...temperatureFeeds(inputs, done, options.temperature),
          ...(inputs.hard === null ? [] : [[inputNames.hard, scalarArray(isHard ? 1 : 0)] as const]),
        ]),
      );
      const trained = parameters.filter(({ name }) => !isHard || !isInScopes(name, [ENCODER_SCOPE]));
      adam.step(
        new Map(trained.map(({ name }) => [name, arrayOf(results, outputNames.gradient(name)).data])),
        learningRate * (FINAL_RATE + ((1 - FINAL_RATE) * (1 + Math.cos(Math.PI * done))) / 2),
      );
      onStep({ done: step + 1, loss: scalarOf(results, "loss"), weights });
    }
  } finally {
    await runner.close();
  }
  const hard = await judge(ROUNDING, weights, options, open);
  // The last steps of the second stage saw rounded latents, not the pair.
  const soft = isHardAt(steps - 1)
    ? hard
    : await judge({ rate: pair.rate, distortion: pair.distortion }, weights, options, open);
  return { pair, seed, weights, hard, soft };
}

async function judge(
  surrogates: SurrogateChoices,
  weights: ReadonlyMap<string, FloatArray>,
  options: ToyOptions,
  open: OpenGraph,
): Promise<ToyFigures> {
  const lambda = options.lambda ?? TOY_DEFAULTS.lambda;
  const { graph, parameters, inputs } = toyGraph(surrogates, JUDGE_COUNT, lambda, false);
  const random = new CounterRandom(JUDGE_SEED);
  const points = zeros([JUDGE_COUNT, 2]);
  fillBanana(points.data, random, 0, STREAMS.judgePoints);
  const runner = await open(graph);
  try {
    const feeds = new Map([
      ["points", points],
      ...weightFeeds(parameters, weights),
      ...noiseDrawer(inputs)(random, 0, STREAMS.judgeNoise),
      ...temperatureFeeds(inputs, 1, options.temperature),
    ]);
    const results = await runner.run(feeds);
    return {
      loss: scalarOf(results, "loss"),
      bits: scalarOf(results, "bits"),
      distortion: scalarOf(results, "distortion"),
    };
  } finally {
    await runner.close();
  }
}
