/**
 * The commands and their options, as a commander program. Registering is cheap: whatever a command needs, it imports when
 * it runs, so that `--help` does not wait for the engine.
 */
import { createRequire } from "node:module";
import { Command } from "commander";
import type { Execute } from "./command-context.ts";
import { registerBoard } from "./commands/board.ts";
import { registerCompress } from "./commands/compress.ts";
import { registerData } from "./commands/data.ts";
import { registerDecompress } from "./commands/decompress.ts";
import { registerDemo } from "./commands/demo.ts";
import { registerEvaluate } from "./commands/evaluate.ts";
import { registerInfo } from "./commands/info.ts";
import { registerLab } from "./commands/lab.ts";
import { registerModel } from "./commands/model.ts";
import { registerReport } from "./commands/report.ts";
import { registerSweep } from "./commands/sweep.ts";
import { registerTrain } from "./commands/train.ts";
import { registerWorker } from "./commands/worker.ts";
import type { Terminal } from "./terminal.ts";

/** Builds the program. Parsing throws a CommanderError in place of exiting, and writes only help and version. */
export function buildProgram(terminal: Terminal, execute: Execute): Command {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const program = new Command("halfstep")
    .description("Learned image compression: compress photographs, train the networks that do it.")
    .version(version)
    .option("--json", "write one JSON document to standard output, and nothing else there")
    .option("--quiet", "no notes and no progress on standard error")
    .option("--debug", "add a stack trace to error messages")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .exitOverride();
  registerCompress(program, execute);
  registerDecompress(program, execute);
  registerInfo(program, execute);
  registerData(program, execute);
  registerTrain(program, execute);
  registerSweep(program, execute);
  registerWorker(program, execute);
  registerBoard(program, execute);
  registerModel(program, execute);
  registerLab(program, execute);
  registerDemo(program, execute);
  registerEvaluate(program, execute);
  registerReport(program, execute);
  return program;
}
