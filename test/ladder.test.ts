/** The ladder's plan, and what it makes of runs: made-up metrics in, results, tables and a figure out. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ladderChart } from "../experiments/ladder/chart.ts";
import { LADDER_RESULT, type LadderResult, parseLadder, readLadder } from "../experiments/ladder/ladder-result.ts";
import { ladderTables, withTables } from "../experiments/ladder/log-table.ts";
import { differingField, measuredOrKept, measureRun } from "../experiments/ladder/measure-run.ts";
import { chosenRuns, LADDER_FOLDER, type Rung, readPlan, trainConfigOf } from "../experiments/ladder/plan.ts";
import { resultText } from "../src/evaluate/study/result-schema.ts";
import { renderChart } from "../src/report/figures/render-chart.ts";

let root: string;
let plan: string;
let runs: string;
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

beforeEach(async () => {
  const folder = await mkdtemp(path.join(root, "case-"));
  plan = path.join(folder, "plan");
  runs = path.join(folder, "runs");
  await mkdir(path.join(plan, "configs"), { recursive: true });
  await mkdir(runs);
});

async function writePlan(rungs: readonly object[], configs: Readonly<Record<string, object>>): Promise<void> {
  await writeFile(path.join(plan, "rungs.json"), JSON.stringify({ questions: QUESTIONS, runs: rungs }));
  for (const [name, config] of Object.entries(configs)) {
    await writeFile(path.join(plan, "configs", `${name}.json`), JSON.stringify(config));
  }
}

const rung = (name: string, more: object = {}) => ({
  name,
  question: "reference",
  changed: `what ${name} is`,
  verdict: "",
  ...more,
});

/** The folder of a run: a step takes 0.9 s (the third 1.8 s), validations after the steps 2 and 4. */
async function writeRun(
  name: string,
  steps: number,
  stored: object = { ...CONFIG, threads: 2 },
  { thirdMs = 1800, lossAtFour = 2, threadsOf = (_step: number): object => ({}) } = {},
): Promise<void> {
  const folder = path.join(runs, name);
  await mkdir(folder);
  const data = "/somewhere/packed";
  const surrogate = { rate: "aun", distortion: "ste" };
  await writeFile(
    path.join(folder, "config.json"),
    JSON.stringify({ ...stored, surrogate, data, initialWeights: data }),
  );
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
  it("gives complete configurations, with the places of the machine filled in", async () => {
    const sameCrops = { validation: { crops: 64 } };
    await writePlan([rung("a"), rung("b", { startFrom: "a" })], {
      a: CONFIG,
      b: { ...CONFIG, ...sameCrops, steps: 7 },
    });
    const [a, b] = [rungOf("a"), rungOf("b")].map((run) => trainConfigOf(run, "packed", "runs"));
    expect(a).toMatchObject({ data: "packed", steps: 4, crop: 128, surrogate: { rate: "aun", distortion: "ste" } });
    expect(a).not.toHaveProperty("initialWeights");
    expect(b).toMatchObject({ steps: 7, initialWeights: path.join("runs", "a") });
  });

  it("is refused where runs and configurations do not match, or would be judged differently", async () => {
    const refused = async (message: RegExp, rungs: readonly object[], configs: Readonly<Record<string, object>>) => {
      await rm(path.join(plan, "configs"), { recursive: true });
      await mkdir(path.join(plan, "configs"));
      await writePlan(rungs, configs);
      expect(() => readPlan(plan)).toThrow(message);
    };
    await refused(/a\.json: got no readable JSON.*ENOENT/, [rung("a")], {});
    await refused(/no run for configs\/b\.json/, [rung("a")], { a: CONFIG, b: CONFIG });
    await refused(/the run "a" twice/, [rung("a"), rung("a")], { a: CONFIG });
    await refused(/question "depth", expected one of reference, optimizer/, [rung("a", { question: "depth" })], {
      a: CONFIG,
    });
    await refused(/startFrom "b", expected a run that stands before/, [rung("a", { startFrom: "b" }), rung("b")], {
      a: CONFIG,
      b: CONFIG,
    });
    await refused(/b: got against "c", expected another run/, [rung("a"), rung("b", { against: ["a", "c"] })], {
      a: CONFIG,
      b: CONFIG,
    });
    await refused(/got the field "data", which names a place/, [rung("a")], { a: { ...CONFIG, data: "packed" } });
    const other = { ...CONFIG, validation: { crops: 8 } };
    await refused(
      /b\.json: validation: got {.*"crops":8,.*}, expected {.*"crops":64,.*} as in a/,
      [rung("a"), rung("b")],
      {
        a: CONFIG,
        b: other,
      },
    );
    await refused(/rungs\.json: runs\.0: .*colour/, [rung("a", { colour: "red" })], { a: CONFIG });
  });

  it("trains what is named, or all that is not retired", async () => {
    await writePlan([rung("a"), rung("b", { retired: "the code is gone" }), rung("c")], {
      a: CONFIG,
      b: { ...CONFIG, network: { type: "gone" } },
      c: CONFIG,
    });
    const names = (...wanted: string[]) => chosenRuns(readPlan(plan), wanted).map(({ name }) => name);
    expect(names()).toEqual(["a", "c"]);
    expect(names("c")).toEqual(["c"]);
    expect(() => names("b")).toThrow(/b is not trained again: the code is gone/);
    expect(() => names("d")).toThrow(/got the run "d", expected some of a, b, c/);
  });

  it("of the project has configurations that training takes", () => {
    const { runs } = readPlan(LADDER_FOLDER);
    for (const run of runs) {
      if (run.retired === undefined) expect(trainConfigOf(run, "packed", "runs").threads, run.name).toBe(1);
    }
  });
});

