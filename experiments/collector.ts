/** What all programs that collect a sweep's results share: they take its folder from the command line, and errors end them in one way. */
import { existsSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { HalfstepError, UsageError } from "../src/errors.ts";
import { SweepFolder } from "../src/train/sweep/sweep-folder.ts";

/**
 * The folder that a sweep was trained in.
 * @param program how messages call the program
 * @throws {UsageError} `bad-usage` without a folder, and for one that no sweep has worked in
 */
export function openSweep(folder: string | undefined, program: string): SweepFolder {
  if (folder === undefined) throw new UsageError("bad-usage", `${program}: expected --out <folder of the sweep>`);
  const sweep = new SweepFolder(folder);
  if (existsSync(sweep.runFolder(""))) return sweep;
  throw new UsageError(
    "bad-usage",
    `${program}: --out: got "${folder}", which has no folder "runs", expected the folder that halfstep sweep trained in`,
  );
}

/** What further options of a collector say. */
export type CollectorValues = Readonly<Partial<Record<string, string>>>;

/**
 * Runs a collector with the folder that `--out` names. An error of the project becomes a message and an exit code.
 * @param further names of other options that take a word
 */
export async function runCollector(
  program: string,
  collect: (sweep: SweepFolder, values: CollectorValues) => Promise<void>,
  further: readonly string[] = [],
): Promise<void> {
  const options = Object.fromEntries(["out", ...further].map((name) => [name, { type: "string" as const }]));
  const { values } = parseArgs({ options });
  const { out, ...others } = values as CollectorValues;
  try {
    await collect(openSweep(out, program), others);
  } catch (error) {
    if (!(error instanceof HalfstepError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
