/** What the rest of the project may use of the laboratory. Free of any platform: figures are descriptions, drawn elsewhere. */
export { ESTIMATE_METHODS, type Estimate, type EstimateMethod } from "./estimate.ts";
export { type RateMismatch, type RateMismatchOptions, rateMismatch } from "./rate-mismatch.ts";
export {
  DEFAULT_TARGET_OFFSET,
  STATISTIC_NAMES,
  type StatisticName,
  type StatisticsOptions,
  type SurrogateStatistics,
  surrogateStatistics,
} from "./surrogate/statistics.ts";
export { type StudiedSurrogate, type StudyOptions, studyName, studySurrogate } from "./surrogate/studied-surrogate.ts";
