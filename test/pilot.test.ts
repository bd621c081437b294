/** What the pilot makes of its runs: made-up metrics and studies in, figures and tables out; and what is committed of it. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type PilotResult, type PilotRow, readPilot } from "../experiments/pilot/pilot-result.ts";
import { plannedRuns } from "../experiments/pilot/plan.ts";
import { studiedFigures, trainingLossOf } from "../experiments/pilot/run-figures.ts";
import { pilotTables, withPilotTables } from "../experiments/pilot/tables.ts";
import type { NetworkStudy } from "../src/lab/trained/index.ts";

/** Loss 1 up to step 2,880, 2 after it. */
const entries = Array.from({ length: 3000 }, (_, i) => ({
  type: "train",
  step: i + 1,
  loss: i < 2880 ? 1 : 2,
  bitsPerPixel: 0,
  psnrDb: 0,
}));

function study(encoderGradientVariance: number, encoderGradientSquared: number): NetworkStudy {
  const figures = { loss: 2, bitsPerPixel: 1, meanSquaredError: 0.1 };
  const mismatch = { value: 0.5, low: 0.1, high: 0.9, method: "monte carlo" } as const;
  return {
    hard: figures,
    pairs: [
      {
        pair: "aun",
        soft: figures,
        lossMismatch: mismatch,
        rateMismatch: mismatch,
        distortionMismatch: mismatch,
        encoderGradientVariance,
        encoderGradientSquared,
        gradientVariance: 0,
        gradientSquared: 0,
      },
    ],
  };
}

describe("a run of the pilot", () => {
  it("has the training loss of its last stage", () => {
    expect(trainingLossOf(entries, { steps: 3000, surrogate: { hardFrom: 0.96 } })).toBe(2);
    // 80 steps of 1 and 120 of 2.
    expect(trainingLossOf(entries, { steps: 3000, surrogate: {} })).toBeCloseTo(1.6, 12);
    expect(trainingLossOf(entries, { steps: 3000, surrogate: { hardFrom: 0.5 } })).toBeCloseTo(1.6, 12);
  });

  it("has no gradient noise where the encoder is frozen, and a bound where its mean vanishes", () => {
    const mismatch = { value: 0.5, low: 0.1, high: 0.9 };
    expect(studiedFigures(study(3, 2), undefined)).toEqual({ mismatch, encoderGradientNoise: 1.5 });
    expect(studiedFigures(study(0, 2), 0.96)).toEqual({ mismatch, encoderGradientNoise: null });
    const bound = { mismatch, encoderGradientNoise: null, encoderGradientNoiseAbove: 1000 };
    expect(studiedFigures(study(3, 0), undefined)).toEqual(bound);
    expect(studiedFigures(study(0, 0), undefined).encoderGradientNoise).toBe(0);
  });
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
    expect(() => withPilotTables("no markers", tables)).toThrow(/expected <!-- results -->/);
  });

  it("of the project are those of its results, which belong to its plan", () => {
    const readme = readFileSync(new URL("../experiments/pilot/README.md", import.meta.url), "utf8");
    const pilot = readPilot();
    expect(withPilotTables(readme, pilotTables(pilot))).toBe(readme);
    const named = ({ pair, lambda }: Pick<PilotRow, "pair" | "lambda">): string => `${pair} ${lambda}`;
    expect(pilot.rows.map(named)).toEqual(
      plannedRuns("packed").map(({ pair, config: { lambda } }) => named({ pair, lambda })),
    );
  });
});
