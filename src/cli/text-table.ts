/** A table for people: columns padded with spaces, numbers to the right. */

/** One column: its heading, and to which side its cells are aligned. */
export interface Column {
  readonly heading: string;
  readonly align: "left" | "right";
}

/** Lines joined by line ends, without one at the end. Every row has a cell for every column. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, i) => Math.max(heading.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? "";
        return align === "left" ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
      })
      .join("  ")
      .trimEnd();
  return [columns.map(({ heading }) => heading), widths.map((width) => "-".repeat(width)), ...rows]
    .map(line)
    .join("\n");
}