describe("a run", () => {
  it("is measured by the time of its steps, validations left out, threads counted", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4);
    const run = measureRun(rungOf("a"), runs)!;
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
    expect(run.config).toEqual({ ...CONFIG, threads: 2, surrogate: { rate: "aun", distortion: "ste" } });
    expect(JSON.stringify(run)).not.toContain("somewhere");
  });

  it("that went on with other threads counts those of each step", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4, undefined, { threadsOf: (step) => (step === 1 ? {} : { threads: step === 2 ? 1 : 3 }) });
    // 0.9 s by the two threads of the configuration, 0.9 s by one, 1.8 s and 0.9 s by three.
    expect(measureRun(rungOf("a"), runs)).toMatchObject({ threadHours: 0.003, curve: { hours: [0.00075, 0.003] } });
  });

  it("in which the machine stood still counts that step as ten", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4, undefined, { thirdMs: 1.2e6 });
    // 3 steps of 0.9 s and one of 9 s, by two threads.
    expect(measureRun(rungOf("a"), runs)).toMatchObject({ threadHours: 0.0065, curve: { hours: [0.001, 0.0065] } });
  });

  it("that the folder does not hold keeps what was measured before, in the plan's words", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4);
    const before = measureRun(rungOf("a"), runs)!;
    const renamed = { ...rungOf("a"), changed: "told otherwise" };
    expect(measuredOrKept(renamed, path.join(runs, "elsewhere"), [before])).toEqual({
      ...before,
      changed: "told otherwise",
    });
    expect(measuredOrKept(renamed, path.join(runs, "elsewhere"), [])).toBeNull();
    expect(measuredOrKept(renamed, runs, [{ ...before, steps: 1 }])?.steps).toBe(4);
  });

  it("that was cut off, diverged or never began says so", async () => {
    await writePlan([rung("a"), rung("b"), rung("c")], { a: CONFIG, b: CONFIG, c: CONFIG });
    await writeRun("a", 3);
    await writeRun("b", 1);
    await writeFile(path.join(runs, "b.diverged.txt"), "the loss exploded\n");
    expect(measureRun(rungOf("a"), runs)).toMatchObject({ status: "unfinished", steps: 3, curve: { step: [2] } });
    expect(measureRun(rungOf("b"), runs)).toMatchObject({ status: "diverged", steps: 1, curve: { step: [] } });
    expect(measureRun(rungOf("c"), runs)).toBeNull();
    await writeRun("c", 0);
    expect(measureRun(rungOf("c"), runs)).toBeNull();
  });

  it("that is not what its file says is refused", async () => {
    await writePlan([rung("a")], { a: { ...CONFIG, optimizer: { learningRate: 1 } } });
    await writeRun("a", 4, { ...CONFIG, threads: 1, optimizer: { learningRate: 2, beta1: 0.9 } });
    expect(() => measureRun(rungOf("a"), runs)).toThrow(
      /configs\/a\.json: optimizer\.learningRate: got 1, expected 2, as stored in .*config\.json/,
    );
    expect(differingField({ id: "aun" }, "aun")).toBeNull();
    expect(differingField({ rate: { id: "aun", form: "x" } }, { rate: "aun" })).toMatch(/^rate: got/);
    expect(differingField({ lambdaRange: [1, 2] }, { lambdaRange: [1, 3] })).toMatch(/^lambdaRange: got \[1,2\]/);
  });
});

