/** What the comparison makes of collected results: paired effects, tables and a figure, from made-up losses; and what is committed of it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { accountText, withAccount } from "../experiments/comparison/account-text.ts";
import { type CodedRun, readCodedPhotographs, resultsOfFiles } from "../experiments/comparison/coded-photographs.ts";
import { curveGroups } from "../experiments/comparison/curve-effects.ts";
import { effectsChart } from "../experiments/comparison/effects-chart.ts";
import { rankCorrelation } from "../experiments/comparison/rank-correlation.ts";
import { COMPARISON_RESULTS, readComparison } from "../experiments/comparison/read-comparison.ts";
import { tradeoffChart, tradeoffPanels } from "../experiments/comparison/tradeoff-chart.ts";
import { readTrunkStudies, type TrunkStudy } from "../experiments/comparison/trunk-studies.ts";
import { comparisonGroups } from "../src/lab/paired-effects.ts";
import { renderChart } from "../src/report/figures/render-chart.ts";
import type { SweepResult } from "../src/train/sweep/collect-results.ts";
import { expandPlanFile } from "../src/train/sweep/expand-plan.ts";
import { PROJECT } from "./support/child-program.ts";
import { withTemporaryFolder } from "./support/training-images.ts";

/** Loss of an arm's run; null: it diverged. */
type Losses = readonly (readonly [arm: string, lambda: string, seed: number, loss: number | null])[];

function collected(plan: string, losses: Losses): SweepResult {
  const runs = losses.map(([arm, lambda, seed, loss]) => ({
    name: `fork/${lambda}/${arm}/s${seed}`,
    stage: "fork",
    values: { lambda, arm },
    seed,
    result: {
      status: loss === null ? "diverged" : "finished",
      hard: loss === null ? null : { loss, bitsPerPixel: loss / 2, meanSquaredError: 0.001, psnrDb: 30 },
    },
  }));
  const meta = { plan, planned: 9, finished: runs.length, diverged: 0, threadHours: 1.25 };
  return { version: 1, meta, runs, missing: [] } as unknown as SweepResult;
}

const RESULTS = [
  collected("hyperprior", [
    ["mixed", "0.013", 1, 2],
    ["mixed", "0.013", 2, 1],
    ["mixed", "0.013", 3, 4],
    ["aun", "0.013", 1, 2.02],
    ["aun", "0.013", 2, 1.03],
    // Seed 9 has no reference: it does not count for the change.
    ["aun", "0.013", 9, 77],
    ["ste", "0.013", 3, 3.8],
    ["sga", "0.013", 1, null],
    ["mixed", "0.0035", 1, 8],
    ["aun", "0.0035", 1, 4],
  ]),
];

