#!/usr/bin/env node
/** The `halfstep` program: connects `run` to this process. */
import process from "node:process";
import { run } from "./run.ts";

// A reader that has seen enough (`halfstep ... | head`) closes the pipe; that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.exitCode = await run(process.argv.slice(2), {
  terminal: { stdout: process.stdout, stderr: process.stderr },
  signals: process,
  exit: (exitCode) => process.exit(exitCode),
});
