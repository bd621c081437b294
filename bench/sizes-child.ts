/**
 * A process that runs one command of the command line twice, first on a small file (which loads what the command needs), then on the
 * one that counts, and writes what that took as JSON: `{ ms, peakMegabytes }`, the peak being that of the whole process. Arguments:
 * the command, the small input and output, the input and output that count, and further options for both.
 */
import process from "node:process";
import { run } from "../src/cli/run.ts";

/** What the process writes. */
export interface SizesChildResult {
  /** From the words of the command to its end: reading, the model's opening, the codec, writing. */
  readonly ms: number;
  readonly peakMegabytes: number;
}

async function command(words: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const exitCode = await run([...words, "--json", "--quiet", "--force"], {
    terminal: { stdout: { write: () => true }, stderr: process.stderr },
    signals: process,
    exit: (code) => process.exit(code),
  });
  if (exitCode !== 0) process.exit(exitCode);
  return performance.now() - startMs;
}

const [name = "", smallIn = "", smallOut = "", input = "", output = "", ...options] = process.argv.slice(2);
await command([name, smallIn, smallOut, ...options]);
const ms = await command([name, input, output, ...options]);
// maxRSS is in kilobytes.
const result: SizesChildResult = { ms, peakMegabytes: process.resourceUsage().maxRSS / 1024 };
process.stdout.write(JSON.stringify(result));
