/** `halfstep lab report`: one page of HTML with every figure of the laboratory, made from what was computed for it. */
import path from "node:path";
import type { Command } from "commander";
import { writeFileAtomic } from "../../atomic-file.ts";
import { drawSections, prepareFolder } from "../../report/figures/write-figures.ts";
import type { ReportSection } from "../../report/index.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { collect, positiveInteger, threadCount } from "../parse-option.ts";

interface ReportCommandOptions {
  readonly out: string;
  readonly checkpoint?: string;
  readonly images: readonly string[];
  readonly seeds: number;
  readonly steps: number;
  readonly threads: number;
  readonly force?: boolean;
}

const PAGE = "index.html";

/** Adds the command. */
export function registerLabReport(lab: Command, execute: Execute): void {
  lab
    .command("report")
    .description("write one page with all figures and what they show; this takes a few minutes")
    .requiredOption("--out <folder>", "where to write index.html")
    .option("--checkpoint <run>", "folder of a training run, for a section on a trained network")
    .option(
      "--images <path>",
      "image or folder of images for it; may be repeated (default: the package's samples)",
      collect,
      [],
    )
    .option("--seeds <n>", "toy codecs for each pair of surrogates", positiveInteger, 3)
    .option("--steps <n>", "training steps of toy codecs", positiveInteger, 2000)
    .option("--threads <n>", "threads", threadCount, 1)
    .option("--force", "replace an existing page")
    .action((options: ReportCommandOptions) =>
      execute(async (context) => {
        const started = performance.now();
        const { out, force = false } = options;
        const file = path.join(out, PAGE);
        await prepareFolder(out, [file], force);
        const sections = await makeSections(options, context);
        const page = await drawPage(sections, context);
        await writeFileAtomic(file, new TextEncoder().encode(page), { force });
        const seconds = (performance.now() - started) / 1000;
        const charts = sections.flatMap((section) => section.charts.map(({ name }) => name));
        context.report(
          {
            command: "lab report",
            file,
            bytes: Buffer.byteLength(page),
            seconds,
            sections: sections.map(({ title }) => title),
            charts,
          },
          `${file}: ${sections.length} sections, ${charts.length} charts, ${(Buffer.byteLength(page) / 1e6).toFixed(1)} MB, ${seconds.toFixed(0)} s`,
        );
      }),
    );
}

async function makeSections(options: ReportCommandOptions, context: CommandContext): Promise<readonly ReportSection[]> {
  const { SURROGATE_PAIRS, trainToys } = await import("../../lab/index.ts");
  const { boundSection, stopGradientSection, surrogateSection, toySection, tradeoffSections } = await import(
    "../../report/lab/index.ts"
  );
  const { openGraphOn } = await import("../../lab/trained/index.ts");
  const { checkpoint, seeds, steps, threads } = options;
  // First the steps that may fail for want of a file, then those that take long.
  const network = checkpoint === undefined ? [] : [await networkPart(checkpoint, options, context)];
  context.progress("surrogates");
  const surrogates = surrogateSection();
  const tradeoffs = tradeoffSections((text) => context.progress(text));
  const toys = await trainToys({ pairs: SURROGATE_PAIRS, seeds, steps }, openGraphOn("cpu", threads), (text) =>
    context.progress(`toy ${text}`),
  );
  return [surrogates, ...tradeoffs, boundSection(), stopGradientSection(), toySection(toys), ...network];
}

async function networkPart(
  checkpoint: string,
  { images, threads }: ReportCommandOptions,
  context: CommandContext,
): Promise<ReportSection> {
  const { SURROGATE_PAIRS } = await import("../../lab/index.ts");
  const { networkSection } = await import("../../report/lab/index.ts");
  const { describeStudy, networkOfRun, openGraphOn, readCrops, relativeFigures, SAMPLE_FOLDER, studyNetwork } =
    await import("../../lab/trained/index.ts");
  const network = await networkOfRun(checkpoint);
  for (const warning of network.warnings) context.note(warning);
  const crops = await readCrops(images.length === 0 ? [SAMPLE_FOLDER] : images, 256, 4);
  const draws = 8;
  const pairs = SURROGATE_PAIRS.filter(({ hardFrom }) => hardFrom === null);
  const study = await studyNetwork(network, crops, { pairs, draws }, openGraphOn("cpu", threads), (text) =>
    context.progress(`network ${text}`),
  );
  return networkSection({
    points: study.pairs.map((figures) => relativeFigures(figures, study.hard)),
    subtitle: [describeStudy(network, crops.length, draws)],
    trainedWith: JSON.stringify(network.config.surrogate),
  });
}

async function drawPage(sections: readonly ReportSection[], context: CommandContext): Promise<string> {
  const { reportPage } = await import("../../report/index.ts");
  const { LAB_REPORT_HEAD } = await import("../../report/lab/index.ts");
  const drawn = await drawSections(sections, (name) => context.progress(`drawing ${name}`));
  return reportPage(LAB_REPORT_HEAD, drawn);
}
