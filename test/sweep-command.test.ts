/** Sweeps by the real command and a real network: killed, stopped, shared, changed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CounterRandom } from "../src/engine/random.ts";
import { packFolder } from "../src/train/data/pack-folder.ts";
import { expandPlanFile } from "../src/train/sweep/expand-plan.ts";
import type { RunResult } from "../src/train/sweep/run-result.ts";
import { type Ending, halfstep } from "./support/child-program.ts";
import { runWords } from "./support/run-words.ts";
import { TINY_PLAN, writePlan } from "./support/sweep-plans.ts";
import { coordinateImage, withTemporaryFolder, writePng } from "./support/training-images.ts";

/** Kills of the test that kills. */
const KILLS = 10;
/** Steps that a process takes at most before it is killed; ten times that is less than the plan has. */
const MOST_STEPS = 8;

/** Three packed images that all tests share. */
const shared = mkdtempSync(path.join(tmpdir(), "halfstep-sweep-"));
const data = path.join(shared, "data");
/** The results of the tiny plan, undisturbed. */
let undisturbed: Map<string, unknown>;

const sweepWords = (plan: string, out: string): string[] => ["sweep", plan, "--data", data, "--out", out];

/** The results of a folder by run, without what depends on the clock. */
function resultsOf(out: string): Map<string, unknown> {
  const folder = path.join(out, "results");
  const results = readdirSync(folder).sort();
  return new Map(
    results.map((name) => {
      const { time: _, meta: __, ...rest } = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as RunResult;
      return [name, rest];
    }),
  );
}

/** The steps in the metrics of a run, in order. */
function stepsTaken(out: string, id: string): number[] {
  const text = readFileSync(path.join(out, "runs", id, "metrics.jsonl"), "utf8");
  const rows = text.trim().split("\n");
  return rows
    .map((line) => JSON.parse(line) as { type: string; step: number })
    .filter(({ type }) => type === "train")
    .map(({ step }) => step);
}

/** Bytes of all metrics of a folder: grows with every step. */
function metricsBytes(out: string): number {
  const runs = path.join(out, "runs");
  if (!existsSync(runs)) return 0;
  const files = readdirSync(runs).map((id) => path.join(runs, id, "metrics.jsonl"));
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Starts a sweep and kills it after it has taken so many steps and so long after that; 0 steps: so long after its start. */
async function killed(words: readonly string[], out: string, steps: number, milliseconds: number): Promise<Ending> {
  let poll: NodeJS.Timeout | undefined;
  const ending = halfstep(words, {
    onStart: (child) => {
      let [taken, bytes, reachedMs] = [0, metricsBytes(out), steps === 0 ? performance.now() : undefined];
      poll = setInterval(() => {
        const now = metricsBytes(out);
        if (now !== bytes) taken++;
        bytes = now;
        if (taken >= steps) reachedMs ??= performance.now();
        if (reachedMs !== undefined && performance.now() - reachedMs >= milliseconds) child.kill("SIGKILL");
      }, 1);
    },
  });
  return ending.finally(() => clearInterval(poll));
}

beforeAll(async () => {
  for (const tag of [1, 2, 3]) await writePng(path.join(shared, `images/${tag}.png`), coordinateImage(160, 140, tag));
  await packFolder(path.join(shared, "images"), data);
  const out = path.join(shared, "out");
  const ending = await runWords(...sweepWords(writePlan(shared), out));
  expect(ending, ending.stderr).toMatchObject({ exitCode: 0 });
  undisturbed = resultsOf(out);
}, 120_000);

afterAll(() => {
  rmSync(shared, { recursive: true });
});

it("killed ten times at random moments, a sweep runs everything once and gives what an undisturbed one gives", async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = new CounterRandom(seed);
  await withTemporaryFolder(async (folder) => {
    const [plan, out] = [writePlan(folder), path.join(folder, "out")];
    const words = sweepWords(plan, out);
    for (let k = 0; k < KILLS; k++) {
      const draw = (n: number, below: number): number => Math.floor((random.uint32(k, 0, n) / 2 ** 32) * below);
      // A step takes some 10 ms; among them come the beginnings and ends of runs.
      const ending = await killed(words, out, draw(0, MOST_STEPS + 1), draw(1, 20));
      expect(ending, `seed ${seed}, kill ${k}: ${ending.stderr}`).toMatchObject({ exitCode: null });
    }
    const last = await runWords(...words);
    expect(last, `seed ${seed}: ${last.stderr}`).toMatchObject({ exitCode: 0 });
    expect(last.stdout).toContain("nothing is left");
    expect(resultsOf(out), `seed ${seed}`).toEqual(undisturbed);
    for (const { id, config } of expandPlanFile(plan).runs) {
      const expected = Array.from({ length: config.steps }, (_, step) => step + 1);
      expect(stepsTaken(out, id), `seed ${seed}`).toEqual(expected);
    }
  });
}, 240_000);

