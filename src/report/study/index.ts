/** What the command line may use of reports on measured codecs. */
export { CHART_NAMES } from "./rate-distortion-chart.ts";
export { studySections } from "./study-sections.ts";
