/** The words of `compress` and `decompress`: one input and one output, or with `--out` any number of inputs. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { STANDARD_STREAM } from "../../standard-stream.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import type { CodecSource } from "../open-codec.ts";
import { positiveInteger } from "../parse-option.ts";
import type { BatchOptions, OneFile } from "./batch-task.ts";

/** What commander gives before the options. */
export type BatchWords = readonly [first: string, second: string | undefined, more: readonly string[]];

interface ManyOptions extends BatchOptions {
  readonly out?: string;
  readonly jobs?: number;
}

/** Adds the options for many inputs. */
export function addBatchOptions(command: Command): void {
  command
    .option(
      "--out <folder>",
      "many files: write the results into this folder; files that are already there are left alone",
    )
    .option("--jobs <count>", "with --out, how many processes work (default: one for each core)", positiveInteger);
}

/**
 * Does one file or many.
 * @param one the command for one file
 * @throws {UsageError} `bad-usage` for words that are neither
 */
export function executeOneOrMany<Options extends ManyOptions>(
  command: "compress" | "decompress",
  [first, second, more, options]: readonly [...BatchWords, Options],
  execute: Execute,
  one: (input: string, out: string, options: Options, context: CommandContext, codecs?: CodecSource) => Promise<void>,
): Promise<void> {
  const { out, jobs, ...others } = options;
  const inputs = [first, ...(second === undefined ? [] : [second]), ...more];
  if (out === undefined) {
    return execute((context) => {
      if (jobs !== undefined) {
        throw new UsageError("bad-usage", "--jobs is for many files; name the folder of results with --out");
      }
      if (second !== undefined && more.length === 0) return one(first, second, options, context);
      throw new UsageError(
        "bad-usage",
        `${command}: got ${inputs.length} file${inputs.length === 1 ? "" : "s"}, expected an input and an output; see --help, or name a folder for many files with --out`,
      );
    });
  }
  return execute(async (context) => {
    if (inputs.includes(STANDARD_STREAM)) {
      throw new UsageError("bad-usage", "- standard input does not go together with --out; name files or folders");
    }
    const { runBatch } = await import("./run-batch.ts");
    await runBatch({ command, inputs, out, jobs, options: others as BatchOptions, one: one as OneFile }, context);
  }, true);
}