it("two processes share a folder: every run once, the same results", async () => {
  await withTemporaryFolder(async (folder) => {
    const [plan, out] = [writePlan(folder), path.join(folder, "out")];
    const endings = await Promise.all([1, 2].map(() => halfstep([...sweepWords(plan, out), "--json"])));
    expect(endings.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const documents = endings.map(({ stdout }) => JSON.parse(stdout) as { runs: { name: string }[] });
    const names = documents.flatMap(({ runs }) => runs.map(({ name }) => name));
    expect(names.sort()).toEqual(
      expandPlanFile(plan)
        .runs.map(({ name }) => name)
        .sort(),
    );
    expect(resultsOf(out)).toEqual(undisturbed);
  });
}, 120_000);

it("stops at a checkpoint when it is told to, and goes on from there", async () => {
  await withTemporaryFolder(async (folder) => {
    const [trunk] = TINY_PLAN.stages;
    const plan = writePlan(folder, {
      ...TINY_PLAN,
      stages: [{ ...trunk, seeds: [1], set: { steps: 300, checkpointEvery: 300, validateEvery: 300 } }],
    });
    const out = path.join(folder, "out");
    // The first thing that a sweep says is the progress of its first step.
    const ending = await halfstep(sweepWords(plan, out), { onStderr: (child) => void child.kill("SIGTERM") });
    expect(ending, ending.stderr).toMatchObject({ exitCode: 143 });
    const step = Number(/trunk\/s1: stopped at step (\d+) of 300/.exec(ending.stderr)?.[1]);
    expect(step).toBeGreaterThan(0);
    expect(ending.stdout).toMatch(/stopped after 0 runs; 1 left/);
    const status = async (): Promise<string> =>
      (await runWords("sweep", "status", plan, "--out", out, "--runs")).stdout;
    expect(await status()).toMatch(new RegExp(`trunk/s1 +[0-9a-f]{16} +begun +${step}/300`));

    const limited = await runWords(...sweepWords(plan, out), "--hours", "0.0000001", "--json");
    expect(limited).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"outcome": "stopped"') });
    expect(await runWords(...sweepWords(plan, out))).toMatchObject({ exitCode: 0 });
    expect(await status()).toMatch(/trunk\/s1 +[0-9a-f]{16} +finished +300\/300/);
    const { id } = expandPlanFile(plan).runs[0] ?? { id: "" };
    expect(stepsTaken(out, id)).toHaveLength(300);
  });
}, 120_000);

it("trains only what a changed plan adds, takes divergence for a result, and collects under the new names", async () => {
  await withTemporaryFolder(async (folder) => {
    const out = path.join(folder, "out");
    const [trunk, fork] = TINY_PLAN.stages;
    const small = { ...TINY_PLAN, stages: [{ ...trunk, seeds: [1] }] };
    const first = await runWords(...sweepWords(writePlan(folder, small), out), "--json");
    expect(JSON.parse(first.stdout)).toMatchObject({ outcome: "done", runs: [{ name: "trunk/s1" }] });

    const boom = { surrogate: "aun", "optimizer.learningRate": 1e30, "optimizer.warmupSteps": 0 };
    const plan = writePlan(folder, {
      ...TINY_PLAN,
      axes: { arm: { noise: TINY_PLAN.axes.arm.aun, boom } },
      stages: [
        { ...trunk, name: "beginning", seeds: [1] },
        { ...fork, from: "beginning" },
      ],
    });
    const listed = await runWords("sweep", plan, "--out", out, "--dry-run");
    expect(listed.stdout).toMatch(/^beginning\/s1 +\S+ +finished +20 /m);
    expect(listed.stdout).toMatch(/^fork\/boom\/s1 +\S+ +ready +12 /m);
    expect(listed.stdout).toMatch(/1 of 3 runs are over in .*; about .* of one thread are left/);
    const second = await runWords(...sweepWords(plan, out), "--max-runs", "1", "--json");
    expect(JSON.parse(second.stdout)).toMatchObject({ outcome: "limit", runs: [{ name: "fork/noise/s1" }] });
    const third = await runWords(...sweepWords(plan, out));
    expect(third, third.stderr).toMatchObject({ exitCode: 0 });
    expect(third.stderr).toMatch(/fork\/boom\/s1: diverged at step \d+: .*NaN/);
    const fourth = await runWords(...sweepWords(plan, out), "--json");
    expect(JSON.parse(fourth.stdout)).toMatchObject({ outcome: "done", runs: [] });

    const resultFile = path.join(folder, "result.json");
    const collected = await runWords("sweep", "collect", plan, resultFile, "--out", out);
    expect(collected.stdout).toContain("2 of 3 runs finished, 1 diverged");
    const text = readFileSync(resultFile, "utf8");
    const result = JSON.parse(text) as { runs: { name: string }[]; missing: unknown[] };
    expect(result.runs.map(({ name }) => name)).toEqual(["beginning/s1", "fork/noise/s1", "fork/boom/s1"]);
    expect(result.missing).toEqual([]);
    // Results are committed, and name no place of a machine.
    for (const place of [folder, shared]) expect(text).not.toContain(place);
  });
}, 120_000);

it("says which runs could not be trained, ends with code 1, and leaves them for a later start", async () => {
  await withTemporaryFolder(async (folder) => {
    const out = path.join(folder, "out");
    const file = path.join(folder, "weights.safetensors");
    writePlan(folder, "these are no weights", "weights.safetensors");
    const stages = [
      { name: "broken", from: { weights: path.basename(file) }, seeds: [1] },
      { name: "sound", seeds: [1] },
    ];
    const plan = writePlan(folder, { ...TINY_PLAN, stages });
    const ending = await runWords(...sweepWords(plan, out));
    expect(ending).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ending.stderr).toMatch(/sound\/s1: finished/);
    expect(ending.stderr).toMatch(
      /sweep: got 1 run that could not be trained.*\n {2}broken\/s1: .*expected safetensors/,
    );
    const status = await runWords("sweep", "status", plan, "--out", out, "--runs");
    expect(status.stdout).toMatch(/broken\/s1 +\S+ +ready/);
  });
}, 180_000);

