/** What a report is made of. */
import type { Chart } from "./chart.ts";

/** A table of texts. */
export interface ReportTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One section: paragraphs of plain text, then a table and charts. */
export interface ReportSection {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly table?: ReportTable;
  readonly charts: readonly Chart[];
}

/** Names as a text: `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** A number for a sentence: three significant digits, no exponent for usual sizes. */
export function shown(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
