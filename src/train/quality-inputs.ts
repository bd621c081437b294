/** What the graphs of a network of variable rate are fed with: a quality and a lambda for each image of a batch. */
import { CounterRandom } from "../engine/index.ts";
import type { Array32 } from "../engine/runtime/session.ts";
import { lambdaOfQuality, QUALITY_KNOTS, qualityOfLambda, qualityWeights } from "../networks/quality.ts";
import type { TrainConfig } from "./config.ts";

/** The stream of random numbers that qualities are drawn from; no noise has it. */
const QUALITY_STREAM = 2 ** 20;

function feeds(positions: readonly number[], lambdas: readonly number[]): ReadonlyMap<string, Array32> {
  return new Map<string, Array32>([
    ["quality", { data: qualityWeights(positions), shape: [positions.length, QUALITY_KNOTS] }],
    ["lambda", { data: Float32Array.from(lambdas), shape: [lambdas.length] }],
  ]);
}

function between({ lambda, lambdaRange }: TrainConfig, fractions: readonly number[]): ReadonlyMap<string, Array32> {
  if (lambdaRange === undefined) {
    return feeds(
      fractions.map(() => qualityOfLambda(lambda)),
      fractions.map(() => lambda),
    );
  }
  const [low, high] = lambdaRange.map(qualityOfLambda) as [number, number];
  const positions = fractions.map((fraction) => low + fraction * (high - low));
  return feeds(positions, positions.map(lambdaOfQuality));
}

/** The qualities of a training batch: one drawn in each of as many equal parts of the range as there are images. */
export function trainingQualities(config: TrainConfig, random: CounterRandom, step: number): ReadonlyMap<string, Array32> {
  const fractions = Array.from(
    { length: config.batch },
    (_, i) => (i + random.uint32(step, QUALITY_STREAM, i) / 2 ** 32) / config.batch,
  );
  return between(config, fractions);
}

/** Images of an evaluation over which the qualities go once through the range, ends included. */
export const EVALUATED_QUALITIES = 8;

/** The qualities of images first..first + count - 1 of an evaluation. */
export function evaluatedQualities(config: TrainConfig, first: number, count: number): ReadonlyMap<string, Array32> {
  const fractions = Array.from(
    { length: count },
    (_, i) => ((first + i) % EVALUATED_QUALITIES) / (EVALUATED_QUALITIES - 1),
  );
  return between(config, fractions);
}
