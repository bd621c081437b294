import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EFFORT_PART, effortTable, meanChange } from "../experiments/effort/effort-table.ts";
import type { EffortRow, Plan } from "../experiments/effort/plan.ts";
import { packagePath } from "../src/package-folder.ts";

describe("the table of the experiment on effort", () => {
  it("has means and Student's intervals over crops", () => {
    // Four values of standard deviation 1: 3.18245 standard errors of 1/2.
    const { percent, halfWidth } = meanChange([-1, -1, -2, -2].map((change) => (change + 1.5) * Math.sqrt(3) - 1.5));
    expect(percent).toBeCloseTo(-1.5, 12);
    expect(halfWidth).toBeCloseTo(3.18245 / 2, 4);
  });

  it("leaves out crops that were not measured completely", () => {
    const arm = { rate: "ste", distortion: "ste", from: 1, to: 0, step: 1 } as const;
    const sizes = { model: "m", crops: 3, side: 16, qualities: [10, 20], iterations: [5], longIterations: [] };
    const plan: Plan = { question: "?", ...sizes, arms: { a: arm } };
    const row = (crop: number, quality: number, after: number): EffortRow => {
      return { arm: "a", iterations: 5, crop, quality, before: 1, after };
    };
    const rows = [row(0, 10, 0.9), row(0, 20, 0.92), row(1, 10, 0.96), row(1, 20, 0.94), row(2, 10, 2)];
    const table = effortTable(plan, rows);
    expect(table).toContain("over 2 crops");
    // -9 and -5 percent: 12.706 standard errors of 2.
    expect(table).toContain("| a | -7.0 ± 25.4 |");
  });

  it("stands in the document as the results have it", () => {
    const { plan, rows } = JSON.parse(readFileSync(packagePath("results", "measured", "effort.json"), "utf8"));
    const document = readFileSync(packagePath("experiments", "effort", "README.md"), "utf8");
    expect(document).toContain(`${EFFORT_PART.start}\n\n${effortTable(plan, rows)}\n\n${EFFORT_PART.end}`);
  });
});
