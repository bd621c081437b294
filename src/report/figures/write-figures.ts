/** Writing charts: a folder with one SVG and one PNG for each, every file complete or absent. */
import path from "node:path";
import { ensureWritable, makeFolder, writeFileAtomic } from "../../atomic-file.ts";
import type { Chart } from "../chart.ts";
import type { DrawnSection } from "../page.ts";
import type { ReportSection } from "../section.ts";

/** Files of the charts of these names. */
function filesOf(folder: string, name: string): { readonly svg: string; readonly png: string } {
  return { svg: path.join(folder, `${name}.svg`), png: path.join(folder, `${name}.png`) };
}

/**
 * Makes the folder of the figures and checks that they may be written, before anything is computed.
 *
 * @throws {UsageError} "output-exists" without `force`; HalfstepError "cannot-write".
 */
export async function prepareFigures(folder: string, names: readonly string[], force: boolean): Promise<void> {
  await prepareFolder(
    folder,
    names.flatMap((name) => Object.values(filesOf(folder, name))),
    force,
  );
}

/** Makes a folder and checks that files in it may be written. Throws as {@link prepareFigures}. */
export async function prepareFolder(folder: string, files: readonly string[], force: boolean): Promise<void> {
  makeFolder(folder);
  for (const file of files) await ensureWritable(file, { force });
}

/** Draws and writes charts. @returns the paths that were written. */
export async function writeFigures(
  folder: string,
  charts: readonly Chart[],
  force: boolean,
): Promise<readonly string[]> {
  // The plotting packages take a second to load: only for who draws.
  const { renderChart } = await import("./render-chart.ts");
  const written: string[] = [];
  for (const { name, spec } of charts) {
    const { svg, png } = await renderChart(spec);
    const files = filesOf(folder, name);
    await writeFileAtomic(files.svg, new TextEncoder().encode(svg), { force });
    await writeFileAtomic(files.png, png, { force });
    written.push(files.svg, files.png);
  }
  return written;
}

/** Draws the charts of sections, for a page. @param onDrawing called with the name of each chart before it is drawn */
export async function drawSections(
  sections: readonly ReportSection[],
  onDrawing: (name: string) => void = () => undefined,
): Promise<readonly DrawnSection[]> {
  const { renderChart } = await import("./render-chart.ts");
  const drawn: DrawnSection[] = [];
  for (const section of sections) {
    const charts = [];
    for (const chart of section.charts) {
      onDrawing(chart.name);
      charts.push({ chart, svg: (await renderChart(chart.spec)).svg });
    }
    drawn.push({ ...section, charts });
  }
  return drawn;
}
