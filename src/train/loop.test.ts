import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { compiled } from "../../test/support/child-program.ts";
import {
  FakeTrainStep,
  type FakeTrouble,
  fakeBatches,
  fakeConfig,
  fakeValidation,
} from "../../test/support/fake-train-step.ts";
import { withTemporaryFolder } from "../../test/support/training-images.ts";
import { arrayOf } from "../engine/index.ts";
import type { HalfstepError } from "../errors.ts";
import { type SafeTensor, writeSafetensors } from "../safetensors.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { LossWatch } from "./divergence.ts";
import { type TrainLoopOptions, type TrainProgress, type TrainSummary, trainLoop } from "./loop.ts";
import { type MetricsRow, readMetrics } from "./metrics.ts";
import { parseConfig } from "./parse-config.ts";
import { learningRateAt } from "./schedules.ts";
import type { TrainState } from "./train-step.ts";

interface FakeRun extends Partial<Omit<TrainLoopOptions, "config">> {
  readonly trouble?: FakeTrouble;
  readonly overrides?: readonly string[];
}

function train(folder: string, { trouble, overrides, ...options }: FakeRun = {}): Promise<TrainSummary> {
  const config = fakeConfig(overrides);
  const step = new FakeTrainStep(config.seed, trouble);
  return trainLoop({ config, step, batches: fakeBatches(config.seed), validation: fakeValidation, folder, ...options });
}

async function errorOf(promise: Promise<unknown>): Promise<HalfstepError> {
  return promise.then(
    () => expect.unreachable("should have failed"),
    (error: HalfstepError) => error,
  );
}

const stateOf = (folder: string): TrainState => loadCheckpoint(folder).checkpoint.state;
/** Metrics without the one field that no two runs share. */
const rowsOf = (folder: string): Omit<MetricsRow, "milliseconds">[] =>
  readMetrics(folder).map(({ milliseconds, ...row }) => {
    expect(milliseconds).toBeGreaterThanOrEqual(0);
    return row;
  });

/** A signal that aborts when so many steps are done. */
function stopAfter(step: number): Pick<TrainLoopOptions, "signal" | "onProgress"> {
  const controller = new AbortController();
  return { signal: controller.signal, onProgress: (progress) => progress.step === step && controller.abort() };
}

