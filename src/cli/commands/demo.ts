/** `halfstep demo`: photographs through real files with the shipped models, next to JPEG of the same size. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { CommandContext, Execute } from "../command-context.ts";
import type { DemoRow } from "../demo/run-demo.ts";
import { positiveInteger } from "../parse-option.ts";
import { textTable } from "../text-table.ts";

interface DemoOptions {
  readonly out: string;
  readonly model?: string;
  readonly all?: boolean;
  readonly threads: number;
}

/** The photographs that come with the project; the same place seen from src/ and from dist/. */
const SAMPLES: string = fileURLToPath(new URL("../../../samples/", import.meta.url));

/** Adds the command. */
export function registerDemo(program: Command, execute: Execute): void {
  program
    .command("demo")
    .description("compress and decompress sample photographs, compare with JPEG at equal size")
    .argument("[images...]", "image files (default: the samples that come with the project)")
    .option(
      "--out <folder>",
      "folder for the files that are made; files of an earlier demo are replaced",
      "demo-output",
    )
    .option("--model <model>", "name or path of the model (default: the shipped one of the middle rate)")
    .option("--all", "every shipped model in turn")
    .option("--threads <count>", "threads to compute with", positiveInteger, 1)
    .action((images: readonly string[], options: DemoOptions) =>
      execute(async (context) => {
        const { chooseModels, listSamples, runDemo } = await import("../demo/run-demo.ts");
        const files = images.length > 0 ? images : await listSamples(SAMPLES);
        const models = await chooseModels(options);
        const { rows, pictures } = await runDemo({
          files,
          models,
          folder: options.out,
          threads: options.threads,
          signal: context.signal,
          onProgress: (text) => context.progress(text),
        });
        reportDemo(context, options, rows, pictures);
      }, true),
    );
}

function reportDemo(
  context: CommandContext,
  options: DemoOptions,
  rows: readonly DemoRow[],
  pictures: readonly string[],
): void {
  const table = textTable(
    [
      { heading: "file", align: "left" },
      { heading: "model", align: "left" },
      { heading: "bytes", align: "right" },
      { heading: "bpp", align: "right" },
      { heading: "PSNR dB", align: "right" },
      { heading: "MS-SSIM", align: "right" },
      { heading: "encode ms", align: "right" },
      { heading: "decode ms", align: "right" },
      { heading: "JPEG PSNR dB", align: "right" },
    ],
    rows.map((row) => [
      path.basename(row.file),
      row.model,
      String(row.bytes),
      row.bitsPerPixel.toFixed(3),
      row.psnrDb.toFixed(2),
      row.msSsim?.toFixed(4) ?? "-",
      row.encodeMs.toFixed(0),
      row.decodeMs.toFixed(0),
      row.jpegPsnrDb?.toFixed(2) ?? "-",
    ]),
  );
  const notes = [
    "bytes and bpp: the whole file. ms: from pixels to the .hst file, and from it to the PNG file, after one warm-up.",
    "JPEG: mozjpeg, 4:2:0, the best quality that is not larger than our file (- where even quality 1 is).",
    `comparison (original, Halfstep, JPEG): ${pictures.join(", ")}`,
  ];
  context.report(
    { command: "demo", folder: options.out, rows: rows.map((row) => ({ ...row })), pictures },
    [table, "", ...notes].join("\n"),
  );
}
