/**
 * `halfstep decompress <in.hst> <out.png>` makes one photograph of one file, by bands of rows if it is large. `halfstep decompress <files...>
 * --out <folder>` does the same for each of many files.
 */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import type { ImageRows, RowBand } from "../../image/image-rows.ts";
import { STANDARD_STREAM } from "../../standard-stream.ts";
import { addBatchOptions, type BatchWords, executeOneOrMany } from "../batch/one-or-many.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { addCodecOptions, type CodecOptions, type CodecSource, NEW_CODECS } from "../open-codec.ts";
import { checkOutput } from "../output-file.ts";
import { namingStreamFile, readStreamFile } from "../read-stream-file.ts";

/** Images of at most this many pixels are written as a whole, which is faster. Larger ones are written band by band, to save memory. */
const WHOLE_UP_TO_PIXELS = 2 ** 20;

interface DecompressOptions extends CodecOptions {
  readonly force?: boolean;
  readonly out?: string;
  readonly jobs?: number;
}

/** Adds the command. */
export function registerDecompress(program: Command, execute: Execute): void {
  const command = program
    .command("decompress")
    .description("decompress a .hst file into a PNG image")
    .argument("<in.hst>", "the compressed file, or - for standard input; with --out, files and folders")
    .argument("[out.png]", "the image to write, or - for standard output")
    .argument("[more...]", "with --out, further files and folders");
  addCodecOptions(command, "the shipped one that the file names")
    .option("--force", "replace an existing file")
    .action((...words: readonly [...BatchWords, DecompressOptions]) =>
      executeOneOrMany("decompress", words, execute, decompress),
    );
  addBatchOptions(command);
}

/** Decompresses one file. */
export async function decompress(
  input: string,
  out: string,
  options: DecompressOptions,
  context: CommandContext,
  codecs: CodecSource = NEW_CODECS,
): Promise<void> {
  if (out !== STANDARD_STREAM && !/\.png$/i.test(out)) {
    throw new UsageError(
      "not-a-png-name",
      `${out}: got another ending, expected .png; give the output a name that ends so`,
    );
  }
  const output = await checkOutput({ input, output: out, force: options.force ?? false, context });
  const stream = await readStreamFile(input);
  const { readHeader } = await import("../../index.ts");
  const { hasAlpha } = await namingStreamFile(input, () => readHeader(stream));
  const [{ width, height }, model, decodeMs] = await namingStreamFile(input, async () => {
    const codec = await codecs.openCodecFor(input, stream, options);
    try {
      const startMs = performance.now();
      const rows = await codec.decodeRows(stream);
      await output.write(await pngOf(telling(rows, context)));
      return [rows, codec.model, performance.now() - startMs] as const;
    } finally {
      await codec.close();
    }
  });
  const text = `${output.name}: ${width} x ${height} pixels${hasAlpha ? " with transparency" : ""}, model ${model.name}, ${decodeMs.toFixed(0)} ms`;
  if (output.isStandard) return context.note(text);
  context.report(
    {
      command: "decompress",
      input,
      output: out,
      model: model.name,
      modelIdentity: model.identity,
      width,
      height,
      hasAlpha,
      decodeMs,
    },
    text,
  );
}

/** The PNG file. */
async function pngOf(rows: ImageRows): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (rows.width * rows.height > WHOLE_UP_TO_PIXELS) {
    const { encodePngBands } = await import("../../image/bands/encode-png-bands.ts");
    return encodePngBands(rows);
  }
  const { encodePng } = await import("../../image/read-image.ts");
  const { wholeImage } = await import("../../image/image-rows.ts");
  return encodePng(await wholeImage(rows));
}

/** The same rows; shows how far an image of several bands is. */
function telling({ width, height, bands }: ImageRows, context: CommandContext): ImageRows {
  async function* told(): AsyncGenerator<RowBand, void, undefined> {
    for await (const band of bands) {
      if (band.height < height) context.progress(`decompressing: row ${band.top + band.height} of ${height}`);
      yield band;
    }
  }
  return { width, height, bands: told() };
}
