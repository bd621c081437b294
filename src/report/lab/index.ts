/** What the command line may use of reports of the laboratory: charts and sections, free of any platform. */
export { LAB_REPORT_HEAD } from "./lab-head.ts";
export { NETWORK_CHART_NAME, type NetworkChartPoint, networkChart, noiseText } from "./network-chart.ts";
export {
  boundSection,
  type NetworkReport,
  networkSection,
  stopGradientSection,
  toySection,
} from "./other-sections.ts";
export { surrogateSection } from "./surrogate-section.ts";
export { TOY_CHART_NAMES, toyCellsChart, toyLossChart } from "./toy-charts.ts";
export { tradeoffChart, tradeoffName } from "./tradeoff-chart.ts";
export { tradeoffSections } from "./tradeoff-sections.ts";
