/** The ladder's plan, and what it makes of runs: made-up metrics in, results, tables and a figure out. */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ladderChart } from "../experiments/ladder/chart.ts";
import { type LadderResult, parseLadder, readLadder } from "../experiments/ladder/ladder-result.ts";
import { ladderTables, withTables } from "../experiments/ladder/log-table.ts";
import { measuredOrKept, measureRun } from "../experiments/ladder/measure-run.ts";
import { LADDER_FOLDER, type Rung, readPlan } from "../experiments/ladder/plan.ts";
import { resultText } from "../src/evaluate/study/result-schema.ts";
import { renderChart } from "../src/report/figures/render-chart.ts";
import type { PlannedRun } from "../src/train/sweep/planned-run.ts";
import { resultOfRun } from "../src/train/sweep/run-result.ts";
import { SweepFolder } from "../src/train/sweep/sweep-folder.ts";
import { SURROUNDINGS } from "./support/sweep-plans.ts";

let root: string;
let plan: string;
let sweep: SweepFolder;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "halfstep-ladder-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const QUESTIONS = { reference: "What is there?", optimizer: "Which one?" };
const CONFIG = {
  network: { N: 4, M: 6 },
  surrogate: { rate: { id: "aun" }, distortion: "ste" },
  steps: 4,
  lambda: 0.01,
};
/** Another run of as many steps. */
const OTHER = { ...CONFIG, crop: 192 };

beforeEach(async () => {
  const folder = await mkdtemp(path.join(root, "case-"));
  plan = path.join(folder, "plan");
  sweep = new SweepFolder(path.join(folder, "runs"));
  sweep.make();
  await mkdir(plan);
});

/** Writes the two files of a plan. @param stages fields of the stages by name, which all have the seed 3 */
async function writePlan(rungs: readonly object[], stages: Readonly<Record<string, object>>): Promise<void> {
  await writeFile(path.join(plan, "rungs.json"), JSON.stringify({ questions: QUESTIONS, runs: rungs }));
  const list = Object.entries(stages).map(([name, set]) => ({ name, seeds: [3], set }));
  const document = { name: "ladder", question: "What pays?", base: {}, stages: list };
  await writeFile(path.join(plan, "plan.json"), JSON.stringify(document));
}

const rung = (name: string, more: object = {}) => ({
  name,
  question: "reference",
  changed: `what ${name} is`,
  verdict: "",
  ...more,
});

/** What a sweep keeps of a run by two threads: a step takes 0.9 s (the third 1.8 s), validations after the steps 2 and 4. */
async function writeRun(
  name: string,
  steps: number,
  { thirdMs = 1800, lossAtFour = 2, threadsOf = (_step: number): object => ({ threads: 2 }) } = {},
): Promise<void> {
  const folder = sweep.runFolder(plannedOf(name).id);
  await mkdir(folder);
  const lines: object[] = [];
  for (let step = 1; step <= steps; step++) {
    const loss = step === 4 ? lossAtFour : 8 / step;
    const figures = { step, loss, bitsPerPixel: 1 / step, meanSquaredError: 0.01, psnrDb: 20 + step };
    lines.push({
      type: "train",
      ...figures,
      gradientNorm: 1,
      learningRate: 1,
      ...threadsOf(step),
      milliseconds: step === 3 ? thirdMs : 900,
    });
    if (step % 2 === 0) lines.push({ type: "validation", ...figures, milliseconds: 1e6 });
  }
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await writeFile(path.join(folder, "metrics.jsonl"), `${text}{"type":"tra`);
}

function plannedOf(name: string): PlannedRun {
  const { run } = rungOf(name);
  if (run === null) throw new Error(`${name} is retired`);
  return run;
}

const rungOf = (name: string): Rung => readPlan(plan).runs.find((run) => run.name === name)!;

function resultOf(measured: LadderResult["runs"]): LadderResult {
  const meta = {
    source: "measured",
    plan: "",
    note: "",
    date: "2026-01-31",
    commit: null,
    uncommittedChanges: null,
    machine: "none",
    versions: {},
  };
  return parseLadder({ meta, questions: QUESTIONS, runs: measured }, "made up");
}

