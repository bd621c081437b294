/** What the graphs of a network of variable rate are fed with: a quality and a lambda for each image of a batch. */
import type { CounterRandom, FloatArray } from "../engine/index.ts";
import { knotsOf, lambdaOfQuality, qualityOfLambda, qualityWeights } from "../networks/quality.ts";
import { inputNames } from "../objective/input-names.ts";
import type { TrainConfig } from "./config.ts";

/** The stream of random numbers that qualities are drawn from; no noise has it. */
const QUALITY_STREAM = 2 ** 20;

function feeds(
  positions: readonly number[],
  lambdas: readonly number[],
  knots: number,
): ReadonlyMap<string, FloatArray> {
  return new Map<string, FloatArray>([
    [inputNames.quality, { data: qualityWeights(positions, knots), shape: [positions.length, knots] }],
    [inputNames.lambda, { data: Float32Array.from(lambdas), shape: [lambdas.length] }],
  ]);
}

function between(
  { network, lambda, lambdaRange }: TrainConfig,
  fractions: readonly number[],
): ReadonlyMap<string, FloatArray> {
  const knots = knotsOf(network);
  if (lambdaRange === undefined) {
    return feeds(
      fractions.map(() => qualityOfLambda(lambda, knots)),
      fractions.map(() => lambda),
      knots,
    );
  }
  const [low, high] = lambdaRange.map((end) => qualityOfLambda(end, knots)) as [number, number];
  const positions = fractions.map((fraction) => low + fraction * (high - low));
  return feeds(
    positions,
    positions.map((position) => lambdaOfQuality(position, knots)),
    knots,
  );
}

/**
 * The loss of a high quality is several times that of a low one (0.31 and 3.9 at the ends of the range after 26,000 steps, growing about as
 * the root of lambda), so that equal numbers of images would train the high ones alone. Positions are drawn with a density that falls as this power
 * of lambda grows: in sum, each quality has the weight that equal relative gains have.
 */
export const LAMBDA_POWER = 0.5;

/** Fractions of the range with the density of above, from fractions of the probability. */
function skewed(fraction: number, [low, high]: readonly [number, number]): number {
  const fall = LAMBDA_POWER * Math.log(high / low);
  return -Math.log1p(-fraction * -Math.expm1(-fall)) / fall;
}

/** The qualities of a training batch: one drawn in each of as many parts of the range as there are images. */
export function trainingQualities(
  config: TrainConfig,
  random: CounterRandom,
  step: number,
): ReadonlyMap<string, FloatArray> {
  const { batch, lambdaRange } = config;
  const fractions = Array.from(
    { length: batch },
    (_, i) => (i + random.uint32(step, QUALITY_STREAM, i) / 2 ** 32) / batch,
  );
  return between(
    config,
    lambdaRange === undefined ? fractions : fractions.map((fraction) => skewed(fraction, lambdaRange)),
  );
}

/** Images of an evaluation over which the qualities go once through the range, ends included. */
export const EVALUATED_QUALITIES = 8;

/** The qualities of images first..first + count - 1 of an evaluation. */
export function evaluatedQualities(config: TrainConfig, first: number, count: number): ReadonlyMap<string, FloatArray> {
  const fractions = Array.from(
    { length: count },
    (_, i) => ((first + i) % EVALUATED_QUALITIES) / (EVALUATED_QUALITIES - 1),
  );
  return between(config, fractions);
}
