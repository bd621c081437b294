/**
 * The commands and their options, as a commander program. Only the command that the line names is registered, and it imports what it needs when
 * it runs. So no command waits for the needs of another.
 */
import { createRequire } from "node:module";
import { Command, Help, type Option } from "commander";
import { packagePath } from "../package-folder.ts";
import type { Execute } from "./command-context.ts";
import type { Terminal } from "./terminal.ts";

type Register = (program: Command, execute: Execute) => void;

/** How each command is registered, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  compress: async () => (await import("./commands/compress.ts")).registerCompress,
  decompress: async () => (await import("./commands/decompress.ts")).registerDecompress,
  info: async () => (await import("./commands/info.ts")).registerInfo,
  data: async () => (await import("./commands/data.ts")).registerData,
  train: async () => (await import("./commands/train.ts")).registerTrain,
  sweep: async () => (await import("./commands/sweep.ts")).registerSweep,
  worker: async () => (await import("./commands/worker.ts")).registerWorker,
  board: async () => (await import("./commands/board.ts")).registerBoard,
  model: async () => (await import("./commands/model.ts")).registerModel,
  lab: async () => (await import("./commands/lab.ts")).registerLab,
  demo: async () => (await import("./commands/demo.ts")).registerDemo,
  evaluate: async () => (await import("./commands/evaluate.ts")).registerEvaluate,
  report: async () => (await import("./commands/report.ts")).registerReport,
};

/**
 * The commands to register for a command line: the one that it begins with, or all if it begins with none.
 * @param words the arguments without `node` and the script
 */
function wanted(words: readonly string[]): readonly (() => Promise<Register>)[] {
  // Options of all commands may stand before the command; none of them has a value.
  const at = words.findIndex((word) => !word.startsWith("-"));
  const [first = "", ...rest] = at < 0 ? [] : words.slice(at);
  const options = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (first === "compress" && options.some((word) => /^--queue(=|$)/.test(word))) {
    return [async () => (await import("./commands/compress-queue.ts")).registerCompressOnQueue];
  }
  return Object.hasOwn(COMMANDS, first) ? [COMMANDS[first]!] : Object.values(COMMANDS);
}

/** The help of an option. That a list is empty by default says nothing that its text does not say. */
function optionDescription(option: Option): string {
  return Help.prototype.optionDescription(option).replace(" (default: [])", "");
}

/** Builds the program for a line. Parsing throws a CommanderError instead of exiting, and writes only help and version. */
export async function buildProgram(words: readonly string[], terminal: Terminal, execute: Execute): Promise<Command> {
  const { version } = createRequire(import.meta.url)(packagePath("package.json")) as { version: string };
  const program = new Command("halfstep")
    .description("Learned image compression: compress photographs, train the networks that do it.")
    .version(version)
    .option("--json", "write one JSON document to standard output, and nothing else there")
    .option("--quiet", "no notes and no progress on standard error")
    .option("--debug", "add a stack trace to error messages")
    .configureHelp({ showGlobalOptions: true, optionDescription })
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .exitOverride();
  for (const load of wanted(words)) (await load())(program, execute);
  return program;
}
