/**
 * Where a command writes its one output: to a file, whole or not at all, or to standard output, which is called "-". The output is never the
 * input under another name.
 */
import { stat } from "node:fs/promises";
import { ensureWritable, writeFileAtomic } from "../atomic-file.ts";
import { UsageError } from "../errors.ts";
import { STANDARD_STREAM } from "../standard-stream.ts";
import type { CommandContext } from "./command-context.ts";

/** An output that may be written to. */
export interface OutputFile {
  /** What messages call it. */
  readonly name: string;
  /** Whether it is standard output. Then a command writes its messages to standard error. */
  readonly isStandard: boolean;
  /** Writes all of it. @throws {HalfstepError} `cannot-write` */
  write(contents: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
}

/** The output that the user asked for. */
export interface OutputRequest {
  readonly input: string;
  readonly output: string;
  readonly force: boolean;
  readonly context: CommandContext;
}

/**
 * Checks an output before the work.
 * @throws {UsageError} `output-is-input`, `output-exists`, `no-output-folder`, or `bad-usage` for a terminal
 * @throws {HalfstepError} `cannot-write`
 */
export async function checkOutput({ input, output, force, context }: OutputRequest): Promise<OutputFile> {
  if (output === STANDARD_STREAM) {
    context.checkBytesToStdout();
    return {
      name: "standard output",
      isStandard: true,
      async write(contents) {
        if (contents instanceof Uint8Array) return context.writeBytes(contents);
        for await (const part of contents) await context.writeBytes(part);
      },
    };
  }
  if (await isSameFile(input, output)) {
    throw new UsageError("output-is-input", `${output}: is the input ${input} itself; name another output`);
  }
  await ensureWritable(output, { force });
  return { name: output, isStandard: false, write: (contents) => writeFileAtomic(output, contents, { force }) };
}

/** Whether both are one file, also through links and under other names. */
async function isSameFile(input: string, output: string): Promise<boolean> {
  const [a, b] = await Promise.all([input, output].map((path) => stat(path, { bigint: true }).catch(() => null)));
  return a != null && b != null && a.dev === b.dev && a.ino === b.ino;
}
