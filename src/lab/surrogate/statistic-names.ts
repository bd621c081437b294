/** The figures by which the laboratory describes a surrogate; what they are stands in `statistics.ts`. */

/** Names of the figures of `SurrogateStatistics`. */
export const STATISTIC_NAMES = [
  "mismatch",
  "noisePower",
  "jacobianVariance",
  "biasSquaredVsNoise",
  "biasSquaredVsHard",
  "variance",
] as const;

/** One of the figures. */
export type StatisticName = (typeof STATISTIC_NAMES)[number];
