/** One file of a batch. It goes through the command for one file, with a codec that stays open for the next file. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { HalfstepError } from "../../errors.ts";
import type { Work } from "../../processes/serve-tasks.ts";
import { CommandContext } from "../command-context.ts";
import { describeFailure } from "../failure.ts";
import type { CodecOptions, CodecSource } from "../open-codec.ts";
import type { Terminal } from "../terminal.ts";
import type { BatchFile } from "./batch-files.ts";
import { keptCodecs } from "./kept-codecs.ts";

/** The options of the command. They go to other processes unchanged. */
export interface BatchOptions extends CodecOptions {
  readonly force?: boolean;
}

/** What a process is asked to do. */
export interface BatchTask extends BatchFile {
  readonly command: "compress" | "decompress";
  readonly options: BatchOptions;
}

/** What became of a file. */
export interface BatchRow {
  /** Null if it was done. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** What reading or writing it changed, for people. */
  readonly notes: readonly string[];
}

/** A command for one file, with the codec that it is given. */
export type OneFile = (
  input: string,
  output: string,
  options: BatchOptions,
  context: CommandContext,
  codecs: CodecSource,
) => Promise<void>;

/** Works on the files of a batch in this process, by the commands for one file. */
export function batchWork(
  commands: Readonly<Partial<Record<BatchTask["command"], OneFile>>>,
): Work<BatchTask, BatchRow> {
  const codecs = keptCodecs();
  return {
    async *rowsOf(task) {
      const notes: string[] = [];
      const context = new CommandContext(hearing(notes), {}, new AbortController().signal);
      try {
        const { command, input, output, options } = task;
        await mkdir(path.dirname(output), { recursive: true });
        const one = commands[command];
        if (one === undefined) throw new Error(`internal: this process does not ${command}`);
        await one(input, output, options, context, codecs);
        yield { failure: null, notes };
      } catch (error) {
        const { code, message } = describeFailure(error) ?? { code: "unexpected", message: String(error) };
        if (error instanceof HalfstepError) yield { failure: { code, message }, notes };
        else yield { failure: { code, message: `${task.input}: ${message}` }, notes };
      }
    },
    close: () => codecs.close(),
  };
}

/** Keeps the notes of a command. Its result and progress are dropped, because the batch reports its own. */
function hearing(notes: string[]): Terminal {
  return {
    stdout: { write: () => undefined },
    stderr: { write: (text) => void (/^(compressing|decompressing): /.test(text) || notes.push(text.trimEnd())) },
    writeBytes: async () => undefined,
  };
}
