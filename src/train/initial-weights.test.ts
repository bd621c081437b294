import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { FakeTrainStep, fakeConfig } from "../../test/support/fake-train-step.ts";
import { withTemporaryFolder } from "../../test/support/training-images.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { readInitialState } from "./initial-weights.ts";

describe("readInitialState", () => {
  it("tells when the newest checkpoint of a run is damaged and an older one is taken", async () => {
    await withTemporaryFolder(async (folder) => {
      const state = await new FakeTrainStep(1).exportState();
      for (const step of [7, 14]) saveCheckpoint(folder, { step, config: fakeConfig(), state });
      const warnings: string[] = [];
      const read = () => readInitialState(folder, state, null, (warning) => warnings.push(warning));
      expect(read().weights).toEqual(state.weights);
      expect(warnings).toEqual([]);
      writeFileSync(path.join(folder, "checkpoint-00000014.safetensors"), "rubbish");
      expect(read().weights).toEqual(state.weights);
      expect(warnings).toEqual([
        expect.stringMatching(
          /^initial weights: checkpoint of step 14 in ".*": got 7 bytes.*; taken from that of step 7$/,
        ),
      ]);
    });
  });

  it("names a file that is no safetensors file", async () => {
    await withTemporaryFolder(async (folder) => {
      const fresh = await new FakeTrainStep(1).exportState();
      const file = path.join(folder, "model.safetensors");
      writeFileSync(file, "this is a text and nothing else");
      const expected = {
        code: "bad-initial-weights",
        exitCode: 2,
        message: expect.stringContaining(
          `initial weights "${file}": got a file that cannot be read (safetensors: header`,
        ),
      };
      expect(() => readInitialState(file, fresh)).toThrow(expect.objectContaining(expected));
    });
  });

  it("refuses a folder without checkpoints", async () => {
    await withTemporaryFolder(async (folder) => {
      const fresh = await new FakeTrainStep(1).exportState();
      mkdirSync(path.join(folder, "run"));
      expect(() => readInitialState(path.join(folder, "run"), fresh)).toThrow(
        expect.objectContaining({ code: "missing-checkpoint" }),
      );
    });
  });
});
