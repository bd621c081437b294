/** What every benchmark returns, and how it is printed: rows of named figures, with notes on how they were taken. */

/** One benchmark's result. Every row has the same columns. */
export interface BenchReport {
  /** What was measured. */
  readonly name: string;
  /** One row for each case; the keys are column headings with their units. */
  readonly rows: readonly Record<string, string | number>[];
  /** How it was measured, and on what. */
  readonly notes: readonly string[];
}

/** A report as text: a title, a table with aligned columns (numbers to the right), and the notes. */
export function formatReport(report: BenchReport): string {
  const columns = Object.keys(report.rows[0] ?? {});
  const cells = report.rows.map((row) => columns.map((column) => String(row[column] ?? "")));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]!.length)));
  const numeric = columns.map((column) => report.rows.every((row) => typeof row[column] === "number"));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [report.name, "", line(columns), rule, ...cells.map(line), "", ...report.notes].join("\n");
}

/** Writes a report to `write`: as a table, or as one JSON document. */
export function printReport(
  report: BenchReport,
  options: { readonly json: boolean },
  write: (text: string) => void,
): void {
  write(`${options.json ? JSON.stringify(report, null, 2) : formatReport(report)}\n`);
}

/** The middle value (of an even number, the mean of the two in the middle). Not defined for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