describe("paired effects", () => {
  const [high, low] = comparisonGroups(RESULTS);

  it("compare runs of one seed and one lambda, with Student's interval", () => {
    const aun = high?.arms.find(({ arm }) => arm === "aun");
    // Changes of 1 and 3 percent: mean 2, standard error 1, and t of one degree of freedom is 12.706.
    expect(aun?.change.mixed?.value).toBeCloseTo(2, 10);
    expect(aun?.change.mixed?.low).toBeCloseTo(2 - 12.7062, 3);
    expect(aun?.finished).toBe(3);
    expect(aun?.hard?.loss).toBeCloseTo((2.02 + 1.03 + 77) / 3, 10);
    expect(low).toMatchObject({ plan: "hyperprior", stage: "fork", setting: "lambda 0.0035" });
    expect(low?.arms.find(({ arm }) => arm === "aun")?.change.mixed).toMatchObject({
      value: -50,
      low: null,
      high: null,
    });
  });

  it("compare a changed arm with the same arm without the change", () => {
    const [group] = comparisonGroups([
      collected("hyperprior", [
        ["mixed", "0.013", 1, 2],
        ["mixed-P2", "0.013", 1, 3],
        ["mixed-P2+other", "0.013", 1, 5],
      ]),
    ]);
    expect(group?.variants).toHaveLength(1);
    expect(group?.variants).toMatchObject([{ arm: "mixed-P2", base: "mixed", change: { value: 50 } }]);
    expect(accountText([], group === undefined ? [] : [group], [], [], [])).toContain("| mixed-P2 | mixed | +50.00 |");
  });

  it("put the best on top, and what cannot be compared at the end", () => {
    expect(high?.arms.map(({ arm }) => arm)).toEqual(["ste", "mixed", "aun", "sga"]);
    expect(high?.arms.at(-1)).toMatchObject({
      finished: 0,
      diverged: 1,
      hard: null,
      change: { mixed: null, aun: null },
    });
  });

  it("become tables that say what is missing", () => {
    const text = accountText(RESULTS, comparisonGroups(RESULTS), [], [], []);
    expect(text).toContain("| hyperprior | 9 | 10 | 0 | 1.3 |");
    expect(text).toContain("### hyperprior, fork, lambda 0.013");
    expect(text).toContain("| ste | 1 | -5.00 | - | 3.8000 | 1.9000 | 30.00 |");
    expect(text).toMatch(/^\| aun \| 3 \| \+2\.00 \(-10\.71 to \+14\.71\) \| {2}\| 26\.6833/m);
    expect(text).toContain("| sga | 0, 1 diverged | - | - | - | - | - |");
    expect(() => withAccount("no marks", text)).toThrow(/docs\/experiments.md: expected the lines <!-- account/);
  });

  it("become a figure, whose data hold what is drawn; nothing to compare is refused", async () => {
    const chart = effectsChart(comparisonGroups(RESULTS));
    expect((await renderChart(chart)).svg).toContain("lambda 0.0035");
    const spec = JSON.stringify(chart);
    expect(spec).toContain('"arm":"ste"');
    // -50 percent lies outside of the panel: an arrow at its edge with the number.
    expect(spec).toContain('"label":"-50.0","side":"below"');
    expect(spec).not.toContain('"arm":"mixed"');
    expect(() => effectsChart([])).toThrow(/got no arm with a run of mixed beside it/);
  });
});

