/** A report as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere. */
import type { Chart } from "./chart.ts";
import type { ReportSection, ReportTable } from "./section.ts";

/** A section whose charts are drawn. */
export interface DrawnSection extends Omit<ReportSection, "charts"> {
  readonly charts: readonly { readonly chart: Chart; readonly svg: string }[];
}

/** What stands above the sections. */
export interface ReportHead {
  readonly title: string;
  readonly introduction: readonly string[];
}

const STYLE = `
body { margin: 0 auto; max-width: 1000px; padding: 24px; color: #222; background: #fff; font: 16px/1.5 "DejaVu Sans", Verdana, sans-serif; }
h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2.2em; border-top: 1px solid #ddd; padding-top: 1em; }
p { max-width: 46em; } figure { margin: 1.5em 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
svg text { font-family: "DejaVu Sans", Verdana, sans-serif; }
table { border-collapse: collapse; font-size: 0.85em; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 12px 3px 0; text-align: right; border-bottom: 1px solid #eee; } th:first-child, td:first-child { text-align: left; } td:last-child, th:last-child { max-width: 30em; }
nav ul { padding-left: 1.2em; }`;

/** The page. */
export function reportPage(head: ReportHead, sections: readonly DrawnSection[]): string {
  const contents = sections.map(({ title }, i) => `<li><a href="#s${i + 1}">${escaped(title)}</a></li>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(head.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(head.title)}</h1>
${paragraphs(head.introduction)}
<nav><ul>
${contents}
</ul></nav>
${sections.map(sectionHtml).join("\n")}
</body>
</html>
`;
}

function sectionHtml({ title, paragraphs: texts, table, charts }: DrawnSection, i: number): string {
  const figures = charts.map(
    ({ chart, svg }) => `<figure role="img" aria-label="${escaped(chart.description)}">\n${svg}\n</figure>`,
  );
  return `<section id="s${i + 1}">
<h2>${escaped(title)}</h2>
${paragraphs(texts)}
${table === undefined ? "" : tableHtml(table)}
${figures.join("\n")}
</section>`;
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => `<p>${escaped(text)}</p>`).join("\n");
}

function tableHtml({ columns, rows }: ReportTable): string {
  const heads = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join("")}</tr>`).join("\n");
  return `<table>\n<thead><tr>${heads}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