it("refuses other images, missing images and a missing --data", async () => {
  await withTemporaryFolder(async (folder) => {
    const [plan, out] = [writePlan(folder), path.join(folder, "out")];
    const without = await runWords("sweep", plan, "--out", out);
    expect(without).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("got no --data") });
    const nowhere = await runWords("sweep", plan, "--out", out, "--data", path.join(folder, "nowhere"));
    expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("pack your photographs first") });
    expect(existsSync(out)).toBe(false);
    expect(await runWords(...sweepWords(plan, out), "--max-runs", "1")).toMatchObject({ exitCode: 0 });
    await writePng(path.join(folder, "images/4.png"), coordinateImage(160, 140, 4));
    await packFolder(path.join(folder, "images"), path.join(folder, "other"));
    const other = await runWords("sweep", plan, "--out", out, "--data", path.join(folder, "other"));
    expect(other).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/got images with the hash .*--data, or/),
    });
    expect(readdirSync(path.join(out, "runs"))).toHaveLength(1);
  });
}, 180_000);

it("refuses options of the sweep behind status and collect, which do not know them", async () => {
  await withTemporaryFolder(async (folder) => {
    const plan = writePlan(folder);
    for (const words of [
      ["collect", plan, `${folder}/a.json`, "--only", "fork"],
      ["status", plan, "--hours", "2"],
      ["status", plan, "--dry-run"],
    ]) {
      const { exitCode, stderr } = await runWords("sweep", ...words);
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringMatching(/sweep (status|collect): got --(only|hours|dry-run), expected only/),
      ]);
    }
    expect(await runWords("sweep", "status", plan, "--out", folder, "--only", "fork")).toMatchObject({ exitCode: 0 });
  });
});