describe("mismatch and risk of the trunks", () => {
  const trunk = (id: string, mismatch: number): TrunkStudy => ({
    plan: "hyperprior",
    trunk: `trunk/0.013/${id}`,
    id,
    lambda: 0.013,
    hardLoss: 2,
    gradientSquared: 4,
    arms: [
      { arm: "aun", mismatch: { value: mismatch, low: null, high: null }, bias: -0.1, variance: 8 },
      { arm: "sga", mismatch: { value: 0, low: -1, high: 1 }, bias: 2, variance: 0 },
    ],
  });
  const panels = tradeoffPanels([trunk("s1", 0.2), trunk("s2", 0.4)], comparisonGroups(RESULTS));

  it("are means over trunks, beside what training on with the arm changed", () => {
    expect(panels).toHaveLength(1);
    expect(panels[0]?.title).toBe("hyperprior, lambda 0.013");
    const [aun, sga] = panels[0]?.points ?? [];
    expect(aun?.mismatch).toBeCloseTo(15, 10);
    // A bias below nothing is none; 8 / 4 of variance are left.
    expect(aun?.risk).toBe(2);
    expect(aun?.change).toBeCloseTo(2, 10);
    expect(sga).toMatchObject({ mismatch: 0, risk: 0.5, change: null });
  });

  it("are a table of the arms that were trained, from the lowest risk up, with the rank correlations", () => {
    const points = [
      { arm: "soft", mismatch: -0.5, risk: 50, change: 3 },
      { arm: "noise", mismatch: 2, risk: 6, change: 0.5 },
      { arm: "mixed", mismatch: 1, risk: 5, change: 0 },
      { arm: "later", mismatch: 1, risk: 1, change: null },
    ];
    const text = accountText([], [], [{ title: "toy", points }], [], []);
    expect(text).toContain("over these 3 arms: risk 1.00, size of the mismatch -0.50.");
    const rows = text.split("\n").filter((line) => /^\| (mixed|noise|soft|later)/.test(line));
    expect(rows).toEqual([
      "| mixed | 5 | +1.00 | 0.00 |",
      "| noise | 6 | +2.00 | +0.50 |",
      "| soft | 50 | -0.50 | +3.00 |",
    ]);
  });

  it("rank alike and oppositely, with the mean of ranks for ties", () => {
    const paired = (a: readonly number[], b: readonly number[]) =>
      rankCorrelation(a.map((value, i) => [value, b[i]!] as const));
    expect(paired([1, 20, 300], [5, 6, 7])).toBe(1);
    expect(paired([1, 20, 300], [7, 6, 5])).toBe(-1);
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5).
    expect(paired([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(Math.sqrt(0.9), 12);
    expect(paired([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(paired([1, 2], [1, 2])).toBeNull();
  });

  it("are a figure that draws without complaint, and a file that is checked", async () => {
    expect((await renderChart(tradeoffChart(panels))).svg).toContain("aun");
    await withTemporaryFolder(async (folder) => {
      const file = path.join(folder, "trunks.json");
      expect(readTrunkStudies(file)).toBeNull();
      writeFileSync(file, '{"version": 1}');
      expect(() => readTrunkStudies(file)).toThrow(/trunks\.json: .*measure it again/s);
    });
  });
});

describe("coded photographs", () => {
  const coded = (seed: number, arm: string, meanSquaredError: number): CodedRun => ({
    plan: "hyperprior",
    run: `fork/0.013/${arm}/s${seed}`,
    id: `${arm}${seed}`,
    lambda: 0.01,
    bitsPerPixel: 0.5,
    meanSquaredError,
    psnrDb: 30,
    msSsim: 0.9,
  });
  const results = RESULTS.map((result) => ({
    ...result,
    runs: result.runs.map((run) => ({ ...run, result: { ...run.result, id: `${run.values.arm}${run.seed}` } })),
  }));

  it("are compared by the loss of their files, in tables of their own", () => {
    // 0.01 * 255^2 * 0.001 = 0.65025, and the double of it.
    const runs = [coded(1, "mixed", 0.001), coded(1, "aun", 0.002)];
    const files = comparisonGroups(resultsOfFiles(results, runs)).filter(({ setting }) => setting === "lambda 0.013");
    const aun = files[0]?.arms.find(({ arm }) => arm === "aun");
    expect(aun?.hard?.loss).toBeCloseTo(0.5 + 1.3005, 10);
    expect(aun?.change.mixed?.value).toBeCloseTo(100 * (1.8005 / 1.15025 - 1), 8);
    const text = accountText([], [], [], files, []);
    expect(text).toContain("### Real files of Kodak: hyperprior, fork, lambda 0.013");
    expect(text).toContain("| aun | 1 | +56.53 |");
  });

  it("are a file that is checked", () =>
    withTemporaryFolder(async (folder) => {
      const file = path.join(folder, "kodak.json");
      expect(readCodedPhotographs(file)).toBeNull();
      writeFileSync(file, '{"version": 1}');
      expect(() => readCodedPhotographs(file)).toThrow(/kodak\.json: .*measure it again with code-photographs/s);
    }));
});

describe("curves over lambdas", () => {
  const LAMBDAS = [0.0035, 0.0067, 0.013, 0.025];
  /** Runs whose files take `rate` times the bits of `2 ** step` at 30 dB and 2 dB more with each step; MS-SSIM is the same for all arms at a step. */
  const curve = (arm: string, seed: number, rate: number, lambdas: readonly number[] = LAMBDAS) =>
    lambdas.map((lambda) => {
      const step = LAMBDAS.indexOf(lambda);
      const id = `${arm}-${seed}-${lambda}`;
      const values = step === 2 ? { lambda: "0.013", arm } : { lambda: "0.013", "moved-to": String(lambda), arm };
      const files: CodedRun = {
        plan: "hyperprior",
        run: id,
        id,
        lambda,
        bitsPerPixel: rate * 0.2 * 2 ** step,
        meanSquaredError: 0.001,
        psnrDb: 30 + 2 * step,
        msSsim: 1 - 0.1 * 2 ** -step,
      };
      return { planned: { stage: step === 2 ? "fork" : "curve", values, seed, result: { id } }, files };
    });
  const groupsOf = (runs: ReturnType<typeof curve>) =>
    curveGroups(
      [{ meta: { plan: "hyperprior" }, runs: runs.map(({ planned }) => planned) }] as unknown as SweepResult[],
      runs.map(({ files }) => files),
    );

  it("are compared by BD-rate, seed by seed, the best on top", () => {
    const [group] = groupsOf([
      ...curve("mixed", 1, 1),
      ...curve("mixed", 2, 2),
      ...curve("aun", 1, 1.1),
      ...curve("aun", 2, 2.2),
      ...curve("sua", 1, 0.9),
    ]);
    expect(group).toMatchObject({ plan: "hyperprior", lambdas: LAMBDAS });
    expect(group?.arms.map(({ arm, seeds }) => [arm, seeds])).toEqual([
      ["sua", 1],
      ["mixed", 2],
      ["aun", 2],
    ]);
    const [sua, , aun] = group?.arms ?? [];
    expect(aun?.change.PSNR.mixed?.value).toBeCloseTo(10, 8);
    expect(aun?.change.PSNR.mixed?.low).toBeCloseTo(10, 6);
    expect(sua?.change.PSNR.mixed).toMatchObject({ low: null });
    expect(sua?.change["MS-SSIM"].aun?.value).toBeCloseTo(100 * (0.9 / 1.1 - 1), 8);
    const text = accountText([], [], [], [], group === undefined ? [] : [group]);
    expect(text).toContain("### BD-rate, real files of Kodak: hyperprior, lambdas 0.0035, 0.0067, 0.013, 0.025");
    expect(text).toContain("| sua | 1 | -10.00 | -18.18 | -10.00 | -18.18 |");
  });

  it("are left out as long as they lack a lambda, and a plan without four has none", () => {
    const lacking = [...curve("mixed", 1, 1), ...curve("aun", 1, 1, LAMBDAS.slice(1))];
    expect(groupsOf(lacking)[0]?.arms.map(({ arm }) => arm)).toEqual(["mixed"]);
    expect(groupsOf(curve("mixed", 1, 1, LAMBDAS.slice(1)))).toEqual([]);
  });

  it("are left out and named where a greater rate has a lower quality", () => {
    const bad = curve("aun", 1, 1).map((run, i) => (i === 1 ? { ...run, files: { ...run.files, psnrDb: 20 } } : run));
    const [group] = groupsOf([...curve("mixed", 1, 1), ...bad]);
    expect(group?.arms.map(({ arm }) => arm)).toEqual(["mixed"]);
    expect(accountText([], [], [], [], group === undefined ? [] : [group])).toContain("lower quality: aun s1.");
  });
});

describe("collected results", () => {
  it("that are missing or damaged are named", () =>
    withTemporaryFolder(async (folder) => {
      expect(() => readComparison(path.join(folder, "nothing"))).toThrow(/nothing: got no results/);
    }));

  it("of the project belong to its plans, and docs/experiments.md is made of them", () => {
    expect(existsSync(COMPARISON_RESULTS)).toBe(true);
    const results = readComparison();
    for (const { meta, runs, missing } of results) {
      const planned = expandPlanFile(path.join(PROJECT, `experiments/comparison/${meta.plan}.json`)).runs;
      const names = new Map(planned.map(({ id, name }) => [id, name]));
      for (const { name, result } of runs) expect(names.get(result.id), name).toBe(name);
      expect(runs.length + missing.length).toBe(planned.length);
    }
    const document = readFileSync(path.join(PROJECT, "docs/experiments.md"), "utf8");
    const groups = comparisonGroups(results);
    const panels = tradeoffPanels(readTrunkStudies()?.trunks ?? [], groups);
    const coded = readCodedPhotographs()?.runs ?? [];
    const ids = new Set(results.flatMap(({ runs }) => runs.map(({ result }) => result.id)));
    expect(coded.filter(({ id }) => !ids.has(id))).toEqual([]);
    const files = comparisonGroups(resultsOfFiles(results, coded));
    const text = accountText(results, groups, panels, files, curveGroups(results, coded));
    expect(withAccount(document, text)).toBe(document);
  });
});
