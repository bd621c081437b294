/**
 * Makes the pilot's results from the folder of its sweep: `results/measured/pilot.json`, and the tables in this folder's README.
 *
 *   npx tsx experiments/pilot/collect.ts --out <folder of the sweep>
 *
 * Mismatch and gradient noise are measured on the photographs of `samples/`, at the weights that each run arrived at, with the
 * pair that it was trained with.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describeSurroundings } from "../../src/surroundings.ts";
import { expandPlanFile } from "../../src/train/sweep/expand-plan.ts";
import { runCollector } from "../collector.ts";
import { pilotRow } from "./measure-run.ts";
import { PILOT_PLAN, PILOT_RESULT, type PilotResult, type PilotRow } from "./pilot-result.ts";
import { pilotTables, withPilotTables } from "./tables.ts";

await runCollector("pilot", async (sweep) => {
  const { runs } = expandPlanFile(PILOT_PLAN);
  const rows: PilotRow[] = [];
  for (const run of runs) {
    const row = await pilotRow(run, sweep);
    if (row === null) process.stderr.write(`${run.name}: not over, left out\n`);
    else rows.push(row);
  }
  const meta: PilotResult["meta"] = {
    source: "measured",
    plan: "experiments/pilot/plan.json",
    finished: rows.length,
    planned: runs.length,
    date: new Date().toISOString().slice(0, 10),
    ...(await describeSurroundings()),
  };
  const result: PilotResult = { meta, rows };
  writeFileSync(PILOT_RESULT, `${JSON.stringify(result, null, 2)}\n`);
  const readme = new URL("README.md", import.meta.url);
  writeFileSync(readme, withPilotTables(readFileSync(readme, "utf8"), pilotTables(result)));
});
