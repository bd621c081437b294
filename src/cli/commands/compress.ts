/**
 * `halfstep compress <image> <out.hst>` makes one file of one picture, by bands of rows if it is large. `halfstep compress <images...> --out
 * <folder>` does the same for each of many pictures.
 */
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { UsageError } from "../../errors.ts";
import type { ImageSource } from "../../image/image-rows.ts";
import type { RgbColour } from "../../image/pixel-layout.ts";
import type { Codec, EncodeOptions, EncodeResult } from "../../node.ts";
import { inputName, STANDARD_STREAM } from "../../standard-stream.ts";
import { addBatchOptions, type BatchWords, executeOneOrMany } from "../batch/one-or-many.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { encodeSettings, openPicture } from "../compress/picture-to-encode.ts";
import { warningOfWritten } from "../compress/warning-of-written.ts";
import { addCodecOptions, addTuneOption, type CodecOptions, type CodecSource, NEW_CODECS } from "../open-codec.ts";
import { checkOutput } from "../output-file.ts";
import { colour } from "../parse-colour.ts";
import { decibels, effort, quality } from "../parse-option.ts";

interface CompressOptions extends CodecOptions {
  readonly quality?: number;
  readonly effort?: number;
  readonly rounding?: "economical" | "nearest";
  readonly background?: RgbColour;
  readonly minPsnr?: number;
  readonly force?: boolean;
  readonly out?: string;
  readonly jobs?: number;
}

const QUALITY_HELP =
  "0, the smallest file, to 100, the best picture, in steps of 0.1; for models of variable rate (default: 50)";

const EFFORT_HELP =
  "search longer for a better file, up to 9; each step takes about twice the time of the one before (default: 0)";

const ROUNDING_HELP =
  "economical: round to the cheaper integer where the error allows it; nearest: round as in training (default: economical)";

const PSNR_HELP =
  "raise the quality until the picture that comes back has this PSNR; fail, and write nothing, if none has";

/** Adds the command. */
export function registerCompress(program: Command, execute: Execute): void {
  const command = program
    .command("compress")
    .description("compress an image file (JPEG, PNG, WebP, AVIF, TIFF, GIF) into a .hst file")
    .argument("<image>", "the image file, or - for standard input; with --out, files and folders")
    .argument("[out.hst]", "the file to write, or - for standard output")
    .argument("[more...]", "with --out, further files and folders");
  addTuneOption(addCodecOptions(command, "the shipped model with the widest range of qualities; see --tune"))
    .option("--quality <0..100>", QUALITY_HELP, quality)
    .option("--effort <0..9>", EFFORT_HELP, effort)
    .option("--min-psnr <dB>", PSNR_HELP, decibels)
    .option(
      "--background <colour>",
      "lay transparent pixels on this colour, such as white or #ff8800 (default: keep the transparency)",
      colour,
    )
    .addOption(new Option("--rounding <how>", ROUNDING_HELP).choices(["economical", "nearest"]))
    .option("--force", "replace an existing file")
    .option(
      "--queue [address]",
      "let the workers of a queue compress a folder; compress --queue --help shows the options",
    )
    .action((...words: readonly [...BatchWords, CompressOptions]) =>
      executeOneOrMany("compress", words, execute, compress),
    );
  addBatchOptions(command);
  command.addHelpText(
    "after",
    "\nWith --queue, workers on many machines compress a folder: halfstep compress --queue --help",
  );
}

