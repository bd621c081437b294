import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { expanded, SURROUNDINGS, TINY_PLAN } from "../../../test/support/sweep-plans.ts";
import { withTemporaryFolder } from "../../../test/support/training-images.ts";
import { MS_PER_HOUR } from "../../hours.ts";
import type { PlannedRun } from "./planned-run.ts";
import { type ResultContext, type RunResult, resultOfRun, runResultSchema } from "./run-result.ts";

const CONTEXT: ResultContext = { dataHash: "d", meta: SURROUNDINGS, finished: new Date(Date.UTC(2026, 0, 2)) };

interface Row {
  readonly type: "train" | "validation";
  readonly step: number;
  readonly milliseconds?: number;
}

/** The result of a first trunk whose metrics are these, with the step as loss and ten times as gradient norm. */
async function resultOf(rows: readonly Row[], set: object = {}, context = CONTEXT): Promise<RunResult> {
  return withTemporaryFolder(async (place) => {
    const [trunk] = TINY_PLAN.stages;
    const { runs } = expanded(place, { ...TINY_PLAN, stages: [{ ...trunk, set }] });
    const folder = path.join(place, "run");
    mkdirSync(folder);
    for (const { type, step, milliseconds = 100 } of rows) {
      const losses = { loss: step, bitsPerPixel: 2 * step, meanSquaredError: 1 / step, psnrDb: 3 * step };
      const own = type === "train" ? { gradientNorm: 10 * step, learningRate: 1, threads: 2 } : {};
      const row = { type, step, ...losses, ...own, milliseconds };
      appendFileSync(path.join(folder, "metrics.jsonl"), `${JSON.stringify(row)}\n`);
    }
    return runResultSchema.parse(resultOfRun(runs[0] as PlannedRun, folder, context));
  });
}

const steps = (count: number): Row[] => Array.from({ length: count }, (_, k) => ({ type: "train", step: k + 1 }));

describe("resultOfRun", () => {
  it("judges by the last validation and averages what training saw at the end", async () => {
    const rows: Row[] = [...steps(20), { type: "validation", step: 10 }, { type: "validation", step: 20 }];
    const result = await resultOf(rows);
    expect(result).toMatchObject({ status: "finished", steps: 20, diverged: null, start: { type: "scratch" } });
    expect(result.hard).toEqual({ loss: 20, bitsPerPixel: 40, meanSquaredError: 0.05, psnrDb: 60 });
    const { loss, bitsPerPixel, meanSquaredError, psnrDb, steps: averaged } = result.training ?? expect.unreachable();
    expect([loss, bitsPerPixel, averaged].map((figure) => Number(figure.toFixed(9)))).toEqual([10.5, 21, 20]);
    // The PSNR of the mean error, and not the mean of the PSNRs, which the rows have.
    expect(psnrDb).toBeCloseTo(-10 * Math.log10(meanSquaredError), 9);
    expect(result.curve).toEqual({ step: [10, 20], loss: [10, 20], bitsPerPixel: [20, 40], psnrDb: [30, 60] });
    expect(result.config).toMatchObject({ network: { N: 4, M: 6 }, seed: 1 });
    for (const field of ["data", "threads", "checkpointEvery", "validateEvery"]) {
      expect(result.config).not.toHaveProperty(field);
    }
  });

  it("averages only the last 200 steps, and of two stages of training only the second", async () => {
    const last = { type: "validation", step: 400 } as const;
    expect((await resultOf([...steps(400), last], { steps: 400 })).training).toMatchObject({ loss: 300.5, steps: 200 });
    const twoStages = { steps: 400, surrogate: "soft-then-hard" };
    // The second stage begins at 0.96 * 400.
    expect((await resultOf([...steps(400), last], twoStages)).training).toMatchObject({ loss: 392.5, steps: 16 });
  });

  it("summarizes the gradient's norm in twenty parts", async () => {
    const { gradientNorm } = await resultOf([...steps(40), { type: "validation", step: 40 }], { steps: 40 });
    expect(gradientNorm.step).toEqual(Array.from({ length: 20 }, (_, k) => 2 * k + 2));
    expect(gradientNorm.median.slice(0, 2)).toEqual([15, 35]);
    expect(gradientNorm.highest.slice(0, 2)).toEqual([20, 40]);
  });

  it("counts the time of all threads, and a step in which the machine slept as ten", async () => {
    const rows = steps(20).map((row) => (row.step === 7 ? { ...row, milliseconds: MS_PER_HOUR } : row));
    const { time } = await resultOf([...rows, { type: "validation", step: 20, milliseconds: 1000 }]);
    expect(time).toMatchObject({ threadMsPerStep: 200, threads: [2], finished: "2026-01-02T00:00:00.000Z" });
    expect(time.threadHours).toBeCloseTo((19 * 200 + 2000 + 2000) / MS_PER_HOUR, 8);
  });

  it("keeps what a run that diverged had done until then", async () => {
    const diverged = { step: 12, problem: "loss is NaN" };
    const rows: Row[] = [...steps(12), { type: "validation", step: 10 }];
    const result = await resultOf(rows, {}, { ...CONTEXT, diverged });
    expect(result).toMatchObject({ status: "diverged", steps: 12, diverged, hard: null, training: null });
    expect(result.curve.step).toEqual([10]);
    expect(result.gradientNorm.step).toHaveLength(12);
  });

  it("refuses a run that was not judged at its end", async () => {
    await expect(resultOf(steps(20))).rejects.toThrow(/got no validation of step 20, expected one; delete the folder/);
  });
});
