/** `halfstep evaluate`: rate and distortion of models and other codecs on a folder of images, into a file of results. */
import { availableParallelism } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { HalfstepError } from "../../errors.ts";
import type { QuotedComparison } from "../../evaluate/study/index.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { positiveInteger } from "../parse-option.ts";
import { textTable } from "../text-table.ts";

interface EvaluateCommandOptions {
  readonly models: readonly string[];
  readonly codecs: readonly string[];
  readonly quoted: readonly string[];
  readonly out: string;
  readonly jobs?: number;
  readonly force?: boolean;
}

/** Adds the command. */
export function registerEvaluate(program: Command, execute: Execute): void {
  program
    .command("evaluate")
    .description("measure models and other codecs on a folder of images; interrupted, it goes on when it is run again")
    .argument("<folder>", "folder of images")
    .option(
      "--models <models>",
      "models by name, path or URL, with commas; one curve for each network and width",
      list,
      [],
    )
    .option("--codecs <codecs>", "jpeg, jpeg444, jpeg-baseline, webp, avif, jxl, with commas", list, [])
    .option("--quoted <curves>", "published curves to compare with at the end, with commas: vtm, bpg444, ...", list, [])
    .requiredOption("--out <file>", "the file of results (JSON)")
    .option("--jobs <count>", "processes of one thread each (default: one for each core)", positiveInteger)
    .option("--force", "replace a file that is there")
    .action((folder: string, options: EvaluateCommandOptions) =>
      execute((context) => evaluate(folder, options, context), true),
    );
}

async function evaluate(
  folder: string,
  { models, codecs, quoted: quotedNames, out, jobs, force = false }: EvaluateCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { compareWithQuoted, evaluateFolder, findQuoted } = await import("../../evaluate/study/index.ts");
  const quoted = await findQuoted(quotedNames, path.basename(path.resolve(folder)));
  const startMs = performance.now();
  const { signal } = context;
  let measured = 0;
  const onProgress = (done: number, all: number, what: string): void => {
    measured++;
    const leftSeconds = ((performance.now() - startMs) / 1000 / measured) * (all - done);
    context.progress(`${bar(done / all)} ${done} of ${all}, ${leftSeconds.toFixed(0)} s left: ${what}`);
  };
  try {
    const processes = jobs ?? availableParallelism();
    const onNote = (text: string): void => context.note(text);
    const given = { folder, models, codecs, out, force, processes, signal, onNote, onProgress };
    const result = await evaluateFolder(given);
    const { meta, curves } = result;
    const comparisons = compareWithQuoted(out, result, quoted);
    const rows = curves.flatMap(({ codec, points }) =>
      points.map(({ setting, bitsPerPixel, psnrDb, msSsim, encodeMs, decodeMs }) => [
        codec,
        setting,
        bitsPerPixel.toFixed(4),
        psnrDb?.toFixed(3) ?? "-",
        msSsim?.toFixed(4) ?? "-",
        encodeMs?.toFixed(1) ?? "-",
        decodeMs?.toFixed(1) ?? "-",
      ]),
    );
    const heads = ["bpp", "PSNR dB", "MS-SSIM", "encode ms", "decode ms"];
    const columns = [
      ...["codec", "setting"].map((heading) => ({ heading, align: "left" }) as const),
      ...heads.map((heading) => ({ heading, align: "right" }) as const),
    ];
    const points = curves.map(({ codec, label, points }) => ({
      codec,
      label,
      points: points.map(({ images: _, ...means }) => means),
    }));
    context.report(
      {
        command: "evaluate",
        file: out,
        imageSet: meta.imageSet,
        curves: points,
        bdRatePsnr: comparisons.map(({ quoted, rows }) => ({
          quoted,
          rows: rows.map(({ name, ratePercent, problem }) => ({ name, ratePercent, problem })),
        })),
      },
      [textTable(columns, rows), ...comparisons.map(comparisonText), out].join("\n\n"),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    const kept = measured === 0 ? "nothing was measured" : `${measured} rows of this run are kept in ${out}.part`;
    throw new HalfstepError("interrupted", `evaluate: interrupted; ${kept}; the same command goes on from there`);
  }
}

function comparisonText({ quoted, rows }: QuotedComparison): string {
  const lines = rows.map(({ name, ratePercent, problem }) =>
    ratePercent === null ? `  ${name}: ${problem}` : `  ${name}: ${ratePercent.toFixed(1)} %`,
  );
  return [`BD-rate (PSNR) against ${quoted}, quoted:`, ...lines].join("\n");
}

const BAR_CELLS = 20;

function bar(part: number): string {
  return `[${"#".repeat(Math.round(part * BAR_CELLS)).padEnd(BAR_CELLS, ".")}]`;
}

/** Words between commas. */
function list(text: string): readonly string[] {
  return text.split(",").filter((word) => word !== "");
}
