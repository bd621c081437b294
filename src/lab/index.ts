/** What the rest of the project may use of the laboratory. Free of any platform. */

export { bySamples, ESTIMATE_METHODS, type Estimate, type EstimateMethod } from "./estimate.ts";
export { type RateMismatch, type RateMismatchOptions, rateMismatch } from "./rate-mismatch.ts";
export { checkTemperature } from "./running/surrogate-feeds.ts";
export { findPairs, SURROGATE_PAIRS, type SurrogatePair } from "./running/surrogate-pairs.ts";
export { type PointLoss, squaredDistance } from "./surrogate/point-loss.ts";
export { STATISTIC_NAMES, type StatisticName } from "./surrogate/statistic-names.ts";
export {
  DEFAULT_TARGET_OFFSET,
  type StatisticsOptions,
  type SurrogateStatistics,
  statisticsProblem,
  surrogateStatistics,
} from "./surrogate/statistics.ts";
export {
  type StudiedSurrogate,
  type StudyOptions,
  type StudySamples,
  sampleSurrogate,
  studyName,
  studySurrogate,
} from "./surrogate/studied-surrogate.ts";
export { BANANA_FRAME } from "./toy/banana.ts";
export { type ToyCells, toyCells } from "./toy/cells.ts";
export {
  TOY_DEFAULTS,
  type ToyFigures,
  type ToyOptions,
  type ToyStep,
  type TrainedToy,
  trainToy,
} from "./toy/train-toy.ts";
export { type Toys, type ToysOptions, trainToys } from "./toy/train-toys.ts";
export { createLoss, HIGH_RATE_WEIGHT, LOSS_NAMES, type LossName, type LossOptions } from "./tradeoff/losses.ts";
export { createSource, SOURCE_NAMES, SOURCE_SCALES, type Source, type SourceName } from "./tradeoff/sources.ts";
export { makeLaws, sweepStudies, type TradeoffPoint, type TradeoffSweep, tradeoffSweep } from "./tradeoff/sweep.ts";
export {
  DIRECTION_NAMES,
  type DirectionName,
  hardDerivative,
  REFERENCE_NAMES,
  type ReferenceName,
  type TradeoffFigures,
  type TradeoffProblem,
} from "./tradeoff/tradeoff.ts";
