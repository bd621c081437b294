/** `halfstep evaluate`: rate and distortion of models and other codecs on a folder of images, into a file of results. */
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { HalfstepError } from "../../errors.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { positiveInteger } from "../parse-option.ts";
import { textTable } from "../text-table.ts";

interface EvaluateCommandOptions {
  readonly models: readonly string[];
  readonly codecs: readonly string[];
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
    .requiredOption("--out <file>", "the file of results (JSON)")
    .option("--jobs <count>", "processes of one thread each (default: one for each core)", positiveInteger)
    .option("--force", "replace a file that is there")
    .action((folder: string, options: EvaluateCommandOptions) =>
      execute((context) => evaluate(folder, options, context), true),
    );
}

async function evaluate(
  folder: string,
  { models, codecs, out, jobs, force = false }: EvaluateCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { evaluateFolder } = await import("../../evaluate/study/index.ts");
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
    const { meta, curves } = await evaluateFolder(given);
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
      { command: "evaluate", file: out, imageSet: meta.imageSet, curves: points },
      `${textTable(columns, rows)}\n\n${out}`,
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    const kept = measured === 0 ? "nothing was measured" : `${measured} rows of this run are kept in ${out}.part`;
    throw new HalfstepError("interrupted", `evaluate: interrupted; ${kept}; the same command goes on from there`);
  }
}

const BAR_CELLS = 20;

function bar(part: number): string {
  return `[${"#".repeat(Math.round(part * BAR_CELLS)).padEnd(BAR_CELLS, ".")}]`;
}

/** Words between commas. */
function list(text: string): readonly string[] {
  return text.split(",").filter((word) => word !== "");
}
