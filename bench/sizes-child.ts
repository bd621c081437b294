/**
 * A process that runs one command of the command line twice: first on a small file, which loads what the command needs, then on the
 * file that counts. It writes what the second took, as JSON. The peak of memory is that of the whole process. Arguments: the command, the
 * small input and output, the input and output that count, and further options for both.
 */
import process from "node:process";
import { run } from "../src/cli/run.ts";

/** What the process writes. */
export interface SizesChildResult {
  /** From the words of the command to its end: reading, the model's opening, the codec, writing. */
  readonly ms: number;
  /** Processor time of all threads together, in the same span. */
  readonly cpuMs: number;
  readonly peakMegabytes: number;
}

async function command(words: readonly string[]): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  const exitCode = await run([...words, "--json", "--quiet", "--force"], {
    terminal: { stdout: { write: () => true }, stderr: process.stderr, writeBytes: async () => undefined },
    signals: process,
    exit: (code) => process.exit(code),
  });
  if (exitCode !== 0) process.exit(exitCode);
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMs: (user + system) / 1000 };
}

const [name = "", smallIn = "", smallOut = "", input = "", output = "", ...options] = process.argv.slice(2);
await command([name, smallIn, smallOut, ...options]);
const spent = await command([name, input, output, ...options]);
// maxRSS is in kilobytes.
const result: SizesChildResult = { ...spent, peakMegabytes: process.resourceUsage().maxRSS / 1024 };
process.stdout.write(JSON.stringify(result));
