/**
 * Makes the ladder's results from its runs, finished or not: `results/measured/ladder.json`, and the tables of experiments/LOG.md.
 * Reads the folder of the sweep and changes nothing there, so it may be started while runs train. If the folder does not hold a run, the run keeps
 * what was measured of it before.
 *
 *   npx tsx experiments/ladder/collect.ts --out <folder of the sweep>
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import { resultText } from "../../src/evaluate/study/result-schema.ts";
import { describeSurroundings } from "../../src/surroundings.ts";
import type { SweepFolder } from "../../src/train/sweep/sweep-folder.ts";
import { runCollector } from "../collector.ts";
import { LADDER_RESULT, type LadderResult, type LadderRun, parseLadder } from "./ladder-result.ts";
import { ladderTables, withTables } from "./log-table.ts";
import { measuredOrKept } from "./measure-run.ts";
import { readPlan } from "./plan.ts";

const LOG: string = fileURLToPath(new URL("../LOG.md", import.meta.url));
const NOTE =
  "One seed, one thread a run, two runs at a time. Losses on the crops of the training photographs that no run was trained on; hours are those of the steps alone.";

/** The runs of the result as it was. */
function readEarlier(): readonly LadderRun[] {
  if (!existsSync(LADDER_RESULT)) return [];
  return parseLadder(JSON.parse(readFileSync(LADDER_RESULT, "utf8")), LADDER_RESULT).runs;
}

async function collect(sweep: SweepFolder): Promise<void> {
  const plan = readPlan();
  const earlier = readEarlier();
  const measured = plan.runs.map((rung) => ({ name: rung.name, run: measuredOrKept(rung, sweep, earlier) }));
  for (const { name, run } of measured) {
    if (run === null) process.stderr.write(`${name}: not begun, left out\n`);
    else if (run.status !== "finished") process.stderr.write(`${name}: ${run.status} at step ${run.steps}\n`);
  }
  const result: LadderResult = {
    meta: {
      source: "measured",
      plan: "experiments/ladder/rungs.json",
      note: NOTE,
      date: new Date().toISOString().slice(0, 10),
      ...(await describeSurroundings()),
    },
    questions: plan.questions,
    runs: measured.flatMap(({ run }) => run ?? []),
  };
  const text = resultText(parseLadder(result, "ladder"));
  const log = withTables(readFileSync(LOG, "utf8"), ladderTables(plan, result));
  const encoder = new TextEncoder();
  await writeFileAtomic(LADDER_RESULT, encoder.encode(text), { force: true });
  await writeFileAtomic(LOG, encoder.encode(log), { force: true });
}

await runCollector("ladder", collect);
