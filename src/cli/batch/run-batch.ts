/**
 * `compress` and `decompress` of many files, by as many processes as there are cores, each with one codec. A file that fails does not stop the
 * others. Results that are already there are left alone, so after an interruption the same command goes on. What is written does not depend on
 * the number of processes.
 */
import { readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { HalfstepError } from "../../errors.ts";
import { programPath } from "../../package-folder.ts";
import { runInProcesses } from "../../processes/run-in-processes.ts";
import type { CommandContext } from "../command-context.ts";
import { batchFiles } from "./batch-files.ts";
import { type BatchOptions, type BatchRow, type BatchTask, batchWork, type OneFile } from "./batch-task.ts";

/** What the user asked for. */
export interface Batch {
  readonly command: "compress" | "decompress";
  readonly inputs: readonly string[];
  /** Folder of the results. It is made if it does not exist. */
  readonly out: string;
  /** Processes. Default: one for each core. */
  readonly jobs?: number | undefined;
  readonly options: BatchOptions;
  /** The command for one file, where one process is enough. */
  readonly one: OneFile;
}

interface FailedFile {
  readonly input: string;
  readonly code: string;
  readonly message: string;
}

const KINDS = {
  compress: { endings: /\.(png|jpe?g|webp|avif|tiff?|gif)$/i, ending: ".hst" },
  decompress: { endings: /\.hst$/i, ending: ".png" },
} as const;

const WORKER: string = programPath("cli/batch/worker");

/**
 * Does all files, and reports. The exit code is 1 if some failed.
 * @throws {UsageError} `output-collision`
 * @throws {HalfstepError} `cannot-read`, `empty-folder`; `worker-lost` if a process ends; `interrupted`
 */
export async function runBatch(batch: Batch, context: CommandContext): Promise<void> {
  const { command, inputs, out, jobs = availableParallelism(), options, one } = batch;
  const startMs = performance.now();
  const files = await batchFiles({ inputs, out, ...KINDS[command] });
  const failed = new Map<string, FailedFile>();
  const tasks: BatchTask[] = [];
  let kept = 0;
  for (const file of files) {
    const state = options.force === true ? "missing" : await stateOf(file.output, command);
    if (state === "missing") tasks.push({ ...file, command, options });
    else if (state === "whole") kept++;
    else failed.set(file.input, { input: file.input, code: "output-damaged", message: damaged(file.output) });
  }
  if (kept > 0) context.note(`${out}: ${kept} of ${files.length} files are already there`);
  let done = 0;
  const onRow = ({ input }: BatchTask, { failure, notes }: BatchRow): void => {
    done++;
    for (const note of notes) context.note(note);
    if (failure !== null) failed.set(input, { input, ...failure });
    const seconds = (performance.now() - startMs) / 1000;
    const left = ((tasks.length - done) * seconds) / done;
    context.progress(
      `${done} of ${tasks.length}, ${(done / seconds).toFixed(1)} a second, ${left.toFixed(0)} s left: ${input}`,
    );
  };
  await runInProcesses(tasks, {
    processes: Math.max(1, Math.min(jobs, tasks.length)),
    script: WORKER,
    here: () => batchWork({ [command]: one }),
    nameOf: ({ input }) => input,
    command,
    onRow,
    signal: context.signal,
  }).catch((error: unknown) => {
    if (!context.signal.aborted) throw error;
    throw new HalfstepError(
      "interrupted",
      `${command}: interrupted after ${done} files; run the same command again to go on`,
    );
  });
  const seconds = (performance.now() - startMs) / 1000;
  // In the order of the inputs, however many processes there were.
  const failures = files.flatMap(({ input }) => failed.get(input) ?? []);
  const made = files.length - kept - failures.length;
  const rate = seconds > 0 ? done / seconds : 0;
  const counts = `${made} files made${kept > 0 ? `, ${kept} were there` : ""}${failures.length > 0 ? `, ${failures.length} failed` : ""}`;
  const text = `${out}: ${counts}, ${seconds.toFixed(1)} s, ${rate.toFixed(1)} a second`;
  context.report(
    {
      command,
      out,
      files: files.length,
      made,
      kept,
      failed: failures.map(({ input, code, message }) => ({ input, code, message })),
      seconds,
      filesPerSecond: rate,
    },
    [text, ...failures.map(({ message }) => `  ${message}`)].join("\n"),
  );
  if (failures.length > 0) context.exitCode = 1;
}

/** What is at the place of a result. Results are written whole or not at all, but may have been damaged later. */
async function stateOf(output: string, command: Batch["command"]): Promise<"missing" | "whole" | "damaged"> {
  const found = await stat(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new HalfstepError("cannot-read", `${output}: cannot be read (${error.code}); check the folder`, {
      cause: error,
    });
  });
  if (found === null) return "missing";
  if (command === "decompress") return found.isFile() && found.size > 0 ? "whole" : "damaged";
  const { readStream, HalfstepError: Refused } = await import("../../index.ts");
  try {
    readStream(await readFile(output));
    return "whole";
  } catch (error) {
    if (error instanceof Refused || (error as NodeJS.ErrnoException).code === "EISDIR") return "damaged";
    throw error;
  }
}

function damaged(output: string): string {
  return `${output}: is damaged, or is not a file that this command writes; remove it, or replace it with --force`;
}
