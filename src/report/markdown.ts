/** Sections of a report, and tables, as Markdown. */
import type { ReportSection } from "./section.ts";

/** Sections in Markdown; charts are named by their files. */
export function sectionsMarkdown(title: string, sections: readonly ReportSection[]): string {
  const parts = sections.flatMap(({ title, paragraphs, table, charts }) => [
    `## ${title}`,
    ...paragraphs,
    ...(table === undefined ? [] : [markdownTable(table.columns, table.rows)]),
    ...charts.map(({ name, description }) => `![${description}](${name}.svg)`),
  ]);
  return `${[`# ${title}`, ...parts].join("\n\n")}\n`;
}

/** A table in Markdown. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(columns), `|${columns.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
