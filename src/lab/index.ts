/** What the rest of the project may use of the laboratory. Free of any platform: figures are descriptions, drawn elsewhere. */

export type { Chart, ChartSpec } from "./charts/chart-spec.ts";
export { NETWORK_CHART_NAME, type NetworkChartPoint, networkChart, noiseText } from "./charts/network-chart.ts";
export { TOY_CHART_NAMES, toyCellsChart, toyLossChart } from "./charts/toy-charts.ts";
export { tradeoffChart, tradeoffName } from "./charts/tradeoff-chart.ts";
export { ESTIMATE_METHODS, type Estimate, type EstimateMethod } from "./estimate.ts";
export { type RateMismatch, type RateMismatchOptions, rateMismatch } from "./rate-mismatch.ts";
export { type DrawnSection, REPORT_HEAD, type ReportHead, reportPage } from "./report/html.ts";
export {
  boundSection,
  type NetworkReport,
  networkSection,
  stopGradientSection,
  toySection,
} from "./report/other-sections.ts";
export type { ReportSection, ReportTable } from "./report/report-section.ts";
export { surrogateSection } from "./report/surrogate-section.ts";
export { tradeoffSections } from "./report/tradeoff-sections.ts";
export { checkTemperature } from "./running/surrogate-feeds.ts";
export { findPairs, SURROGATE_PAIRS, type SurrogatePair } from "./running/surrogate-pairs.ts";
export { STATISTIC_NAMES, type StatisticName } from "./surrogate/statistic-names.ts";
export {
  DEFAULT_TARGET_OFFSET,
  type StatisticsOptions,
  type SurrogateStatistics,
  statisticsProblem,
  surrogateStatistics,
} from "./surrogate/statistics.ts";
export { type StudiedSurrogate, type StudyOptions, studyName, studySurrogate } from "./surrogate/studied-surrogate.ts";
export { TOY_DEFAULTS, type ToyFigures, type ToyOptions, type TrainedToy, trainToy } from "./toy/train-toy.ts";
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