describe("the results", () => {
  it("are read back as they were written, and refused where they contradict themselves", async () => {
    await writePlan([rung("a")], { a: CONFIG });
    await writeRun("a", 4);
    const run = measureRun(rungOf("a"), runs)!;
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
    const ranged = { ...CONFIG, lambdaRange: [0.01, 0.02] };
    await writePlan([rung("a", { verdict: "the one to beat" }), rung("b"), rung("c", { question: "optimizer" })], {
      a: CONFIG,
      b: CONFIG,
      c: ranged,
    });
    await writeRun("a", 4);
    await writeRun("c", 2, { ...ranged, threads: 1 });
    const measured = ["a", "b", "c"].flatMap((name) => measureRun(rungOf(name), runs) ?? []);
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
    const ranged = { ...CONFIG, lambdaRange: [0.01, 0.02] };
    await writePlan([rung("a"), rung("b", { question: "optimizer" }), rung("c", { question: "optimizer" })], {
      a: CONFIG,
      b: CONFIG,
      c: ranged,
    });
    for (const name of ["a", "b"]) await writeRun(name, 4);
    await writeRun("c", 4, { ...ranged, threads: 1 }, { lossAtFour: 1e15 });
    const measured = ["a", "b", "c"].flatMap((name) => measureRun(rungOf(name), runs) ?? []);
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
    await writePlan(rungs, { a: CONFIG, b: CONFIG });
    await writeRun("a", 4, undefined, { lossAtFour: 2 });
    await writeRun("b", 4, undefined, { lossAtFour: 1.9 });
    const measured = ["a", "b"].map((name) => measureRun(rungOf(name), runs)!);
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
    await writePlan([rung("a"), rung("b", { question: "optimizer" })], { a: CONFIG, b: CONFIG });
    for (const name of ["a", "b"]) await writeRun(name, 4);
    const [a, b] = ["a", "b"].map((name) => measureRun(rungOf(name), runs)!);
    const exploded = { ...b!, curve: { ...b!.curve, loss: [1e6, Number.MAX_VALUE] } };
    const spec = ladderChart(resultOf([a!, exploded])) as { concat: { title: { text: string } }[] };
    expect(spec.concat.map(({ title }) => title.text)).toEqual(["reference: What is there?"]);
    expect(() => ladderChart(resultOf([exploded]))).toThrow(/no run with a validation below 100/);
  });

  it.runIf(existsSync(LADDER_RESULT))("of the project belong to its plan", () => {
    const known = readPlan().runs.map(({ name }) => name);
    for (const { name, curve } of readLadder().runs) {
      expect(known).toContain(name);
      expect(curve.hours).toEqual(curve.hours.toSorted((a, b) => a - b));
    }
  });
});