describe("the plan", () => {
  it("has a run of the sweep for each rung that is not retired", async () => {
    await writePlan([rung("a"), rung("b", { retired: "the code is gone" }), rung("c")], {
      a: CONFIG,
      c: { ...CONFIG, steps: 7 },
    });
    const [a, b, c] = ["a", "b", "c"].map((name) => rungOf(name).run);
    expect(a?.config).toMatchObject({ steps: 4, crop: 128, seed: 3, surrogate: { rate: "aun", distortion: "ste" } });
    expect(b).toBeNull();
    expect(c).toMatchObject({ name: "c/s3", config: { steps: 7 } });
  });

  it("is refused where rungs and stages do not match, or would be judged differently", async () => {
    const refused = async (message: RegExp, rungs: readonly object[], configs: Readonly<Record<string, object>>) => {
      await writePlan(rungs, configs);
      expect(() => readPlan(plan)).toThrow(message);
    };
    await refused(/b: got no stage of that name in plan\.json/, [rung("a"), rung("b")], { a: CONFIG });
    await refused(/no run for the stage "b" of plan\.json/, [rung("a")], { a: CONFIG, b: { ...CONFIG, steps: 7 } });
    await refused(/a: got a retired run, which is a stage/, [rung("a", { retired: "over" })], { a: CONFIG });
    await refused(/the run "a" twice/, [rung("a"), rung("a")], { a: CONFIG });
    await refused(/question "depth", expected one of reference, optimizer/, [rung("a", { question: "depth" })], {
      a: CONFIG,
    });
    const past = { retired: "over" };
    await refused(
      /startFrom "c", expected a run that stands before/,
      [rung("a"), rung("b", { startFrom: "c", ...past }), rung("c", past)],
      { a: CONFIG },
    );
    await refused(/startFrom "a", expected it only of a retired run/, [rung("a"), rung("b", { startFrom: "a" })], {
      a: CONFIG,
    });
    await refused(/a: got against "c", expected another run/, [rung("a", { against: ["c"] })], { a: CONFIG });
    await refused(/stages\.a\.set\.data: got a value, expected none/, [rung("a")], {
      a: { ...CONFIG, data: "packed" },
    });
    await refused(
      /b\/s3: validation: got {.*"crops":8,.*}, expected {.*"crops":64,.*} as in a\/s3/,
      [rung("a"), rung("b")],
      { a: CONFIG, b: { ...CONFIG, validation: { crops: 8 } } },
    );
    await refused(/rungs\.json: runs\.0: .*colour/, [rung("a", { colour: "red" })], { a: CONFIG });
    await writePlan([rung("a")], { a: CONFIG });
    await writeFile(
      path.join(plan, "plan.json"),
      JSON.stringify({ name: "ladder", question: "?", base: CONFIG, stages: [{ name: "a", seeds: [1, 2] }] }),
    );
    expect(() => readPlan(plan)).toThrow(/plan\.json: a: got several runs, expected one of each stage/);
  });
});

describe("a run", () => {
  it("is measured by the time of its steps, validations left out, threads counted", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4);
    const run = measureRun(rungOf("a"), sweep)!;
    expect(run).toMatchObject({ status: "finished", steps: 4, plannedSteps: 4, medianStepMs: 900 });
    // 4.5 s by two threads; two steps of 0.9 s before the first validation.
    expect(run.threadHours).toBe(0.0025);
    expect(run.curve).toEqual({
      step: [2, 4],
      hours: [0.001, 0.0025],
      loss: [4, 2],
      bitsPerPixel: [0.5, 0.25],
      psnrDb: [22, 24],
    });
    expect(run.config).toMatchObject({
      seed: 3,
      steps: 4,
      lambda: 0.01,
      surrogate: { rate: "aun", distortion: "ste" },
    });
    for (const field of ["data", "threads"]) expect(run.config).not.toHaveProperty(field);
  });

  it("that went on with other threads counts those of each step", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4, { threadsOf: (step) => (step === 1 ? { threads: 2 } : step === 2 ? {} : { threads: 3 }) });
    // 0.9 s by two threads, 0.9 s by one, of which the row need not tell, 1.8 s and 0.9 s by three.
    expect(measureRun(rungOf("a"), sweep)).toMatchObject({ threadHours: 0.003, curve: { hours: [0.00075, 0.003] } });
  });

  it("in which the machine stood still counts that step as ten", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4, { thirdMs: 1.2e6 });
    // 3 steps of 0.9 s and one of 9 s, by two threads.
    expect(measureRun(rungOf("a"), sweep)).toMatchObject({ threadHours: 0.0065, curve: { hours: [0.001, 0.0065] } });
  });

  it("that the folder does not hold keeps what was measured before, in the plan's words", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4);
    const before = measureRun(rungOf("a"), sweep)!;
    const elsewhere = new SweepFolder(path.join(sweep.folder, "elsewhere"));
    const renamed = { ...rungOf("a"), changed: "told otherwise" };
    expect(measuredOrKept(renamed, elsewhere, [before])).toEqual({
      ...before,
      changed: "told otherwise",
    });
    expect(measuredOrKept(renamed, elsewhere, [])).toBeNull();
    expect(measuredOrKept(renamed, sweep, [{ ...before, steps: 1 }])?.steps).toBe(4);
  });

  it("that was cut off, diverged, never began or is retired says so", async () => {
    const names = ["a", "b", "c"];
    const sets = names.map((name, i) => [name, { ...CONFIG, steps: 4 + i }]);
    await writePlan([...names.map((name) => rung(name)), rung("d", { retired: "over" })], Object.fromEntries(sets));
    await writeRun("a", 3);
    await writeRun("b", 1);
    const diverged = { step: 1, problem: "the loss exploded" };
    const context = { dataHash: "d", meta: SURROUNDINGS, finished: new Date(0), diverged };
    const planned = plannedOf("b");
    sweep.writeResult(resultOfRun(planned, sweep.runFolder(planned.id), context));
    expect(measureRun(rungOf("a"), sweep)).toMatchObject({ status: "unfinished", steps: 3, curve: { step: [2] } });
    expect(measureRun(rungOf("b"), sweep)).toMatchObject({ status: "diverged", steps: 1, curve: { step: [] } });
    expect(measureRun(rungOf("c"), sweep)).toBeNull();
    await writeRun("c", 0);
    expect(measureRun(rungOf("c"), sweep)).toBeNull();
    expect(measureRun(rungOf("d"), sweep)).toBeNull();
  });
});

