/** `halfstep report`: files of results as figures, a table of BD-rates in Markdown, and one page of HTML. */
import path from "node:path";
import type { Command } from "commander";
import { writeFileAtomic } from "../../atomic-file.ts";
import { drawSections, prepareFolder, writeFigures } from "../../report/figures/write-figures.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { rateBounds, words } from "../parse-list.ts";

interface ReportCommandOptions {
  readonly out: string;
  readonly anchor?: string;
  readonly curves?: readonly string[];
  readonly rates?: readonly [number, number];
  readonly examples: readonly string[];
  readonly force?: boolean;
}

const PAGE = "index.html";
const MARKDOWN = "bd-rate.md";
const TITLE = "Rate and distortion";
const EXAMPLES =
  "The part of each image where the codecs err most together, enlarged without smoothing. The first Halfstep model sets the size of the file, and every other codec gives its best file that is not larger; further models of fixed rate have sizes of their own. Figures are of the whole image.";

/** Adds the command. */
export function registerReport(program: Command, execute: Execute): void {
  program
    .command("report")
    .description("make rate-distortion figures, BD-rates and a page of HTML from files of results")
    .argument("<results...>", "files of results: from evaluate, or quoted ones in the same form")
    .requiredOption("--out <folder>", "the folder to write to")
    .option("--anchor <curve>", "the curve that all others are compared with (default: jpeg, or the first)")
    .option(
      "--curves <names>",
      "curves to show, separated by commas; quoted ones are called quoted-NAME (default: all)",
      words,
    )
    .option(
      "--rates <low,high>",
      "range of bits per pixel that BD-rates compare, such as 0.15,1.2 (default: all)",
      rateBounds,
    )
    .option(
      "--examples <images>",
      "image files, separated by commas; the page shows crops of what each measured codec makes of them at one size",
      words,
      [],
    )
    .option("--force", "replace existing files")
    .action((files: readonly string[], options: ReportCommandOptions) =>
      execute((context) => report(files, options, context)),
    );
}

async function report(files: readonly string[], options: ReportCommandOptions, context: CommandContext): Promise<void> {
  const { out, anchor: wanted, curves: chosen, rates, examples, force = false } = options;
  const { bdTable, drawExample, findCurve, nameCurves, readResult } = await import("../../evaluate/study/index.ts");
  const { CHART_NAMES, studySections } = await import("../../report/study/index.ts");
  const { reportPage, sectionsMarkdown } = await import("../../report/index.ts");
  const results = await Promise.all(files.map(async (file) => ({ file, result: await readResult(file) })));
  const all = nameCurves(results, chosen);
  // The anchor can be compared with even if it is not shown.
  const known = nameCurves(results, chosen && wanted !== undefined ? [...new Set([...chosen, wanted])] : chosen);
  const jpeg = known.find(({ name }) => name === "jpeg");
  const anchor = wanted === undefined ? (jpeg ?? known[0]!) : findCurve(known, wanted, "--anchor");
  const sections = studySections(all, anchor, rates);
  const charts = sections.flatMap((section) => section.charts);
  const figures = Object.values(CHART_NAMES).flatMap((name) => [`${name}.svg`, `${name}.png`]);
  const outputs = [PAGE, MARKDOWN, ...figures].map((name) => path.join(out, name));
  await prepareFolder(out, outputs, force);
  const pictures = [];
  for (const file of examples) {
    context.progress(`example ${file}`);
    pictures.push(await drawExample(all, file));
  }
  context.progress("drawing");
  const written = [...(await writeFigures(out, charts, force))];
  const write = async (name: string, text: string): Promise<void> => {
    await writeFileAtomic(path.join(out, name), new TextEncoder().encode(text), { force });
    written.push(path.join(out, name));
  };
  await write(MARKDOWN, sectionsMarkdown(TITLE, sections));
  const drawn = await drawSections(sections);
  const shown = pictures.length === 0 ? [] : [{ title: "Examples", paragraphs: [EXAMPLES], charts: pictures }];
  const introduction = [`${all.length} curves; those marked "quoted" were published by others and not measured here.`];
  await write(PAGE, reportPage({ title: TITLE, introduction }, [...drawn, ...shown]));
  const bd = bdTable(all, anchor, "psnr", rates).map((row) => ({
    ...row,
    interval: row.interval && [...row.interval],
  }));
  context.report(
    { command: "report", anchor: anchor.name, files: written, bdRatePsnr: bd },
    `${written.join("\n")}\n\nBD-rate (PSNR) against ${anchor.name}:\n${bd
      .map(
        ({ name, ratePercent, problem }) =>
          `  ${name}: ${ratePercent === null ? problem : `${ratePercent.toFixed(1)} %`}`,
      )
      .join("\n")}`,
  );
}
