#!/usr/bin/env node
/** The `halfstep` program: connects `run` to this process. */
import process from "node:process";
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem !== null) {
  process.stderr.write(`halfstep: ${problem}\n`);
  process.exit(2);
}
// Imported only now, because an older Node may not even parse it.
const { run } = await import("./run.ts");

// A reader that has seen enough (`halfstep ... | head`) closes the pipe. That is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  // The terminal has hung up. The command ends in good order, with its own exit code.
  if (error.code === "EIO" && process.stdout.isTTY) return;
  throw error;
});
// Nobody reads the notes and the progress any more (`halfstep train ... 2>&1 | head`, a terminal that has hung up): the work
// goes on.
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
});
process.exitCode = await run(process.argv.slice(2), {
  terminal: {
    stdout: process.stdout,
    stderr: process.stderr,
    writeBytes: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  },
  signals: process,
  exit: (exitCode) => process.exit(exitCode),
});
