/** The figures by which the laboratory describes a surrogate; `statistics.ts` defines them. */

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
