import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { expanded, SURROUNDINGS, someResult, TINY_PLAN } from "../../../test/support/sweep-plans.ts";
import { withTemporaryFolder } from "../../../test/support/training-images.ts";
import { MS_PER_HOUR } from "../../hours.ts";
import { parseConfig } from "../parse-config.ts";
import { chooseRuns } from "./choose-runs.ts";
import { collectResults, sweepResultSchema, sweepResultText } from "./collect-results.ts";
import { TimeEstimate } from "./estimate.ts";
import type { ExpandedPlan } from "./expand-plan.ts";
import type { PlannedRun } from "./planned-run.ts";
import { SweepFolder } from "./sweep-folder.ts";
import { sweepStatus } from "./sweep-status.ts";

async function withSweep(use: (plan: ExpandedPlan, folder: SweepFolder) => void): Promise<void> {
  await withTemporaryFolder(async (place) => {
    const folder = new SweepFolder(`${place}/out`);
    folder.make();
    use(expanded(place), folder);
  });
}

/** One trunk that finished and one that diverged; of the first one's forks, one is at step 5, one has a checkpoint of step 8. */
function fill({ runs }: ExpandedPlan, folder: SweepFolder): void {
  const [first, second, running, begun] = runs as [PlannedRun, PlannedRun, PlannedRun, PlannedRun];
  folder.writeResult(someResult(first));
  folder.writeResult(someResult(second, "diverged"));
  const owner = { pid: process.ppid, host: hostname(), startedMs: Date.now() };
  writeFileSync(folder.claimFile(running.id), JSON.stringify(owner));
  for (const { id } of [running, begun]) {
    mkdirSync(folder.runFolder(id));
    const rows = [1, 2, 3, 4, 5].map((step) => `${JSON.stringify({ type: "train", step })}\n`);
    appendFileSync(path.join(folder.runFolder(id), "metrics.jsonl"), rows.join(""));
  }
  writeFileSync(path.join(folder.runFolder(begun.id), "latest.json"), '{"version":1,"steps":[4]}');
}

describe("sweepStatus", () => {
  it("tells the state of every run", async () => {
    await withSweep((plan, folder) => {
      fill(plan, folder);
      const { runs, running } = sweepStatus(folder, plan.runs);
      expect(running).toBe(1);
      expect(runs.map(({ run, state, step }) => [run.name, state, step])).toEqual([
        ["trunk/s1", "finished", 20],
        ["trunk/s2", "diverged", 3],
        ["fork/aun/s1", "running", 5],
        ["fork/mixed/s1", "begun", 4],
        ["fork/sua-dither/s1", "ready", 0],
        ["fork/aun/s2", "blocked", 0],
        ["fork/mixed/s2", "blocked", 0],
        ["fork/sua-dither/s2", "blocked", 0],
      ]);
    });
  });

  it("says that forks wait for a trunk that is not over", async () => {
    await withSweep((plan, folder) => {
      const states = sweepStatus(folder, plan.runs).runs.map(({ state }) => state);
      expect(states).toEqual(["ready", "ready", ...Array(6).fill("waiting")]);
    });
  });

  it("estimates the time that is left from the steps that were measured", async () => {
    await withSweep((plan, folder) => {
      fill(plan, folder);
      const { threadHoursUsed, threadHoursLeft, isMeasured } = sweepStatus(folder, plan.runs);
      expect(threadHoursUsed).toBe(1);
      expect(isMeasured).toBe(true);
      // 7, 8 and 12 steps, and validations of 64 x 64 pixels without gradients at the end of each and at step 10.
      const validation = 64 ** 2 / 128 ** 2 / 3;
      expect(threadHoursLeft).toBeCloseTo(((7 + 8 + 12 + 3 * 2 * validation) * 100) / MS_PER_HOUR, 12);
    });
  });
});

