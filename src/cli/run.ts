/**
 * Runs one command line, from its arguments to an exit code. An error becomes one sentence on standard error, or with `--json` an error document on
 * standard output. There is no stack trace without `--debug`. This file never calls `process.exit` itself.
 */
import { CommandContext, type GlobalOptions } from "./command-context.ts";
import { describeFailure, stackOf } from "./failure.ts";
import { Interruption, type SignalSource } from "./interruption.ts";
import { buildProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** The outside of {@link run}. */
export interface RunEnvironment {
  readonly terminal: Terminal;
  readonly signals: SignalSource;
  /** Ends the process. Called only for an interruption that cannot wait. */
  readonly exit: (exitCode: number) => void;
}

/** Runs a command line. @param words the arguments without `node` and the script. Returns the exit code. */
export async function run(words: readonly string[], environment: RunEnvironment): Promise<number> {
  const { terminal, signals, exit } = environment;
  // Known before parsing, because parsing itself may fail.
  const json = words.includes("--json");
  let context: CommandContext | undefined;
  let exitCode: 0 | 1 = 0;
  const fail = (code: string, message: string): void => {
    context?.clearProgress();
    if (json) terminal.stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
    terminal.stderr.write(`halfstep: ${message}\n`);
  };
  const interruption = new Interruption(signals, (exitCode) => {
    fail("interrupted", "interrupted");
    exit(exitCode);
  });
  const program = await buildProgram(words, terminal, async (work, graceful = false) => {
    context = new CommandContext(terminal, program.opts<GlobalOptions>(), interruption.signal);
    interruption.graceful = graceful;
    await work(context);
    ({ exitCode } = context);
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return interruption.exitCode ?? exitCode;
  } catch (error) {
    const failure = describeFailure(error);
    if (failure === undefined) return 0;
    fail(failure.code, failure.message);
    if (words.includes("--debug")) terminal.stderr.write(`${stackOf(error)}\n`);
    return interruption.exitCode ?? failure.exitCode;
  } finally {
    interruption.dispose();
  }
}
