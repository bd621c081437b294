/** `halfstep decompress <in.hst> <out.png>`: one file back into one photograph. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import type { Execute } from "../command-context.ts";
import { positiveInteger } from "../parse-option.ts";
import { readStreamFile } from "../read-stream-file.ts";

interface DecompressOptions {
  readonly model?: string;
  readonly force?: boolean;
  readonly threads?: number;
}

/** Adds the command. */
export function registerDecompress(program: Command, execute: Execute): void {
  program
    .command("decompress")
    .description("decompress a .hst file into a PNG image")
    .argument("<in.hst>", "the compressed file")
    .argument("<out.png>", "the image to write")
    .option("--model <model>", "name or path of the model (default: the shipped one that the file names)")
    .option("--threads <count>", "threads to compute with (default: 1)", positiveInteger)
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
        const [{ loadCodecFor }, { encodePng }] = await Promise.all([
          import("../../node.ts"),
          import("../../image/read-image.ts"),
        ]);
        const { model, threads } = options;
        const codec = await loadCodecFor(stream, {
          ...(model === undefined ? {} : { model }),
          ...(threads === undefined ? {} : { threads }),
        });
        try {
          const startMs = performance.now();
          const image = await codec.decode(stream);
          await writeFileAtomic(out, await encodePng(image), { force });
          const decodeMs = performance.now() - startMs;
          const { width, height } = image;
          context.report(
            { command: "decompress", input, output: out, model: codec.model.name, width, height, decodeMs },
            `${out}: ${width} x ${height}, model ${codec.model.name}, ${decodeMs.toFixed(0)} ms`,
          );
        } finally {
          await codec.close();
        }
      }),
    );
}
