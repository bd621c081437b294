/** `halfstep demo`: photographs through real files with the shipped models, next to JPEG of at most their size. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import type { Codec } from "../../node.ts";
import { packagePath } from "../../package-folder.ts";
import type { Execute } from "../command-context.ts";
import type { DemoResult } from "../demo/run-demo.ts";
import { addCodecOptions, type CodecOptions, openCodec } from "../open-codec.ts";
import { effort, quality } from "../parse-option.ts";

interface DemoOptions extends CodecOptions {
  readonly out: string;
  readonly quality?: number;
  readonly effort?: number;
  readonly all?: boolean;
}

/** The photographs that come with the project. */
const SAMPLES: string = packagePath("samples");

/** Adds the command. */
export function registerDemo(program: Command, execute: Execute): void {
  const command = program
    .command("demo")
    .description("compress and decompress photographs, and compare with JPEG of at most their size")
    .argument("[images...]", "image files (default: the samples that come with the project)");
  addCodecOptions(command, "the shipped model with the widest range of qualities")
    .option("--quality <0..100>", "0 to 100, for models of variable rate (default: 25, 50 and 75 in turn)", quality)
    .option("--effort <0..9>", "search longer for better files, up to 9 (default: 0)", effort)
    .option("--all", "every shipped model in turn")
    .option("--out <folder>", "folder for the results; results of an earlier demo are replaced", "demo-output")
    .action((images: readonly string[], options: DemoOptions) =>
      execute(async (context) => {
        const [{ listSamples, runDemo, SHOWN_QUALITIES }, { demoDocument, demoText }] = await Promise.all([
          import("../demo/run-demo.ts"),
          import("../demo/demo-report.ts"),
        ]);
        const told = new Set<string>();
        const input = {
          files: images.length > 0 ? images : await listSamples(SAMPLES),
          folder: options.out,
          effort: options.effort ?? 0,
          onProgress: (text: string) => context.progress(text),
          // Once, though every model and quality reads the picture anew.
          onNote: (text: string) => {
            if (!told.has(text)) context.note(text);
            told.add(text);
          },
        };
        const results: DemoResult[] = [];
        for (const choice of await choices(options)) {
          const codec = await openCodec(choice);
          try {
            for (const quality of qualitiesFor(codec, options, SHOWN_QUALITIES)) {
              results.push(await runDemo(codec, { ...input, quality }));
            }
          } finally {
            await codec.close();
          }
        }
        const threads = options.threads ?? 1;
        context.report(demoDocument(options.out, threads, results), demoText(options.out, threads, results));
      }),
    );
}

/**
 * The qualities to show a model at; null for a model of fixed rate.
 * @throws {UsageError} `fixed-rate-model` for a quality of such a model, unless `--all` asked for it
 */
function qualitiesFor(
  codec: Codec,
  { quality, all = false }: DemoOptions,
  usual: readonly number[],
): readonly (number | null)[] {
  if (codec.model.lambdaRange !== null) return quality === undefined ? usual : [quality];
  // Refuses a bad quality before anything is coded, with the codec's message.
  if (quality !== undefined && !all) codec.checkEncode({ width: 1, height: 1 }, { quality });
  return [null];
}

/** The models to show in turn: the named one, the default, or with `--all` every shipped one. */
async function choices({ model, threads, device, all = false }: DemoOptions): Promise<readonly CodecOptions[]> {
  const common = { ...(threads === undefined ? {} : { threads }), ...(device === undefined ? {} : { device }) };
  if (!all) return [{ ...common, ...(model === undefined ? {} : { model }) }];
  if (model !== undefined) throw new UsageError("bad-usage", "demo: got --model and --all; give one of them");
  const { listModels } = await import("../../node.ts");
  const models = await listModels();
  // Without a shipped model, the default model says what is missing.
  return models.length === 0 ? [common] : models.map(({ name }) => ({ ...common, model: name }));
}
