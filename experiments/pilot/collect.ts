/**
 * Makes the pilot's results from the folder of its sweep: `results/measured/pilot.json`, and the tables in this folder's README.
 *
 *   npx tsx experiments/pilot/collect.ts --out <folder of the sweep>
 *
 * If the folder does not hold a run, its earlier figures stay. (The runs of the first measurement were trained before there were sweeps.)
 * Mismatch and gradient noise are measured on the photographs of `samples/`, with the final weights of each run and with the pair of surrogates that it
 * was trained with.
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import { describeSurroundings } from "../../src/surroundings.ts";
import { expandPlanFile } from "../../src/train/sweep/expand-plan.ts";
import { runCollector } from "../collector.ts";
import { keptRow, pilotRow } from "./measure-run.ts";
import { PILOT_PLAN, PILOT_RESULT, type PilotResult, type PilotRow, readPilot } from "./pilot-result.ts";
import { pilotTables, withPilotTables } from "./tables.ts";

const README = fileURLToPath(new URL("README.md", import.meta.url));

await runCollector("pilot", async (sweep) => {
  const { runs } = expandPlanFile(PILOT_PLAN);
  const earlier = existsSync(PILOT_RESULT) ? readPilot() : null;
  const rows: PilotRow[] = [];
  for (const run of runs) {
    const row = (await pilotRow(run, sweep)) ?? keptRow(run, earlier);
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
  const note = earlier?.meta.note;
  const result: PilotResult = { meta: note === undefined ? meta : { ...meta, note }, rows };
  const encoder = new TextEncoder();
  const text = withPilotTables(readFileSync(README, "utf8"), pilotTables(result));
  await writeFileAtomic(PILOT_RESULT, encoder.encode(`${JSON.stringify(result, null, 2)}\n`), { force: true });
  await writeFileAtomic(README, encoder.encode(text), { force: true });
});
