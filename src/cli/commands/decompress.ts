/** `halfstep decompress <in.hst> <out.png>`: one file back into one photograph. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import type { Execute } from "../command-context.ts";
import { addCodecOptions, type CodecOptions, openCodecFor } from "../open-codec.ts";
import { namingStreamFile, readStreamFile } from "../read-stream-file.ts";

interface DecompressOptions extends CodecOptions {
  readonly force?: boolean;
}

/** Adds the command. */
export function registerDecompress(program: Command, execute: Execute): void {
  const command = program
    .command("decompress")
    .description("decompress a .hst file into a PNG image")
    .argument("<in.hst>", "the compressed file")
    .argument("<out.png>", "the image to write");
  addCodecOptions(command, "the shipped one that the file names")
    .option("--force", "replace an existing file")
    .action((input: string, out: string, options: DecompressOptions) =>
      execute(async (context) => {
        if (!/\.png$/i.test(out)) {
          throw new UsageError("not-a-png-name", `${out}: got another ending, expected .png; name the output so`);
        }
        const { ensureWritable, writeFileAtomic } = await import("../../atomic-file.ts");
        const force = options.force ?? false;
        await ensureWritable(out, { force });
        const stream = await readStreamFile(input);
        const { encodePng } = await import("../../image/read-image.ts");
        const [{ width, height }, model, decodeMs] = await namingStreamFile(input, async () => {
          const codec = await openCodecFor(input, stream, options);
          try {
            const startMs = performance.now();
            const image = await codec.decode(stream);
            await writeFileAtomic(out, await encodePng(image), { force });
            return [image, codec.model, performance.now() - startMs] as const;
          } finally {
            await codec.close();
          }
        });
        context.report(
          {
            command: "decompress",
            input,
            output: out,
            model: model.name,
            modelIdentity: model.identity,
            width,
            height,
            decodeMs,
          },
          `${out}: ${width} x ${height} pixels, model ${model.name}, ${decodeMs.toFixed(0)} ms`,
        );
      }),
    );
}