describe("TimeEstimate", () => {
  const config = parseConfig('{"data":"-","network":{"N":64,"M":96}}');

  it("goes by multiply-accumulates where nothing was measured: proportional to pixels, more for a wider network", () => {
    const estimate = new TimeEstimate([]);
    const { milliseconds, isMeasured } = estimate.stepMs(config);
    expect(isMeasured).toBe(false);
    expect(milliseconds).toBeCloseTo(140, 0);
    expect(estimate.stepMs({ ...config, batch: 16 }).milliseconds / milliseconds).toBeCloseTo(2, 10);
    expect(estimate.stepMs({ ...config, crop: 256 }).milliseconds / milliseconds).toBeCloseTo(4, 10);
    const wide = estimate.stepMs({ ...config, network: { ...config.network, N: 128, M: 192 } });
    expect(wide.milliseconds / milliseconds).toBeGreaterThan(3);
  });

  it("scales by what other networks took on this machine", async () => {
    await withTemporaryFolder(async (place) => {
      const [run] = expanded(place).runs as [PlannedRun];
      const slow = someResult(run);
      const fast = { ...slow, time: { ...slow.time, threadMsPerStep: 10 } };
      const [bySlow, byFast] = [slow, fast].map((result) => new TimeEstimate([result]).stepMs(config).milliseconds);
      expect((bySlow as number) / (byFast as number)).toBeCloseTo(10, 10);
      expect(new TimeEstimate([fast]).stepMs(run.config)).toEqual({ milliseconds: 10, isMeasured: true });
    });
  });
});

describe("chooseRuns", () => {
  it("takes runs by the beginning of their name or by identity, and what they begin from", async () => {
    await withSweep(({ runs }) => {
      const names = (...texts: string[]): string[] => chooseRuns(runs, texts).map(({ name }) => name);
      expect(names()).toHaveLength(8);
      expect(names("fork/mixed/s2")).toEqual(["trunk/s2", "fork/mixed/s2"]);
      expect(names("fork/mixed", "trunk")).toEqual(["trunk/s1", "trunk/s2", "fork/mixed/s1", "fork/mixed/s2"]);
      expect(names(runs[4]?.id ?? "")).toEqual(["trunk/s1", "fork/sua-dither/s1"]);
      // Neither a part of a name nor a letter of an identity is one.
      expect(() => names("fork/mix")).toThrow("--only");
      expect(() => names(runs[4]?.id.slice(0, 1) ?? "")).toThrow("--only");
      expect(names(runs[4]?.id.slice(0, 8) ?? "")).toEqual(["trunk/s1", "fork/sua-dither/s1"]);
      expect(() => names("forks")).toThrow('--only: got "forks", but no name of a run begins with it');
    });
  });
});

describe("collectResults", () => {
  it("lists what is there under the plan's names, and what is missing with the reason, and reads back", async () => {
    await withSweep((plan, folder) => {
      fill(plan, folder);
      const text = sweepResultText(collectResults(folder, plan, SURROUNDINGS, "2026-01-02"));
      const result = sweepResultSchema.parse(JSON.parse(text));
      expect(result.meta).toMatchObject({
        plan: "tiny",
        question: TINY_PLAN.question,
        date: "2026-01-02",
        planned: 8,
        finished: 1,
        diverged: 1,
        threadHours: 1,
      });
      expect(result.runs.map(({ name, values, seed, result: { status } }) => [name, values, seed, status])).toEqual([
        ["trunk/s1", {}, 1, "finished"],
        ["trunk/s2", {}, 2, "diverged"],
      ]);
      expect(result.missing.map(({ name, reason }) => [name, reason])).toEqual([
        ["fork/aun/s1", "at step 5 of 12"],
        ["fork/mixed/s1", "at step 4 of 12"],
        ["fork/sua-dither/s1", "not begun"],
        ["fork/aun/s2", "the run that it begins from diverged"],
        ["fork/mixed/s2", "the run that it begins from diverged"],
        ["fork/sua-dither/s2", "the run that it begins from diverged"],
      ]);
      expect(text.split("\n").filter((line) => line.includes('"name"'))).toHaveLength(8);
    });
  });
});