describe("trainLoop", () => {
  it("takes every step once, in order, with the scheduled learning rate", async () => {
    await withTemporaryFolder(async (parent) => {
      const config = fakeConfig();
      const step = new FakeTrainStep(1);
      const summary = await train(path.join(parent, "run"), { step });
      expect(summary).toMatchObject({ outcome: "finished", step: 30, resumedAt: 0, warnings: [] });
      expect(step.ran).toEqual(Array.from({ length: 30 }, (_, i) => i));
      expect(step.learningRates).toEqual(step.ran.map((i) => learningRateAt(i, config)));
      expect(readdirSync(path.join(parent, "run")).sort()).toEqual([
        "checkpoint-00000028.json",
        "checkpoint-00000028.safetensors",
        "checkpoint-00000030.json",
        "checkpoint-00000030.safetensors",
        "config.json",
        "latest.json",
        "metrics.jsonl",
      ]);
      expect(parseConfig(readFileSync(path.join(parent, "run", "config.json"), "utf8"))).toEqual(config);
      expect(stateOf(path.join(parent, "run"))).toEqual(await step.exportState());
    });
  });

  it("writes one row per step and one per validation, averaged over all validation images", async () => {
    await withTemporaryFolder(async (folder) => {
      const step = new FakeTrainStep(1);
      const summary = await train(folder, { step });
      const rows = rowsOf(folder);
      expect(rows.filter(({ type }) => type === "train").map((row) => row.step)).toEqual(step.ran.map((i) => i + 1));
      const validations = rows.filter(({ type }) => type === "validation");
      expect(validations.map((row) => row.step)).toEqual([10, 20, 30]);
      expect(step.evaluations).toBe(6);
      // Images 0..7 are black and 8..10 have the value 1/2, by fakeValidation.
      const ema = arrayOf((await step.exportState()).ema, "g_a.0.weight").data[0]!;
      const meanSquaredError = (8 * ema ** 2 + 3 * (ema - 0.5) ** 2) / 11;
      expect(summary.validation?.meanSquaredError).toBeCloseTo(meanSquaredError, 12);
      expect(validations[2]?.psnrDb).toBeCloseTo(-10 * Math.log10(meanSquaredError), 10);
      expect(rows[0]).toMatchObject({
        bitsPerPixel: 1,
        gradientNorm: 0.5,
        learningRate: learningRateAt(0, fakeConfig()),
        threads: fakeConfig().threads,
      });
    });
  });

  it("reports progress with the time left", async () => {
    await withTemporaryFolder(async (folder) => {
      const seen: TrainProgress[] = [];
      await train(folder, { onProgress: (progress) => seen.push(progress), trouble: { milliseconds: 2 } });
      expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      for (const { step, steps, millisecondsPerStep, secondsLeft, psnrDb } of seen) {
        expect(steps).toBe(30);
        expect(millisecondsPerStep).toBeGreaterThan(1);
        expect(secondsLeft).toBeCloseTo(((30 - step) * millisecondsPerStep) / 1000, 9);
        expect(psnrDb).toBeGreaterThan(-20);
      }
    });
  });

  it("stopped at any step and resumed gives the numbers of a run that never was", async () => {
    await withTemporaryFolder(async (parent) => {
      const whole = path.join(parent, "whole");
      await train(whole);
      for (let stop = 1; stop < 30; stop += 3) {
        const folder = path.join(parent, `stopped-${stop}`);
        const first = await train(folder, stopAfter(stop));
        expect(first).toMatchObject({ outcome: "stopped", step: stop });
        const second = await train(folder, { resume: true });
        expect(second).toMatchObject({ outcome: "finished", step: 30, resumedAt: stop });
        expect(stateOf(folder)).toEqual(stateOf(whole));
        expect(rowsOf(folder)).toEqual(rowsOf(whole));
      }
    });
  });

  it("failed between checkpoints and resumed gives them too, without duplicate metrics", async () => {
    await withTemporaryFolder(async (parent) => {
      const whole = path.join(parent, "whole");
      const folder = path.join(parent, "failed");
      await train(whole);
      expect((await errorOf(train(folder, { trouble: { failAt: 18 } }))).message).toBe("the device is gone");
      expect(rowsOf(folder).at(-1)?.step).toBe(18);
      appendFileSync(path.join(folder, "metrics.jsonl"), '{"type":"train","st'); // as a killed process leaves it
      expect((await train(folder, { resume: true })).resumedAt).toBe(14);
      expect(rowsOf(folder)).toEqual(rowsOf(whole));
      expect(stateOf(folder)).toEqual(stateOf(whole));
    });
  });

  it("killed again and again and resumed gives them too", async () => {
    await withTemporaryFolder(async (parent) => {
      const whole = path.join(parent, "whole");
      const folder = path.join(parent, "killed");
      const steps = 120;
      await train(whole, { overrides: [`steps=${steps}`] });
      const script = compiled("test/support/train-child.ts");
      let kills = 0;
      for (let attempt = 0; attempt < 12; attempt++) {
        const child = spawn(process.execPath, [script, folder, String(steps)]);
        let output = "";
        child.stdout.on("data", (data) => (output += data));
        child.stderr.on("data", (data) => (output += data));
        // Kill a little after the child has taken a few new steps (or not: also before it has begun).
        const before = existsSync(folder) ? readMetrics(folder).length : 0;
        const wanted = before + 9 + 5 * attempt;
        const poll = setInterval(() => {
          const isFar = existsSync(folder) && readMetrics(folder).length >= wanted;
          if (isFar && kills < 4 && child.kill("SIGKILL")) clearInterval(poll);
        }, 1);
        const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
          child.on("exit", (...how) => resolve(how)),
        );
        clearInterval(poll);
        if (signal === "SIGKILL") kills++;
        else {
          expect(output).toContain('"outcome":"finished"');
          expect(code).toBe(0);
          break;
        }
      }
      expect(kills).toBeGreaterThanOrEqual(2);
      expect(rowsOf(folder)).toEqual(rowsOf(whole));
      expect(stateOf(folder)).toEqual(stateOf(whole));
    });
  }, 180_000);

  it("resumes before its first checkpoint from the beginning, and a finished run not at all", async () => {
    await withTemporaryFolder(async (parent) => {
      const [whole, folder] = [path.join(parent, "whole"), path.join(parent, "early")];
      await train(whole);
      await errorOf(train(folder, { trouble: { failAt: 3 } }));
      const summary = await train(folder, { resume: true });
      expect(summary.warnings.join()).toContain("stopped before its first checkpoint");
      expect(rowsOf(folder)).toEqual(rowsOf(whole));
      const step = new FakeTrainStep(1);
      expect(await train(folder, { resume: true, step })).toMatchObject({
        outcome: "finished",
        step: 30,
        resumedAt: 30,
      });
      expect(step.ran).toEqual([]);
      expect(rowsOf(folder)).toEqual(rowsOf(whole));
    });
  });

  it("resumes from the checkpoint before a damaged one and warns", async () => {
    await withTemporaryFolder(async (parent) => {
      const [whole, folder] = [path.join(parent, "whole"), path.join(parent, "damaged")];
      await train(whole);
      await train(folder, stopAfter(22));
      writeFileSync(path.join(folder, "checkpoint-00000022.safetensors"), "rubbish");
      const summary = await train(folder, { resume: true });
      expect(summary.resumedAt).toBe(21);
      expect(summary.warnings.join()).toContain("checkpoint of step 22");
      expect(rowsOf(folder)).toEqual(rowsOf(whole));
      expect(stateOf(folder)).toEqual(stateOf(whole));
    });
  });

  it("can be resumed for more steps, and not under another configuration", async () => {
    await withTemporaryFolder(async (folder) => {
      await train(folder);
      const error = await errorOf(train(folder, { resume: true, overrides: ["seed=2"] }));
      expect(error.code).toBe("config-mismatch");
      expect(error.message).toContain("seed: got 2, expected 1");
      expect((await train(folder, { resume: true, overrides: ["steps=35"] })).step).toBe(35);
      expect(parseConfig(readFileSync(path.join(folder, "config.json"), "utf8")).steps).toBe(35);
      expect(existsSync(path.join(folder, "lock"))).toBe(false);
    });
  });

  it("compares the images when resuming: they may move, but not change", async () => {
    await withTemporaryFolder(async (folder) => {
      await train(folder, { dataHash: "aaa", ...stopAfter(9) });
      expect((await errorOf(train(folder, { dataHash: "bbb", resume: true }))).message).toContain("contents of data");
      const moved = await train(folder, { dataHash: "aaa", resume: true, overrides: ["data=moved"] });
      expect(moved).toMatchObject({ outcome: "finished", resumedAt: 9 });
    });
  });

  it("refuses folders that are in use, in the way or not there", async () => {
    await withTemporaryFolder(async (parent) => {
      const folder = path.join(parent, "run");
      expect((await errorOf(train(folder, { resume: true }))).code).toBe("missing-run");
      const { signal, onProgress } = stopAfter(5);
      let inner: Promise<HalfstepError> | undefined;
      await train(folder, {
        ...(signal === undefined ? {} : { signal }),
        onProgress: (progress) => {
          inner ??= errorOf(train(folder, { resume: true }));
          onProgress?.(progress);
        },
      });
      expect((await inner)?.code).toBe("run-locked");
      const error = await errorOf(train(folder));
      expect([error.code, error.exitCode]).toEqual(["output-exists", 2]);
      expect(error.message).toContain("--resume");
      mkdirSync(path.join(parent, "photos"));
      writeFileSync(path.join(parent, "photos", "a.jpg"), "");
      expect((await errorOf(train(path.join(parent, "photos")))).code).toBe("output-exists");
      expect((await errorOf(train(path.join(parent, "photos"), { resume: true }))).code).toBe("missing-run");
      expect((await errorOf(train(path.join(parent, "photos", "a.jpg")))).code).toBe("output-exists");
    });
  });

  it("stops at NaN with the step, the quantity, the tensor and the last good checkpoint", async () => {
    await withTemporaryFolder(async (folder) => {
      // Weights become NaN in step 16; the loss of step 17 shows it.
      const error = await errorOf(train(folder, { trouble: { nanWeightsAt: 16 } }));
      expect(error.code).toBe("diverged");
      expect(error.message).toContain(
        'training step 17: meanSquaredError is NaN (first bad tensor: weights "g_a.0.weight" holds NaN at 0)',
      );
      expect(error.message).toContain(`the last good checkpoint is of step 14 in "${folder}"`);
      expect(loadCheckpoint(folder).checkpoint.step).toBe(14);
      expect(rowsOf(folder).at(-1)?.step).toBe(17);
      expect(existsSync(path.join(folder, "lock"))).toBe(false);
    });
  });

  it("does not write a checkpoint of weights that are not finite", async () => {
    await withTemporaryFolder(async (folder) => {
      // The loss of step 13 is still fine, and the checkpoint after it is due.
      const error = await errorOf(train(folder, { trouble: { nanWeightsAt: 13 } }));
      expect(error.message).toContain('weights "g_a.0.weight" holds NaN at 0');
      expect(loadCheckpoint(folder).checkpoint.step).toBe(7);
    });
  });

  it.skipIf(!existsSync("/dev/full"))(
    "says that the disk is full, and which checkpoint is the last good one",
    async () => {
      await withTemporaryFolder(async (folder) => {
        const next = path.join(folder, "checkpoint-00000014.safetensors");
        const onProgress = ({ step }: TrainProgress) => step === 8 && symlinkSync("/dev/full", `${next}.partial`);
        const error = await errorOf(train(folder, { onProgress }));
        expect([error.code, error.message]).toEqual([
          "cannot-write",
          `training stopped after step 14: ${next}: cannot be written (ENOSPC); the disk is full: make room; ` +
            `the last good checkpoint is of step 7 in "${folder}"`,
        ]);
        expect(await train(folder, { resume: true })).toMatchObject({ outcome: "finished", resumedAt: 7 });
      });
    },
  );

  it("stops when the loss explodes after warm-up", async () => {
    await withTemporaryFolder(async (parent) => {
      const error = await errorOf(train(path.join(parent, "a"), { trouble: { explodeAt: 20 } }));
      expect(error.message).toMatch(/training step 20: loss is .* more than 100 times its recent median/);
      const warm = await train(path.join(parent, "b"), {
        trouble: { explodeAt: 20 },
        overrides: ["optimizer.warmupSteps=21"],
      });
      expect(warm.outcome).toBe("finished");
    });
  });

  it("remembers recent losses across a resume", async () => {
    await withTemporaryFolder(async (folder) => {
      await train(folder, stopAfter(14));
      const error = await errorOf(train(folder, { resume: true, trouble: { explodeAt: 15 } }));
      expect(error.message).toContain("training step 15: loss is");
    });
  });

  it("waits for the running step when the next batch cannot be made", async () => {
    await withTemporaryFolder(async (folder) => {
      const step = new FakeTrainStep(1, { milliseconds: 5 });
      const batches = { fill: (index: number) => expect(index, "no more images").toBeLessThan(4) };
      expect((await errorOf(train(folder, { step, batches }))).message).toContain("no more images");
      expect(step.ran).toEqual([0, 1, 2, 3]);
    });
  });

  it("starts from the averaged weights of another run, or from a model file", async () => {
    await withTemporaryFolder(async (parent) => {
      const source = path.join(parent, "source");
      await train(source);
      const { ema, firstMoments } = stateOf(source);
      const aborted = { signal: AbortSignal.abort() };
      const model = path.join(parent, "model.safetensors");
      const tensors = new Map<string, SafeTensor>([["table", { dtype: "U16", shape: [1], data: Uint16Array.of(3) }]]);
      for (const [name, tensor] of ema) tensors.set(name, { dtype: "F32", ...tensor });
      writeFileSync(model, writeSafetensors(tensors));
      for (const from of [source, path.join(source, "checkpoint-00000030.safetensors"), model]) {
        const folder = path.join(parent, `from-${path.basename(from)}`);
        const step = new FakeTrainStep(1);
        expect(await train(folder, { ...aborted, step, overrides: [`initialWeights=${from}`] })).toMatchObject({
          step: 0,
        });
        const state = await step.exportState();
        expect(state.weights).toEqual(ema);
        expect(state.ema).toEqual(ema);
        expect(state.firstMoments).not.toEqual(firstMoments);
        expect([...arrayOf(state.firstMoments, "h_s.bias").data]).toEqual([0, 0, 0]);
      }
      writeFileSync(
        model,
        writeSafetensors(new Map([["h_s.bias", { dtype: "F32", shape: [2], data: new Float32Array(2) }]])),
      );
      const error = await errorOf(train(path.join(parent, "x"), { overrides: [`initialWeights=${model}`] }));
      expect(error.message).toMatch(
        /"g_a\.0\.weight": got nothing, expected \[1, 3\]\n {2}"h_s\.bias": got \[2\], expected \[1, 3\]$/,
      );
      expect((await errorOf(train(path.join(parent, "y"), { overrides: ["initialWeights=none"] }))).code).toBe(
        "bad-initial-weights",
      );
    });
  });
});

describe("LossWatch", () => {
  it("trusts a median only of enough losses and forgets old ones", () => {
    const watch = new LossWatch();
    for (let i = 0; i < 10; i++) expect(watch.add(1, true)).toBeUndefined();
    expect(watch.add(1000, true)).toBeUndefined(); // the eleventh: too few before it
    expect(watch.add(101, true)).toContain("more than 100 times its recent median 1");
    expect(watch.add(99, true)).toBeUndefined();
    const long = new LossWatch([...new Array(500).fill(1), ...new Array(101).fill(50)]);
    expect(long.add(4999, true)).toBeUndefined();
    expect(long.add(5001, true)).toContain("median 50");
  });
});
