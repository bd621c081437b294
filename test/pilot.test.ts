/** What the pilot makes of its runs: made-up metrics and studies in, figures and tables out; and what is committed of it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openSweep } from "../experiments/collector.ts";
import { keptRow, pilotRow, studiedFigures } from "../experiments/pilot/measure-run.ts";
import { PILOT_PLAN, type PilotResult, type PilotRow, readPilot } from "../experiments/pilot/pilot-result.ts";
import { pilotTables, withPilotTables } from "../experiments/pilot/tables.ts";
import type { NetworkStudy } from "../src/lab/trained/index.ts";
import { packFolder } from "../src/train/data/pack-folder.ts";
import { expandPlanFile } from "../src/train/sweep/expand-plan.ts";
import type { PlannedRun } from "../src/train/sweep/planned-run.ts";
import { resultOfRun } from "../src/train/sweep/run-result.ts";
import { SweepFolder } from "../src/train/sweep/sweep-folder.ts";
import { pairFigures } from "./support/pair-figures.ts";
import { runWords } from "./support/run-words.ts";
import { SURROUNDINGS, TINY_PLAN, writePlan } from "./support/sweep-plans.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "./support/training-images.ts";

function study(encoderGradientVariance: number, encoderGradientSquared: number): NetworkStudy {
  return {
    hard: { loss: 2, bitsPerPixel: 1, meanSquaredError: 0.1 },
    pairs: [pairFigures({ encoderGradientVariance, encoderGradientSquared })],
  };
}

describe("a run of the pilot", () => {
  it("that a sweep has trained has its result and a study of its network; one that diverged and one that is not over have none", () =>
    withTemporaryFolder(async (folder) => {
      const data = path.join(folder, "data");
      for (let i = 0; i < 3; i++) await writePng(path.join(folder, "images", `${i}.png`), coordinateImage(160, 140, i));
      await packFolder(path.join(folder, "images"), data);
      const plan = writePlan(folder, {
        ...TINY_PLAN,
        base: { ...TINY_PLAN.base, steps: 26, validateEvery: 26 },
        axes: {
          pair: { mixed: { surrogate: "mixed" }, sth: { surrogate: "soft-then-hard" }, ste: { surrogate: "ste" } },
        },
        stages: [{ name: "scratch", axes: { pair: "all" }, seeds: [1] }],
      });
      const out = path.join(folder, "out");
      const { exitCode, stderr } = await runWords("sweep", plan, "--data", data, "--out", out, "--max-runs", "2");
      expect(exitCode, stderr).toBe(0);
      const sweep = new SweepFolder(out);
      const [mixed, twoStages, left] = expandPlanFile(plan).runs as [PlannedRun, PlannedRun, PlannedRun];
      const size = { crop: 64, crops: 2, draws: 2 };
      const { hard, training } = sweep.readResult(mixed.id)!;
      const row = await pilotRow(mixed, sweep, size);
      expect(row).toMatchObject({
        pair: "mixed",
        status: "finished",
        trainingLoss: training?.loss,
        hardLoss: hard?.loss,
        hardBitsPerPixel: hard?.bitsPerPixel,
        hardPsnrDb: hard?.psnrDb,
        mismatch: { value: expect.any(Number) },
        encoderGradientNoise: expect.any(Number),
      });
      // Both paths round at the end of two stages.
      expect(await pilotRow(twoStages, sweep, size)).toMatchObject({
        mismatch: { value: 0 },
        encoderGradientNoise: null,
      });
      expect(await pilotRow(left, sweep, size)).toBeNull();
      const diverged = { step: 1, problem: "the loss exploded" };
      const context = { dataHash: "d", meta: SURROUNDINGS, finished: new Date(0), diverged };
      sweep.writeResult(resultOfRun(left, sweep.runFolder(left.id), context));
      expect(await pilotRow(left, sweep, size)).toMatchObject({ pair: "ste", status: "diverged", hardLoss: null });
    }));

  it("has no gradient noise where the encoder is frozen, and a bound where its mean vanishes", () => {
    const mismatch = { value: 0.5, low: 0.1, high: 1.6 };
    expect(studiedFigures(study(3, 2), undefined)).toEqual({ mismatch, encoderGradientNoise: 1.5 });
    expect(studiedFigures(study(0, 2), 0.96)).toEqual({ mismatch, encoderGradientNoise: null });
    const bound = { mismatch, encoderGradientNoise: null, encoderGradientNoiseAbove: 1000 };
    expect(studiedFigures(study(3, 0), undefined)).toEqual(bound);
    expect(studiedFigures(study(0, 0), undefined).encoderGradientNoise).toBe(0);
  });
});

describe("a collector", () => {
  it("keeps what was measured before of a run that the folder does not hold", () => {
    const earlier = readPilot();
    const { runs } = expandPlanFile(PILOT_PLAN);
    expect(runs.map((run) => keptRow(run, earlier))).toEqual(earlier.rows);
    expect(keptRow(runs[0] as PlannedRun, null)).toBeNull();
  });

  it("refuses a folder that no sweep has worked in", () =>
    withTemporaryFolder(async (folder) => {
      expect(() => openSweep(undefined, "pilot")).toThrow(/pilot: expected --out/);
      expect(() => openSweep(folder, "pilot")).toThrow(/--out: got ".*", which has no folder "runs"/);
      const sweep = new SweepFolder(folder);
      sweep.make();
      expect(openSweep(folder, "pilot").folder).toBe(folder);
    }));
});

describe("the tables of the pilot", () => {
  const row: PilotRow = {
    pair: "aun",
    lambda: 0.01,
    status: "finished",
    trainingLoss: 1.5,
    hardLoss: 1.6,
    hardBitsPerPixel: 0.3,
    hardPsnrDb: 25,
    mismatch: { value: 0.02, low: 0.01, high: 0.03 },
    encoderGradientNoise: 0.4,
  };
  const nothing = { trainingLoss: null, hardLoss: null, hardBitsPerPixel: null, hardPsnrDb: null, mismatch: null };
  const result: PilotResult = {
    meta: {
      source: "measured",
      plan: "",
      note: "Read this.",
      finished: 4,
      planned: 4,
      commit: "",
      date: "2026-01-31",
      machine: "",
    },
    rows: [
      row,
      { ...row, pair: "sga", status: "diverged", ...nothing, encoderGradientNoise: null },
      { ...row, pair: "uq", hardLoss: 1, encoderGradientNoise: null, encoderGradientNoiseAbove: 1000 },
      {
        ...row,
        pair: "ste",
        trainingLoss: null,
        encoderGradientNoise: null,
        mismatch: { value: 0, low: null, high: null },
      },
    ],
  };

  it("print intervals, bounds and what is missing as such, the best run on top", () => {
    const tables = pilotTables(result);
    expect(tables).toContain("4 of 4 runs.\n\nRead this.\n\nLambda 0.01:");
    expect(tables.match(/^\| [a-z]+ \| (?!hard).*/gm)).toEqual([
      "| uq | 1.0000 | 0.3000 | 25.00 | 1.5000 | 0.0200 (0.010..0.030) | > 1000 |",
      "| aun | 1.6000 | 0.3000 | 25.00 | 1.5000 | 0.0200 (0.010..0.030) | 0.400 |",
      "| ste | 1.6000 | 0.3000 | 25.00 | - | 0.0000 | - |",
      "| sga | diverged | diverged | diverged | diverged | diverged | diverged |",
    ]);
    expect(() => withPilotTables("no markers", tables)).toThrow(/expected the lines <!-- results -->/);
  });

  it("of the project are those of its results, which belong to its plan", () => {
    const readme = readFileSync(new URL("../experiments/pilot/README.md", import.meta.url), "utf8");
    const pilot = readPilot();
    expect(withPilotTables(readme, pilotTables(pilot))).toBe(readme);
    const named = ({ pair, lambda }: Pick<PilotRow, "pair" | "lambda">): string => `${pair} ${lambda}`;
    expect(pilot.rows.map(named)).toEqual(
      expandPlanFile(PILOT_PLAN).runs.map(({ values: { pair = "" }, config: { lambda } }) => named({ pair, lambda })),
    );
  });
});
