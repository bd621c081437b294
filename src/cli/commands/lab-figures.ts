/** Writing charts: a folder with one SVG and one PNG for each, every file complete or absent. */
import path from "node:path";
import { ensureWritable, makeFolder, writeFileAtomic } from "../../atomic-file.ts";
import type { Chart } from "../../lab/index.ts";

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
  const { renderChart } = await import("../../figures/render-chart.ts");
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
