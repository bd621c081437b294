/** `halfstep evaluate`: rate and distortion of models and other codecs on a folder of images, into a file of results. */
import { availableParallelism } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { HalfstepError } from "../../errors.ts";
import type { EvaluationResult, QuotedComparison } from "../../evaluate/study/index.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { efforts, qualities, rateBounds, words } from "../parse-list.ts";
import { positiveInteger } from "../parse-option.ts";
import { textTable } from "../text-table.ts";

interface EvaluateCommandOptions {
  readonly models: readonly string[];
  readonly qualities?: readonly number[];
  readonly checkQualities?: boolean;
  readonly effort?: readonly number[];
  readonly codecs: readonly string[];
  readonly quoted: readonly string[];
  readonly rates?: readonly [number, number];
  readonly out: string;
  readonly jobs?: number;
  readonly force?: boolean;
}

/** Adds the command. */
export function registerEvaluate(program: Command, execute: Execute): void {
  program
    .command("evaluate")
    .description(
      "measure models and other codecs on a folder of images; after an interruption, run it again and it goes on",
    )
    .argument("<folder>", "folder of images")
    .option(
      "--models <models>",
      "models by name, path or URL, separated by commas; each model of variable rate is a curve; models of fixed rate form one curve for each network and width",
      words,
      [],
    )
    .option(
      "--qualities <qualities>",
      "qualities of models of variable rate: numbers 0..100 separated by commas, or FROM-TO:STEP (default: 0-100:10)",
      qualities,
    )
    .option(
      "--check-qualities",
      "fail at the end if rate or PSNR of a model of variable rate does not rise evenly with its quality",
    )
    .option(
      "--effort <efforts>",
      "efforts of the encoder: numbers 0..9 separated by commas; each is a curve of its own (default: 0)",
      efforts,
    )
    .option(
      "--codecs <codecs>",
      "jpeg, jpeg444, jpeg-baseline, webp, avif, avif-iq, jxl, separated by commas",
      words,
      [],
    )
    .option(
      "--quoted <curves>",
      "published curves to compare with at the end, separated by commas: vtm, bpg444, ...",
      words,
      [],
    )
    .option(
      "--rates <low,high>",
      "range of bits per pixel that --quoted compares, such as 0.15,1.2 (default: all)",
      rateBounds,
    )
    .requiredOption("--out <file>", "the file of results to write (JSON)")
    .option(
      "--jobs <count>",
      "how many processes work, with one thread each (default: one for each core)",
      positiveInteger,
    )
    .option("--force", "replace an existing file")
    .action((folder: string, options: EvaluateCommandOptions) =>
      execute((context) => evaluate(folder, options, context), true),
    );
}

async function evaluate(folder: string, options: EvaluateCommandOptions, context: CommandContext): Promise<void> {
  const { models, qualities, codecs, out, jobs, force = false } = options;
  const { compareWithQuoted, evaluateFolder, findQuoted } = await import("../../evaluate/study/index.ts");
  const quoted = await findQuoted(options.quoted, path.basename(path.resolve(folder)));
  const startMs = performance.now();
  const { signal } = context;
  let measured = 0;
  const onProgress = (done: number, all: number, what: string): void => {
    measured++;
    const leftSeconds = ((performance.now() - startMs) / 1000 / measured) * (all - done);
    context.progress(`${bar(done / all)} ${done} of ${all}, ${leftSeconds.toFixed(0)} s left: ${what}`);
  };
  const processes = jobs ?? availableParallelism();
  const onNote = (text: string): void => context.note(text);
  const given = {
    folder,
    models,
    qualities,
    efforts: options.effort,
    codecs,
    out,
    force,
    processes,
    signal,
    onNote,
    onProgress,
  };
  const result = await evaluateFolder(given).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    const kept = measured === 0 ? "nothing was measured" : `${measured} rows of this run are kept in ${out}.part`;
    throw new HalfstepError("interrupted", `evaluate: interrupted; ${kept}; run the same command again to go on`);
  });
  const responses = await responsesOf(result, out, options);
  const comparisons = compareWithQuoted(out, result, quoted, options.rates);
  context.report(
    {
      command: "evaluate",
      file: out,
      imageSet: result.meta.imageSet,
      curves: result.curves.map(({ codec, label, points }) => ({
        codec,
        label,
        points: points.map(({ images: _, model, ...means }) => ({ ...means, ...(model && { model: { ...model } }) })),
      })),
      qualityProblems: responses.map(({ codec, problems }) => ({ codec, problems })),
      bdRatePsnr: comparisons.map(({ quoted, rows }) => ({
        quoted,
        rows: rows.map(({ name, ratePercent, problem, leftOut }) => ({ name, ratePercent, problem, leftOut })),
      })),
    },
    [
      await pointsText(result),
      ...responses.map(({ codec, text }) => `${codec}: ${text}`),
      ...comparisons.map(comparisonText),
      out,
    ].join("\n\n"),
  );
}