/** Compresses one picture. */
export async function compress(
  input: string,
  out: string,
  options: CompressOptions,
  context: CommandContext,
  codecs: CodecSource = NEW_CODECS,
): Promise<void> {
  // With --force, the photograph itself would be a possible output.
  if (out !== STANDARD_STREAM && !/\.hst$/i.test(out)) {
    throw new UsageError(
      "not-a-hst-name",
      `${out}: got another ending, expected .hst; give the output a name that ends so`,
    );
  }
  const output = await checkOutput({ input, output: out, force: options.force ?? false, context });
  // Before a large image is read: is there a codec, and does it take the image?
  const codec = await codecs.openCodec(options, "encode");
  try {
    const { source, notes, close } = await openPicture(codec, input, {
      settings: encodeSettings(options),
      // Beside the output there must be room anyway. The system's temporary folder may be memory.
      temporaryFolder: output.isStandard ? tmpdir() : dirname(out),
      background: options.background,
    });
    const settings = { ...encodeSettings(options), onProgress: tellingEffort(context) };
    try {
      const name = inputName(input);
      for (const note of notes) context.note(`${name}: ${note}`);
      const startMs = performance.now();
      const request = { minPsnrDb: options.minPsnr, settings, name };
      const { encoded, psnrDb } = await encode(codec, telling(source, context), request);
      const encodeMs = performance.now() - startMs;
      // Measured before anything is written: if that fails, no file is left behind.
      const warning = await warningOfWritten({ codec, source, encoded, psnrDb, settings });
      await output.write(encoded.bytes);
      if (warning !== null) context.note(`warning: ${name}: ${warning}`);
      const { bytes, bitsPerPixel, alphaByteLength } = encoded;
      const { width, height } = source;
      const { name: model, identity } = codec.model;
      const text =
        `${output.name}: ${bytes.length} bytes, ${bitsPerPixel.toFixed(3)} bpp, ${width} x ${height} pixels` +
        `${alphaByteLength === 0 ? "" : `, ${alphaByteLength} bytes of them transparency`}, ` +
        `model ${model}${encoded.quality === null ? "" : `, quality ${encoded.quality}`}` +
        `${options.effort === undefined || options.effort === 0 ? "" : `, effort ${options.effort}`}` +
        `${psnrDb === null ? "" : `, ${psnrDb.toFixed(2)} dB`}, ${encodeMs.toFixed(0)} ms`;
      if (output.isStandard) return context.note(text);
      context.report(
        {
          command: "compress",
          input,
          output: out,
          model,
          modelIdentity: identity,
          width,
          height,
          quality: encoded.quality,
          effort: options.effort ?? 0,
          bytes: bytes.length,
          alphaBytes: alphaByteLength,
          bitsPerPixel,
          // JSON has no infinity.
          psnrDb: psnrDb === null || !Number.isFinite(psnrDb) ? null : psnrDb,
          encodeMs,
          notes,
          warning,
        },
        text,
      );
    } finally {
      await close();
    }
  } finally {
    await codec.close();
  }
}

/** One stream, with its PSNR if the user asked for that. */
async function encode(
  codec: Codec,
  source: ImageSource,
  request: { readonly minPsnrDb: number | undefined; readonly settings: EncodeOptions; readonly name: string },
): Promise<{ readonly encoded: EncodeResult; readonly psnrDb: number | null }> {
  const { minPsnrDb, settings, name } = request;
  if (minPsnrDb === undefined) return { encoded: await codec.encodeFrom(source, settings), psnrDb: null };
  const { encodeAtLeast } = await import("../compress/encode-at-least.ts");
  return encodeAtLeast(codec, source, { minPsnrDb, settings, name });
}

/** Shows how far the search of an effort is. */
function tellingEffort(context: CommandContext): NonNullable<EncodeOptions["onProgress"]> {
  let startMs = performance.now();
  return ({ iteration, iterations, bytes }) => {
    if (iteration === 0) startMs = performance.now();
    const left = (((performance.now() - startMs) / 1000) * (iterations - iteration)) / Math.max(1, iteration);
    const time = iteration === 0 ? "" : `, ${left.toFixed(0)} s left`;
    const size = bytes === null ? "" : `, ${bytes} bytes`;
    context.progress(`compressing: iteration ${iteration} of ${iterations}${time}${size}`);
  };
}

/** The same source; shows how far an image of several bands is read. */
function telling(source: ImageSource, context: CommandContext): ImageSource {
  const { width, height } = source;
  const readRows = (top: number, count: number): Promise<Uint8Array> => {
    if (top > 0) context.progress(`compressing: row ${top} of ${height}`);
    return source.readRows(top, count);
  };
  const readAlpha = source.readAlpha && ((top: number, count: number) => source.readAlpha!(top, count));
  return readAlpha === undefined ? { width, height, readRows } : { width, height, readRows, readAlpha };
}
