import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { FakeTrainStep, type FakeTrouble } from "../../../test/support/fake-train-step.ts";
import { expanded, SURROUNDINGS } from "../../../test/support/sweep-plans.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "../../../test/support/training-images.ts";
import { checkpointSteps, loadCheckpoint } from "../checkpoint.ts";
import { packFolder } from "../data/pack-folder.ts";
import { acquireRunLock } from "../run-lock.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { RunEnd } from "./run-queue.ts";
import { plannedRunExecutor } from "./train-planned-run.ts";

interface Attempt {
  readonly trouble?: FakeTrouble;
  readonly data?: string;
  readonly startFrom?: string;
  /** Aborts when so many steps are done. */
  readonly stopAt?: number;
  readonly threads?: number;
}

interface Bench {
  readonly runs: readonly PlannedRun[];
  /** Executes a run in its folder with a step of a few lines of arithmetic. */
  readonly execute: (run: PlannedRun, attempt?: Attempt) => Promise<RunEnd>;
  readonly folderOf: (run: PlannedRun) => string;
  readonly place: string;
  /** Steps that were made so far. */
  readonly made: readonly FakeTrainStep[];
}

async function withBench(use: (bench: Bench) => Promise<void>): Promise<void> {
  await withTemporaryFolder(async (place) => {
    for (const tag of [1, 2, 3]) await writePng(`${place}/images/${tag}.png`, coordinateImage(160, 140, tag));
    await packFolder(`${place}/images`, `${place}/data`);
    const made: FakeTrainStep[] = [];
    const folderOf = ({ id }: PlannedRun): string => path.join(place, id);
    await use({
      runs: expanded(place).runs,
      folderOf,
      place,
      made,
      execute: async (run, { trouble, data = `${place}/data`, startFrom, stopAt, threads = 1 } = {}) => {
        const stop = new AbortController();
        const execute = plannedRunExecutor({
          data,
          dataHash: "d",
          threads,
          createStep: async ({ seed }) => {
            made.push(new FakeTrainStep(seed, trouble));
            return made.at(-1) as FakeTrainStep;
          },
          meta: SURROUNDINGS,
          now: () => new Date(0),
        });
        const claimed = {
          run,
          folder: folderOf(run),
          startFrom,
          finish: () => Promise.resolve(),
          giveBack: () => Promise.resolve(),
        };
        return execute(claimed, stop.signal, { onProgress: ({ step }) => void (step === stopAt && stop.abort()) });
      },
    });
  });
}

/** A result without what depends on the clock. */
function timeless(end: RunEnd): unknown {
  if (end.type !== "over") return end;
  const { time, ...rest } = end.result;
  return { ...rest, threads: time.threads };
}

describe("plannedRunExecutor", () => {
  it("trains a run and leaves one checkpoint, without the optimizer's state", async () => {
    await withBench(async ({ runs, execute, folderOf }) => {
      const run = runs[0] as PlannedRun;
      const end = await execute(run);
      expect(end).toMatchObject({ type: "over", result: { id: run.id, status: "finished", steps: 20 } });
      expect(checkpointSteps(folderOf(run))).toEqual([20]);
      const { state } = loadCheckpoint(folderOf(run)).checkpoint;
      expect([state.weights.size, state.ema.size]).toEqual([2, 2]);
      expect([state.firstMoments.size, state.secondMoments.size]).toEqual([0, 0]);
    });
  });

  it("stopped and gone on with, with other threads and images that have moved, gives the same result", async () => {
    await withBench(async ({ runs, execute, place }) => {
      const [run, same] = [runs[0], { ...runs[0], id: "again" }] as [PlannedRun, PlannedRun];
      expect(await execute(run, { stopAt: 6 })).toEqual({ type: "stopped", step: 6 });
      renameSync(`${place}/data`, `${place}/moved`);
      const [end, whole] = [
        await execute(run, { data: `${place}/moved`, threads: 2 }),
        await execute(same, { data: `${place}/moved` }),
      ];
      expect(timeless(end)).toEqual({ ...(timeless(whole) as object), id: run.id, threads: [1, 2] });
    });
  });

  it("begins anew what was stopped before its first checkpoint, wherever the images are now", async () => {
    await withBench(async ({ runs, execute, place, folderOf }) => {
      const run = runs[0] as PlannedRun;
      await expect(execute(run, { trouble: { failAt: 2 } })).rejects.toThrow("the device is gone");
      expect(existsSync(path.join(folderOf(run), "config.json"))).toBe(true);
      renameSync(`${place}/data`, `${place}/moved`);
      expect(await execute(run, { data: `${place}/moved` })).toMatchObject({ type: "over", result: { steps: 20 } });
    });
  });

  it("does not train again what took its last step before its process died", async () => {
    await withBench(async ({ runs, execute, made }) => {
      const run = runs[0] as PlannedRun;
      const end = await execute(run);
      expect(await execute(run)).toEqual(end);
      expect(made).toHaveLength(1);
    });
  });

  it("begins a fork at its trunk's averaged weights, whatever folder that is in", async () => {
    await withBench(async ({ runs, execute, folderOf, place }) => {
      const [trunk, , fork] = runs as [PlannedRun, PlannedRun, PlannedRun];
      await execute(trunk);
      const { ema } = loadCheckpoint(folderOf(trunk)).checkpoint.state;
      renameSync(folderOf(trunk), `${place}/elsewhere`);
      await execute(fork, { startFrom: `${place}/elsewhere`, stopAt: 1 });
      const { weights } = loadCheckpoint(folderOf(fork)).checkpoint.state;
      const unlike = { ...fork, id: "unlike" };
      await execute(unlike, { stopAt: 1 });
      const other = loadCheckpoint(folderOf(unlike)).checkpoint.state.weights;
      // A step moves a weight by 2e-4 at most here; trunk and fresh weights are further apart.
      const distance = (name: string, from: typeof ema): number =>
        Math.abs((weights.get(name)?.data[0] ?? 0) - (from.get(name)?.data[0] ?? 0));
      for (const name of ema.keys()) expect(distance(name, ema)).toBeLessThan(distance(name, other));
      // What is stored names no place.
      expect(loadCheckpoint(folderOf(fork)).checkpoint.config).not.toHaveProperty("initialWeights");
    });
  });

  it("takes divergence for a result", async () => {
    await withBench(async ({ runs, execute }) => {
      const end = await execute(runs[0] as PlannedRun, { trouble: { nanWeightsAt: 12 } });
      expect(end).toMatchObject({
        type: "over",
        result: { status: "diverged", steps: 13, hard: null, diverged: { problem: expect.stringContaining("NaN") } },
      });
    });
  });

  it("leaves a run to a trainer that holds its folder", async () => {
    await withBench(async ({ runs, execute, folderOf }) => {
      const run = runs[0] as PlannedRun;
      mkdirSync(folderOf(run));
      const lock = acquireRunLock(folderOf(run));
      expect(await execute(run)).toMatchObject({ type: "held", message: expect.stringContaining("got a lock of") });
      lock.release();
      expect(await execute(run)).toMatchObject({ type: "over" });
    });
  });
});
