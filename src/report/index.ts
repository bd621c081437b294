/** The parts of any report, on any platform: charts as descriptions, sections, and the page and the Markdown made of them. */
export type { Chart, ChartSpec } from "./chart.ts";
export { sectionsMarkdown } from "./markdown.ts";
export { type DrawnSection, type ReportHead, reportPage } from "./page.ts";
export type { ReportSection, ReportTable } from "./section.ts";
