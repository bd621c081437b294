import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeTrainStep, fakeConfig } from "../../test/support/fake-train-step.ts";
import { withTemporaryFolder } from "../../test/support/training-images.ts";
import { HalfstepError, UsageError } from "../errors.ts";
import {
  type Checkpoint,
  deserializeState,
  discardCheckpointsAfter,
  loadCheckpoint,
  saveCheckpoint,
  serializeState,
} from "./checkpoint.ts";
import type { TrainState } from "./train-step.ts";

/** Lets a test end the "process" at any call that changes files: that call and all later ones fail. */
const power = vi.hoisted(() => ({ callsLeft: Number.POSITIVE_INFINITY }));
vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  const limited =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      if (power.callsLeft <= 0) throw new Error("killed");
      power.callsLeft--;
      return call(...args);
    };
  return {
    ...fs,
    openSync: limited(fs.openSync),
    renameSync: limited(fs.renameSync),
    rmSync: limited(fs.rmSync),
    // Half of the bytes arrive, the next call writes the rest: a kill between them leaves a torn file.
    writeSync: limited((descriptor: number, bytes: Uint8Array, offset: number) =>
      fs.writeSync(descriptor, bytes, offset, Math.ceil((bytes.length - offset) / 2)),
    ),
  };
});

beforeEach(() => {
  power.callsLeft = Number.POSITIVE_INFINITY;
});

async function checkpointAt(step: number, overrides: readonly string[] = []): Promise<Checkpoint> {
  const fake = new FakeTrainStep(1);
  for (let i = 0; i < step; i++) await fake.run(new Float32Array(3).fill(i), i, 0.1);
  return { step, config: fakeConfig(overrides), dataHash: "a".repeat(64), state: await fake.exportState() };
}

const checkpointFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith("checkpoint-"))
    .sort();

function flipByte(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 5] = 1 ^ bytes[bytes.length - 5]!;
  writeFileSync(file, bytes);
}

function errorOf(action: () => unknown): HalfstepError {
  try {
    action();
  } catch (error) {
    if (error instanceof HalfstepError) return error;
    throw error;
  }
  return expect.unreachable("should have failed");
}

