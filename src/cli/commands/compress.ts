/** `halfstep compress <image> <out.hst>`: one photograph into one file, by bands of rows if it is large. */
import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { UsageError } from "../../errors.ts";
import type { ImageSource } from "../../image/image-rows.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { addCodecOptions, type CodecOptions, openCodec } from "../open-codec.ts";
import { quality } from "../parse-option.ts";

interface CompressOptions extends CodecOptions {
  readonly quality?: number;
  readonly rounding?: "economical" | "nearest";
  readonly force?: boolean;
}

const QUALITY_HELP =
  "of a model of variable rate: 0, the smallest file, to 100, the best picture, in steps of 0.1 (default: 50)";

const ROUNDING_HELP =
  "economical: leave out what costs more bits than it is worth; nearest: as in training (default: economical)";

/** Adds the command. */
export function registerCompress(program: Command, execute: Execute): void {
  const command = program
    .command("compress")
    .description("compress an image file (JPEG, PNG, WebP, AVIF, TIFF, GIF) into a .hst file")
    .argument("<image>", "the image file")
    .argument("<out.hst>", "the file to write");
  addCodecOptions(command, "a shipped one of variable rate, or of the middle rate")
    .option("--quality <0..100>", QUALITY_HELP, quality)
    .addOption(new Option("--rounding <how>", ROUNDING_HELP).choices(["economical", "nearest"]))
    .option("--force", "replace an existing file")
    .action((input: string, out: string, options: CompressOptions) =>
      execute(async (context) => {
        // With --force, the photograph itself would be a possible output.
        if (!/\.hst$/i.test(out)) {
          throw new UsageError("not-a-hst-name", `${out}: got another ending, expected .hst; name the output so`);
        }
        const { ensureWritable, writeFileAtomic } = await import("../../atomic-file.ts");
        const force = options.force ?? false;
        await ensureWritable(out, { force });
        const { openImage } = await import("../../image/bands/open-image.ts");
        // A codec that is not there, or does not take the image, is noticed before a large image is read.
        const codec = await openCodec(options);
        try {
          const settings = {
            ...(options.quality === undefined ? {} : { quality: options.quality }),
            ...(options.rounding === "nearest" ? { bitsPerSquaredStep: Infinity } : {}),
          };
          const { source, notes, close } = await openImage(input, {
            // There is room beside the output, or it could not be written either; a system's folder for temporaries may be memory.
            temporaryFolder: dirname(out),
            accept: (size) => codec.checkEncode(size, settings),
          });
          try {
            for (const note of notes) context.note(`${input}: ${note}`);
            const startMs = performance.now();
            const encoded = await codec.encodeFrom(telling(source, context), settings);
            const { bytes, bitsPerPixel } = encoded;
            await writeFileAtomic(out, bytes, { force });
            const encodeMs = performance.now() - startMs;
            const { width, height } = source;
            const model = codec.model.name;
            context.report(
              {
                command: "compress",
                input,
                output: out,
                model,
                modelIdentity: codec.model.identity,
                width,
                height,
                quality: encoded.quality,
                bytes: bytes.length,
                bitsPerPixel,
                encodeMs,
                notes,
              },
              `${out}: ${bytes.length} bytes, ${bitsPerPixel.toFixed(3)} bpp, ${width} x ${height} pixels, ` +
                `model ${model}${encoded.quality === null ? "" : `, quality ${encoded.quality}`}, ${encodeMs.toFixed(0)} ms`,
            );
          } finally {
            await close();
          }
        } finally {
          await codec.close();
        }
      }),
    );
}

/** The same source; shows how far an image of several bands is read. */
function telling(source: ImageSource, context: CommandContext): ImageSource {
  const { width, height } = source;
  return {
    width,
    height,
    readRows(top, count) {
      if (top > 0) context.progress(`compressing: row ${top} of ${height}`);
      return source.readRows(top, count);
    },
  };
}