interface CurveResponse {
  readonly codec: string;
  readonly text: string;
  readonly problems: readonly string[];
}

/** How evenly models of variable rate follow their quality. @throws {HalfstepError} `uneven-quality` with `--check-qualities` */
async function responsesOf(
  { curves }: EvaluationResult,
  out: string,
  { checkQualities = false }: EvaluateCommandOptions,
): Promise<readonly CurveResponse[]> {
  const { qualityResponse, responseText } = await import("../../evaluate/study/index.ts");
  const responses = curves.flatMap((curve) => {
    const response = qualityResponse(curve);
    if (response === null) return [];
    return [{ codec: curve.codec, text: responseText(response), problems: response.problems }];
  });
  if (!checkQualities) return responses;
  const problems = responses.flatMap(({ codec, problems }) => problems.map((problem) => `${codec}: ${problem}`));
  if (responses.length === 0) problems.push("got no model of variable rate at three qualities or more");
  if (problems.length === 0) return responses;
  throw new HalfstepError(
    "uneven-quality",
    `${out}: ${problems.join("; ")}, expected rate and PSNR that rise evenly with the quality; the file is written, look at its points`,
  );
}

async function pointsText({ curves }: EvaluationResult): Promise<string> {
  const { MEASURE_NAMES, MEASURES } = await import("../../evaluate/index.ts");
  const rows = curves.flatMap(({ codec, points }) =>
    points.map((point) => [
      codec,
      point.setting,
      point.bitsPerPixel.toFixed(4),
      ...MEASURE_NAMES.map((name) => point[name]?.toFixed(MEASURES[name].shownDecimals) ?? "-"),
      point.encodeMs?.toFixed(1) ?? "-",
      point.decodeMs?.toFixed(1) ?? "-",
    ]),
  );
  const heads = ["bpp", ...MEASURE_NAMES.map((name) => MEASURES[name].heading), "encode ms", "decode ms"];
  const columns = [
    ...["codec", "setting"].map((heading) => ({ heading, align: "left" }) as const),
    ...heads.map((heading) => ({ heading, align: "right" }) as const),
  ];
  return textTable(columns, rows);
}

function comparisonText({ quoted, rows }: QuotedComparison): string {
  const lines = rows.map(({ name, ratePercent, problem, leftOut }) => {
    const figure = ratePercent === null ? problem : `${ratePercent.toFixed(1)} %`;
    return `  ${name}: ${figure}${leftOut === null ? "" : `; ${leftOut}`}`;
  });
  return [`BD-rate (PSNR) against ${quoted}, quoted:`, ...lines].join("\n");
}

const BAR_CELLS = 20;

function bar(part: number): string {
  return `[${"#".repeat(Math.round(part * BAR_CELLS)).padEnd(BAR_CELLS, ".")}]`;
}