describe("checkpoints", () => {
  it("give back exactly what was saved", async () => {
    await withTemporaryFolder(async (folder) => {
      const saved = await checkpointAt(5);
      saveCheckpoint(folder, saved);
      expect(loadCheckpoint(folder)).toEqual({ checkpoint: saved, warnings: [] });
      expect(JSON.parse(readFileSync(path.join(folder, "checkpoint-00000005.json"), "utf8"))).toMatchObject({
        seed: 1,
        step: 5,
      });
    });
  });

  it("keep the parts of the state apart, whatever the names of the weights", async () => {
    const tensor = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
    const state: TrainState = {
      weights: new Map([
        ["ema/x", tensor(1)],
        ["x", tensor(2)],
      ]),
      firstMoments: new Map([
        ["ema/x", tensor(3)],
        ["x", tensor(4)],
      ]),
      secondMoments: new Map([["x", tensor(5)]]),
      ema: new Map(),
    };
    expect(deserializeState(serializeState(state))).toEqual(state);
  });

  it("are kept two at a time, the newest first", async () => {
    await withTemporaryFolder(async (folder) => {
      for (const step of [1, 2, 3]) saveCheckpoint(folder, await checkpointAt(step));
      expect(checkpointFiles(folder)).toEqual(
        ["2.json", "2.safetensors", "3.json", "3.safetensors"].map((end) => `checkpoint-0000000${end}`),
      );
      expect(loadCheckpoint(folder).checkpoint.step).toBe(3);
    });
  });

  it("leave the old or the new one intact when the process dies at any call", async () => {
    const [first, second, third] = await Promise.all([checkpointAt(1), checkpointAt(2), checkpointAt(3)]);
    const outcomes: number[] = [];
    for (let calls = 0; ; calls++) {
      const isDone = await withTemporaryFolder(async (folder) => {
        saveCheckpoint(folder, first);
        saveCheckpoint(folder, second);
        power.callsLeft = calls;
        let survived = true;
        try {
          saveCheckpoint(folder, third);
        } catch (error) {
          expect((error as Error).message).toMatch(/killed/);
          survived = false;
        }
        power.callsLeft = Number.POSITIVE_INFINITY;
        const { checkpoint, warnings } = loadCheckpoint(folder);
        expect(warnings).toEqual([]);
        expect(checkpoint).toEqual(checkpoint.step === 2 ? second : third);
        outcomes.push(checkpoint.step);
        // And the run goes on from there, without leftovers.
        saveCheckpoint(folder, await checkpointAt(4));
        saveCheckpoint(folder, await checkpointAt(5));
        expect(readdirSync(folder).sort()).toEqual([...checkpointFiles(folder), "latest.json"]);
        expect(checkpointFiles(folder)).toHaveLength(4);
        return survived;
      });
      if (isDone) break;
    }
    expect(outcomes.length).toBeGreaterThan(20);
    expect(outcomes).toEqual([...outcomes].sort());
    expect(new Set(outcomes)).toEqual(new Set([2, 3]));
  });

  it("fall back to the one before when the newest is damaged, and say so", async () => {
    const damages: [string, (folder: string) => void][] = [
      ["its hash does not fit", (folder) => flipByte(path.join(folder, "checkpoint-00000002.safetensors"))],
      ["got 10 bytes", (folder) => writeFileSync(path.join(folder, "checkpoint-00000002.safetensors"), "0123456789")],
      ["the JSON file is damaged", (folder) => writeFileSync(path.join(folder, "checkpoint-00000002.json"), "{")],
      [
        "the JSON file is of step 1",
        (folder) =>
          copyFileSync(path.join(folder, "checkpoint-00000001.json"), path.join(folder, "checkpoint-00000002.json")),
      ],
    ];
    for (const [warning, damage] of damages) {
      await withTemporaryFolder(async (folder) => {
        const first = await checkpointAt(1);
        saveCheckpoint(folder, first);
        saveCheckpoint(folder, await checkpointAt(2));
        damage(folder);
        const { checkpoint, warnings } = loadCheckpoint(folder);
        expect(checkpoint).toEqual(first);
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toContain(`checkpoint of step 2 in "${folder}": ${warning}`);
        // Once given up, the damaged one is no longer counted as the spare.
        discardCheckpointsAfter(folder, 1);
        saveCheckpoint(folder, await checkpointAt(3));
        flipByte(path.join(folder, "checkpoint-00000003.safetensors"));
        expect(loadCheckpoint(folder).checkpoint).toEqual(first);
        flipByte(path.join(folder, "checkpoint-00000001.safetensors"));
        expect(errorOf(() => loadCheckpoint(folder)).code).toBe("bad-checkpoint");
      });
    }
  });

  it("are found without latest.json's help when that file is damaged", async () => {
    await withTemporaryFolder(async (folder) => {
      for (const step of [1, 2]) saveCheckpoint(folder, await checkpointAt(step));
      writeFileSync(path.join(folder, "latest.json"), "");
      expect(loadCheckpoint(folder).checkpoint.step).toBe(2);
    });
  });

  it("are refused when missing", async () => {
    await withTemporaryFolder(async (folder) => {
      expect(errorOf(() => loadCheckpoint(folder)).code).toBe("missing-checkpoint");
    });
  });

  it("are refused under another configuration, naming the fields, and accepted where it may change", async () => {
    await withTemporaryFolder(async (folder) => {
      const saved = await checkpointAt(2);
      saveCheckpoint(folder, saved);
      const load =
        (overrides: readonly string[], dataHash = saved.dataHash) =>
        () =>
          loadCheckpoint(folder, { config: fakeConfig(overrides), dataHash });
      expect(
        load(["steps=99", "threads=2", "checkpointEvery=1", "validateEvery=0", "data=moved"])().checkpoint.step,
      ).toBe(2);
      const error = errorOf(load(["network.N=32", "lambda=0.05", "steps=99"]));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.code).toBe("config-mismatch");
      expect(error.message).toMatch(/\n {2}network\.N: got 32, expected 64\n {2}lambda: got 0\.05, expected 0\.013$/);
      expect(errorOf(load([], "b".repeat(64))).message).toContain(
        "contents of data: got bbbbbbbbbbbb, expected aaaaaaaaaaaa",
      );
      expect(errorOf(() => loadCheckpoint(folder, { config: fakeConfig(["data=moved"]) })).message).toContain(
        'data: got "moved"',
      );
    });
  });
});