describe("the results", () => {
  it("are read back as they were written, and refused where they contradict themselves", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4);
    const run = measureRun(rungOf("a"), sweep)!;
    const file = path.join(root, "ladder.json");
    await writeFile(file, resultText(resultOf([run])));
    expect(readLadder(file)).toEqual(resultOf([run]));
    expect(readFileSync(file, "utf8")).toContain('"hours": [0.001,0.0025]');
    expect(() => resultOf([run, run])).toThrow(/the run "a" twice/);
    expect(() => resultOf([{ ...run, steps: 3 }])).toThrow(/a: got 3 steps of a finished run, expected 4/);
    expect(() => resultOf([{ ...run, curve: { ...run.curve, loss: [1] } }])).toThrow(/lists of 2, 2, 1, 2, 2 values/);
    expect(() => resultOf([{ ...run, curve: { ...run.curve, step: [4, 2] } }])).toThrow(/steps 4, 2, expected rising/);
    expect(() => resultOf([{ ...run, question: "depth" }])).toThrow(/question "depth", which is not listed/);
    expect(() => readLadder(path.join(root, "nowhere.json"))).toThrow(/ENOENT.*collect\.ts/);
  });

  it("are a table for each question with a row for every run, in the log between its markers", async () => {
    const ranged = { ...CONFIG, network: { type: "halfstep", N: 128, M: 192 }, lambdaRange: [0.01, 0.02] };
    await writePlan([rung("a", { verdict: "the one to beat" }), rung("b"), rung("c", { question: "optimizer" })], {
      a: CONFIG,
      b: OTHER,
      c: ranged,
    });
    await writeRun("a", 4);
    await writeRun("c", 2);
    const measured = ["a", "b", "c"].flatMap((name) => measureRun(rungOf(name), sweep) ?? []);
    const tables = ladderTables(readPlan(plan), resultOf(measured));
    expect(tables.match(/^### .*/gm)).toEqual(["### reference: What is there?", "### optimizer: Which one?"]);
    expect(tables).toContain("| a | what a is | 0.01 | 4 | 900 | 0.00 | 2.0000 | 0.2500 | 24.00 | the one to beat |");
    expect(tables).toContain("| b | what b is | - | - | - | - | - | - | - |  |");
    expect(tables).toContain("| c | what c is | 0.01 to 0.02 | 2 of 4 | 900 |");
    const log = readFileSync(path.join(LADDER_FOLDER, "../LOG.md"), "utf8");
    const replaced = withTables(log, tables);
    expect(replaced).toContain("the one to beat");
    expect(withTables(replaced, "again")).not.toContain("the one to beat");
    expect(replaced.split("<!--")[0]).toBe(log.split("<!--")[0]);
    expect(() => withTables("no markers", tables)).toThrow(/expected the lines/);
  });

  it("are a figure with a panel for each question and each lambda, which draws without complaint", async () => {
    const ranged = { ...CONFIG, network: { type: "halfstep", N: 128, M: 192 }, lambdaRange: [0.01, 0.02] };
    await writePlan([rung("a"), rung("b", { question: "optimizer" }), rung("c", { question: "optimizer" })], {
      a: CONFIG,
      b: OTHER,
      c: ranged,
    });
    for (const name of ["a", "b"]) await writeRun(name, 4);
    await writeRun("c", 4, { lossAtFour: 1e15 });
    const measured = ["a", "b", "c"].flatMap((name) => measureRun(rungOf(name), sweep) ?? []);
    const spec = ladderChart(resultOf(measured)) as { concat: { layer: unknown[] }[] };
    // The reference stands behind the runs of its own lambda only.
    expect(spec.concat.map(({ layer }) => layer.length)).toEqual([2, 3, 2]);
    // One that exploded is left out where it did: its place on the picture would be beyond what a renderer can draw.
    expect(JSON.stringify(spec)).not.toContain("1000000000000000");
    const { svg } = await renderChart(spec);
    expect(svg).toContain("optimizer: Which one?");
    expect(svg).toContain("lambda 0.01 to 0.02");
    expect(() => ladderChart({ ...resultOf(measured), runs: [] })).toThrow(/no run with a validation/);
  });

  it("are a figure whose panels show the runs of other questions that theirs are compared with, and reach as high as these", async () => {
    const rungs = [rung("a"), rung("b", { question: "optimizer", against: ["a"] })];
    await writePlan(rungs, { a: CONFIG, b: OTHER });
    await writeRun("a", 4, { lossAtFour: 2 });
    await writeRun("b", 4, { lossAtFour: 1.9 });
    const measured = ["a", "b"].map((name) => measureRun(rungOf(name), sweep)!);
    type Scale = { domain: readonly number[] };
    const spec = ladderChart(resultOf(measured)) as {
      concat: { layer: { encoding: { color: { scale: Scale }; y: { scale: Scale } } }[] }[];
    };
    const { color, y } = spec.concat[1]!.layer[0]!.encoding;
    expect(color.scale.domain).toEqual(["a", "b"]);
    const losses = measured.flatMap(({ curve }) => curve.loss);
    const [least, most] = [Math.min(...losses), Math.max(...losses)];
    expect(y.scale.domain[0]).toBeCloseTo(least / (most / least) ** 0.05, 10);
    expect(y.scale.domain[1]).toBeCloseTo(most * (most / least) ** 0.05, 10);
  });

  it("are a figure without the panel of runs that all exploded, for which there is no best loss", async () => {
    await writePlan([rung("a"), rung("b", { question: "optimizer" })], { a: CONFIG, b: OTHER });
    for (const name of ["a", "b"]) await writeRun(name, 4);
    const [a, b] = ["a", "b"].map((name) => measureRun(rungOf(name), sweep)!);
    const exploded = { ...b!, curve: { ...b!.curve, loss: [1e6, Number.MAX_VALUE] } };
    const spec = ladderChart(resultOf([a!, exploded])) as { concat: { title: { text: string } }[] };
    expect(spec.concat.map(({ title }) => title.text)).toEqual(["reference: What is there?"]);
    expect(() => ladderChart(resultOf([exploded]))).toThrow(/no run with a validation below 100/);
  });

  it("of the project belong to its plan, and the tables of the log are theirs", () => {
    const plan = readPlan();
    const known = plan.runs.map(({ name }) => name);
    const ladder = readLadder();
    for (const { name, curve } of ladder.runs) {
      expect(known).toContain(name);
      expect(curve.hours).toEqual(curve.hours.toSorted((a, b) => a - b));
    }
    const log = readFileSync(path.join(LADDER_FOLDER, "../LOG.md"), "utf8");
    expect(withTables(log, ladderTables(plan, ladder))).toBe(log);
  });

  it("of the project were trained as its plan would train them again", () => {
    const measured = new Map(readLadder().runs.map((run) => [run.name, run.config]));
    const planned = readPlan().runs.flatMap(({ name, run }) => (run === null ? [] : [{ name, run }]));
    const again = planned.filter(({ name }) => measured.has(name));
    expect(again.length).toBeGreaterThan(0);
    for (const { name, run } of again) {
      const { threads: _, ...config } = measured.get(name) ?? {};
      expect(run.config, name).toMatchObject(config);
    }
  });
});
