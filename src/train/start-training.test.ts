import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { FakeTrainStep, fakeConfig } from "../../test/support/fake-train-step.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "../../test/support/training-images.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import type { TrainConfig } from "./config.ts";
import { packFolder } from "./data/pack-folder.ts";
import { acquireRunLock } from "./run-lock.ts";
import { type StartTrainingOptions, startTraining } from "./start-training.ts";

/** A fake step that remembers whether it was freed. */
class WatchedStep extends FakeTrainStep {
  disposals = 0;
  override async dispose(): Promise<void> {
    this.disposals++;
  }
}

/** Packs six images and starts runs on them in a temporary folder. */
async function withImages(
  use: (
    start: (folder: string, options?: Partial<StartTrainingOptions>) => ReturnType<typeof startTraining>,
    data: string,
  ) => Promise<void>,
): Promise<void> {
  await withTemporaryFolder(async (parent) => {
    for (let i = 0; i < 6; i++) await writePng(path.join(parent, "images", `${i}.png`), coordinateImage(160, 140, i));
    const data = path.join(parent, "data");
    await packFolder(path.join(parent, "images"), data);
    const config = fakeConfig([`data=${data}`, "steps=20", "validation.crops=2", "validation.size=128"]);
    await use(
      (folder, options = {}) =>
        startTraining({
          config,
          createStep: async ({ seed }) => new WatchedStep(seed),
          folder: path.join(parent, folder),
          ...options,
        }),
      parent,
    );
  });
}

describe("startTraining", () => {
  it("trains on crops of the packed images and frees the step", async () => {
    await withImages(async (start) => {
      const step = new WatchedStep(1);
      const seen: TrainConfig[] = [];
      const createStep = async (config: TrainConfig): Promise<WatchedStep> => {
        seen.push(config);
        return step;
      };
      const summary = await start("run", { createStep });
      expect(summary).toMatchObject({ outcome: "finished", step: 20 });
      expect(summary.validation).toBeDefined();
      expect(seen.map(({ steps }) => steps)).toEqual([20]);
      expect(step.disposals).toBe(1);
    });
  });

  it("goes on after a stop to the state of a run that was never stopped", async () => {
    await withImages(async (start, parent) => {
      await start("whole");
      const controller = new AbortController();
      const stopped = await start("parts", {
        signal: controller.signal,
        onProgress: ({ step }) => step === 9 && controller.abort(),
      });
      expect(stopped).toMatchObject({ outcome: "stopped", step: 9 });
      expect(await start("parts", { resume: true })).toMatchObject({ outcome: "finished", resumedAt: 9, step: 20 });
      const stateOf = (folder: string) => loadCheckpoint(path.join(parent, folder)).checkpoint.state;
      expect(stateOf("parts")).toEqual(stateOf("whole"));
    });
  });

  it("makes no step for a run that is taken or locked", async () => {
    await withImages(async (start, parent) => {
      await start("run");
      const createStep = () => expect.unreachable("no step is needed");
      await expect(start("run", { createStep })).rejects.toMatchObject({ code: "output-exists" });
      await expect(start("none", { createStep, resume: true })).rejects.toMatchObject({ code: "missing-run" });
      const lock = acquireRunLock(path.join(parent, "run"));
      await expect(start("run", { createStep, resume: true })).rejects.toMatchObject({ code: "run-locked" });
      lock.release();
      expect(await start("run", { resume: true })).toMatchObject({ resumedAt: 20 });
    });
  });

  it("leaves no run when no step can be made, or none with its initial weights, so that it can be begun again", async () => {
    await withImages(async (start, parent) => {
      const createStep = () => Promise.reject(new Error("no such device"));
      await expect(start("run", { createStep })).rejects.toThrow("no such device");
      expect(existsSync(path.join(parent, "run"))).toBe(false);
      const config = fakeConfig([`data=${path.join(parent, "data")}`, "initialWeights=none", "validateEvery=0"]);
      await expect(start("run", { config })).rejects.toMatchObject({ code: "bad-initial-weights" });
      expect(existsSync(path.join(parent, "run"))).toBe(false);
      expect(await start("run")).toMatchObject({ outcome: "finished" });
      await expect(start("run", { createStep, resume: true })).rejects.toThrow("no such device");
      expect(await start("run", { resume: true })).toMatchObject({ resumedAt: 20 });
    });
  });

  it("tells the warnings before it trains, and again at the end", async () => {
    await withImages(async (start, parent) => {
      const stopping = new AbortController();
      await start("run", { signal: stopping.signal, onProgress: ({ step }) => step === 9 && stopping.abort() });
      writeFileSync(path.join(parent, "run", "checkpoint-00000009.safetensors"), "rubbish");
      const settings = [`data=${path.join(parent, "data")}`, `initialWeights=${path.join(parent, "run")}`];
      const next = await start("next", { config: fakeConfig([...settings, "validateEvery=0"]) });
      expect(next.warnings).toEqual([expect.stringContaining("taken from that of step 7")]);
      const told: string[] = [];
      const { warnings } = await start("run", {
        resume: true,
        onWarning: (warning) => told.push(warning),
        onProgress: ({ step }) => told.push(`step ${step}`),
      });
      expect(warnings).toEqual([expect.stringContaining("checkpoint of step 9")]);
      expect(told.slice(0, 2)).toEqual([...warnings, "step 8"]);
    });
  });

  it("trains on images that are large enough, and tells how many are not", async () => {
    await withImages(async (start, parent) => {
      await writePng(path.join(parent, "images", "small.png"), coordinateImage(60, 50, 9));
      await packFolder(path.join(parent, "images"), path.join(parent, "mixed"));
      const told: string[] = [];
      const config = fakeConfig([`data=${path.join(parent, "mixed")}`, "steps=3", "validateEvery=0"]);
      const { outcome } = await start("run", { config, onWarning: (warning) => told.push(warning) });
      expect([outcome, told]).toEqual([
        "finished",
        [`1 of 7 images are smaller than the crop of ${config.crop}x${config.crop} pixels, and are left out`],
      ]);
    });
  });

  it("frees the step when a step fails, and makes none for images that are not there", async () => {
    await withImages(async (start) => {
      const step = new WatchedStep(1, { failAt: 3 });
      await expect(start("run", { createStep: async () => step })).rejects.toThrow("the device is gone");
      expect(step.disposals).toBe(1);
      const createStep = () => expect.unreachable("no step is needed");
      await expect(start("other", { config: fakeConfig(["data=/nowhere"]), createStep })).rejects.toMatchObject({
        code: "missing-dataset",
      });
    });
  });
});
