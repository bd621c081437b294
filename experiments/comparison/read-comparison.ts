/** The collected results of the comparison's plans, as they are committed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { HalfstepError } from "../../src/errors.ts";
import { type SweepResult, sweepResultSchema } from "../../src/train/sweep/collect-results.ts";

/** Where `halfstep sweep collect` writes them, one file for each plan. */
export const COMPARISON_RESULTS: string = fileURLToPath(new URL("../../results/measured/comparison", import.meta.url));

/**
 * All of them, by the names of their files.
 * @throws {HalfstepError} `no-results` when nothing was collected, `bad-result` for a file of another form
 */
export function readComparison(folder: string = COMPARISON_RESULTS): readonly SweepResult[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  if (files.length === 0) {
    throw new HalfstepError(
      "no-results",
      `${folder}: got no results, expected what halfstep sweep collect writes; see experiments/comparison/README.md`,
    );
  }
  return files.sort().map((name) => {
    const file = path.join(folder, name);
    try {
      return sweepResultSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (error) {
      throw new HalfstepError(
        "bad-result",
        `${file}: ${error instanceof Error ? error.message : error}; collect it again`,
      );
    }
  });
}
