/** Runs a command line in this process, which is quicker than a process of its own; only main.ts is left out. */
import { EventEmitter } from "node:events";
import { run } from "../../src/cli/run.ts";
import type { Ending } from "./child-program.ts";

/** What the command line wrote and returned. Throws if it ends the process or leaves a signal handler behind. */
export async function runWords(...words: string[]): Promise<Ending> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const signals = new EventEmitter();
  const exitCode = await run(words, {
    terminal: {
      stdout: { write: (text) => stdout.push(text) },
      stderr: { write: (text) => stderr.push(text) },
      writeBytes: async (bytes) => void stdout.push(Buffer.from(bytes).toString("latin1")),
    },
    signals,
    exit: () => {
      throw new Error("internal: the process was ended, and no signal was sent");
    },
  });
  if (signals.eventNames().length > 0) throw new Error("internal: a signal handler was left behind");
  return { stdout: stdout.join(""), stderr: stderr.join(""), exitCode };
}
