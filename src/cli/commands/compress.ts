/** `halfstep compress <image> <out.hst>`: one photograph into one file. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { positiveInteger } from "../parse-option.ts";

interface CompressOptions {
  readonly model?: string;
  readonly force?: boolean;
  readonly threads?: number;
}

/** Adds the command. */
export function registerCompress(program: Command, execute: Execute): void {
  program
    .command("compress")
    .description("compress an image file (JPEG, PNG, WebP, AVIF, TIFF, GIF) into a .hst file")
    .argument("<image>", "the image file")
    .argument("<out.hst>", "the file to write")
    .option("--model <model>", "name of a shipped model, or path of a model file (default: the middle rate)")
    .option("--threads <count>", "threads to compute with (default: 1)", positiveInteger)
    .option("--force", "replace an existing file")
    .action((image: string, out: string, options: CompressOptions) =>
      execute(async (context) => {
        const { ensureWritable, writeFileAtomic } = await import("../../atomic-file.ts");
        const force = options.force ?? false;
        await ensureWritable(out, { force });
        const { readImage } = await import("../../image/read-image.ts");
        const source = await readImage(image);
        for (const note of source.notes) context.note(`${image}: ${note}`);
        const { loadCodec } = await import("../../node.ts");
        const codec = await loadCodec(codecOptions(options));
        try {
          const startMs = performance.now();
          const encoded = await codec.encode(source.image);
          await writeFileAtomic(out, encoded.bytes, { force });
          const encodeMs = performance.now() - startMs;
          const { width, height } = source.image;
          const bytes = encoded.bytes.length;
          context.report(
            {
              command: "compress",
              input: image,
              output: out,
              model: codec.model.name,
              width,
              height,
              bytes,
              bitsPerPixel: encoded.bitsPerPixel,
              estimatedBits: encoded.estimatedBits,
              encodeMs,
              notes: source.notes,
            },
            `${out}: ${bytes} bytes, ${encoded.bitsPerPixel.toFixed(3)} bpp, ${width} x ${height}, ` +
              `model ${codec.model.name}, ${encodeMs.toFixed(0)} ms`,
          );
        } finally {
          await codec.close();
        }
      }),
    );
}

/** Leaves out what was not given, as exact optional properties want it. */
function codecOptions({ model, threads }: CompressOptions): { model?: string; threads?: number } {
  return { ...(model === undefined ? {} : { model }), ...(threads === undefined ? {} : { threads }) };
}
