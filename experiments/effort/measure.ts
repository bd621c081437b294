/**
 * Refines the latents of crops of photographs that no model was trained on, as plan.json says, and writes what each way gained to results/measured/effort.json.
 * What is there already is kept, if it belongs to the same plan and the same images.
 *
 *   npx tsx experiments/effort/measure.ts --data <packed images>
 */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { writeFileAtomic } from "../../src/atomic-file.ts";
import { DESCENT, LAMBDA_FACTOR } from "../../src/codec/effort/effort-levels.ts";
import { traceRefinement } from "../../src/codec/effort/trace-refinement.ts";
import { openNetwork } from "../../src/codec/graphs.ts";
import { WEIGHT_OF_MOVED } from "../../src/codec/latents/economical-rounding.ts";
import { openGraphOn } from "../../src/engine/runtime/open-graph.ts";
import { HalfstepError, UsageError } from "../../src/errors.ts";
import { resultText } from "../../src/evaluate/study/result-schema.ts";
import { findModel } from "../../src/models/model-files.ts";
import { packagePath } from "../../src/package-folder.ts";
import { describeSurroundings } from "../../src/surroundings.ts";
import { PackedDataset } from "../../src/train/data/packed-dataset.ts";
import { validationCrops } from "../validation-crops.ts";
import { type EffortRow, type Plan, tasksOf } from "./plan.ts";

const RESULT = packagePath("results", "measured", "effort.json");
const PLAN = path.join(import.meta.dirname, "plan.json");

const keyOf = ({ arm, iterations, quality, crop }: Omit<EffortRow, "before" | "after">): string =>
  JSON.stringify([arm, iterations, quality, crop]);

/** What decides about a result and does not stand in the plan. */
const METHOD = {
  halfLife: DESCENT.halfLife,
  epsilon: DESCENT.epsilon,
  lambdaFactor: LAMBDA_FACTOR,
  weightOfMoved: WEIGHT_OF_MOVED,
};

/** Rows that were measured before. If you change an arm, give it another name. */
function readRows(dataHash: string): EffortRow[] {
  if (!existsSync(RESULT)) return [];
  const { meta, rows } = JSON.parse(readFileSync(RESULT, "utf8"));
  const problem = meta.dataHash !== dataHash ? "images" : isDeepStrictEqual(meta.method, METHOD) ? null : "descents";
  if (problem === null) return rows;
  throw new UsageError("bad-usage", `${RESULT}: it is of other ${problem}; delete the file to measure all of it again`);
}

async function measure(data: string): Promise<void> {
  const plan = JSON.parse(await readFile(PLAN, "utf8")) as Plan;
  const dataHash = PackedDataset.open(data).contentHash();
  const images = validationCrops(data, { count: plan.crops, side: plan.side });
  const { model } = await findModel(plan.model);
  const runner = await openNetwork(model, openGraphOn("cpu"), 1);
  const rows = readRows(dataHash);
  const known = new Set(rows.map(keyOf));
  const write = async (): Promise<void> => {
    const meta = {
      source: "measured",
      question: plan.question,
      dataHash,
      method: METHOD,
      ...(await describeSurroundings()),
    };
    await writeFileAtomic(RESULT, new TextEncoder().encode(resultText({ version: 1, meta, plan, rows })), {
      force: true,
    });
  };
  try {
    for (const task of tasksOf(plan)) {
      if (known.has(keyOf(task))) continue;
      const { rate, distortion, from, to, step, calmScale = 0 } = plan.arms[task.arm]!;
      const real = await traceRefinement(model, runner, images[task.crop]!, {
        quality: task.quality,
        surrogates: { rate, distortion, calmScale },
        descent: { temperature: { from, to }, rate: step },
        iterations: task.iterations,
      });
      rows.push({ ...task, ...real });
      await write();
      const change = ((real.after / real.before - 1) * 100).toFixed(2);
      process.stderr.write(`${keyOf(task)} ${change} %\n`);
    }
  } finally {
    await runner.close();
  }
}

const { values } = parseArgs({ options: { data: { type: "string" } } });
try {
  if (values.data === undefined) throw new UsageError("bad-usage", "measure: expected --data <packed images>");
  await measure(values.data);
} catch (error) {
  if (!(error instanceof HalfstepError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
