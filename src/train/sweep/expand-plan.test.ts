import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { expanded, TINY_PLAN, writePlan } from "../../../test/support/sweep-plans.ts";
import { withTemporaryFolder } from "../../../test/support/training-images.ts";
import { expandPlanFile } from "./expand-plan.ts";
import type { PlannedRun } from "./planned-run.ts";

const byName = (runs: readonly PlannedRun[]): Map<string, string> => new Map(runs.map(({ name, id }) => [name, id]));

/** Names and identities of what a changed plan gives. */
async function idsOf(plan: unknown): Promise<Map<string, string>> {
  return withTemporaryFolder(async (folder) => byName(expanded(folder, plan).runs));
}

describe("expandPlanFile", () => {
  it("makes runs of stages, seeds and axes: trunks first, then the forks of one trunk after those of another", async () => {
    await withTemporaryFolder(async (folder) => {
      const { runs, name } = expanded(folder);
      expect(name).toBe("tiny");
      expect(runs.map((run) => run.name)).toEqual([
        "trunk/s1",
        "trunk/s2",
        "fork/aun/s1",
        "fork/mixed/s1",
        "fork/sua-dither/s1",
        "fork/aun/s2",
        "fork/mixed/s2",
        "fork/sua-dither/s2",
      ]);
      expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
      expect(runs.every(({ id }) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    });
  });

  it("begins forks from their trunk, and pairs them: the same seed for all arms, the offset added", async () => {
    await withTemporaryFolder(async (folder) => {
      const { runs } = expanded(folder);
      const trunk = runs.find(({ name }) => name === "trunk/s2");
      const forks = runs.filter(({ name }) => name.startsWith("fork/") && name.endsWith("/s2"));
      expect(forks.map(({ start }) => start)).toEqual(forks.map(() => ({ type: "run", id: trunk?.id })));
      expect(forks.map(({ config, seed }) => [config.seed, seed])).toEqual(forks.map(() => [1002, 2]));
      expect(trunk?.config.seed).toBe(2);
    });
  });

  it("puts fields together: base, then the stage's, then the axes', each replacing the whole field that it names", async () => {
    await withTemporaryFolder(async (folder) => {
      const { runs } = expanded(folder, {
        ...TINY_PLAN,
        base: { ...TINY_PLAN.base, optimizer: { name: "muon", learningRate: 0.5 } },
        axes: {
          arm: { a: { surrogate: { rate: "uq", distortion: "dsq" }, steps: 7 } },
          rate: { slow: { "optimizer.learningRate": 0.25, "surrogate.rate": "aun" } },
        },
        stages: [{ name: "one", seeds: [3], axes: { rate: ["slow"], arm: "all" }, set: { steps: 9, batch: 2 } }],
      });
      expect(runs.map(({ name, values }) => [name, values])).toEqual([["one/slow/a/s3", { rate: "slow", arm: "a" }]]);
      const config = runs[0]?.config;
      expect(config).toMatchObject({ steps: 7, batch: 2, seed: 3, optimizer: { name: "muon", learningRate: 0.25 } });
      // The axes in the order in which the plan defines them, so `rate` comes last.
      expect(config?.surrogate).toMatchObject({ rate: "aun", distortion: { id: "dsq" } });
    });
  });

  it("varies forks over the values of their trunks, or over some of them", async () => {
    const lambdas = { low: { lambda: 0.01 }, high: { lambda: 0.02 } };
    const plan = {
      ...TINY_PLAN,
      axes: { ...TINY_PLAN.axes, lambda: lambdas },
      stages: [
        { name: "trunk", seeds: [1, 2], axes: { lambda: "all" } },
        { name: "fork", from: "trunk", seeds: [2], axes: { lambda: ["high"], arm: ["aun", "mixed"] } },
      ],
    };
    const names = [...(await idsOf(plan)).keys()];
    expect(names).toEqual([
      "trunk/low/s1",
      "trunk/high/s1",
      "trunk/low/s2",
      "trunk/high/s2",
      "fork/high/aun/s2",
      "fork/high/mixed/s2",
    ]);
    await withTemporaryFolder(async (folder) => {
      const fork = expanded(folder, plan).runs.at(-1);
      expect(fork?.config.lambda).toBe(0.02);
      expect(fork?.values).toEqual({ lambda: "high", arm: "mixed" });
    });
  });

  it("knows a run again when the plan is renamed, reordered, extended, or saves and judges more often", async () => {
    const before = await idsOf(TINY_PLAN);
    const { aun, mixed, "sua-dither": dither } = TINY_PLAN.axes.arm;
    const after = await idsOf({
      ...TINY_PLAN,
      name: "other",
      question: "Another?",
      base: { ...TINY_PLAN.base, checkpointEvery: 100, validateEvery: 5 },
      axes: { arm: { new: { surrogate: "uq" }, aun, "aun+ste": mixed, dither }, variant: { plain: {} } },
      stages: [
        { ...TINY_PLAN.stages[0], name: "beginning", seeds: [1, 2, 3], axes: { variant: "all" } },
        { ...TINY_PLAN.stages[1], from: "beginning" },
      ],
    });
    expect(after.get("beginning/plain/s1")).toBe(before.get("trunk/s1"));
    expect(after.get("fork/plain/aun/s2")).toBe(before.get("fork/aun/s2"));
    expect(after.get("fork/plain/aun+ste/s2")).toBe(before.get("fork/mixed/s2"));
    expect(after.get("fork/plain/dither/s1")).toBe(before.get("fork/sua-dither/s1"));
    expect([...after.values()].filter((id) => ![...before.values()].includes(id))).toHaveLength(1 + 2 + 4);
  });

  it("takes a run whose trunk is another for another run, whatever its own configuration", async () => {
    const before = await idsOf(TINY_PLAN);
    const [trunk, fork] = TINY_PLAN.stages;
    const after = await idsOf({ ...TINY_PLAN, stages: [{ ...trunk, set: { "optimizer.warmupSteps": 6 } }, fork] });
    for (const [name, id] of before) expect(after.get(name), name).not.toBe(id);
  });

  it("knows weights by what the file holds, not by where it is", async () => {
    const ids: (string | undefined)[] = [];
    for (const [file, text] of [
      ["a.safetensors", "x"],
      ["b.safetensors", "x"],
      ["a.safetensors", "y"],
    ] as const) {
      await withTemporaryFolder(async (folder) => {
        writeFileSync(path.join(folder, file), text);
        const stages = [{ name: "fork", from: { weights: file }, seeds: [1], axes: { arm: ["aun"] } }];
        const [run] = expanded(folder, { ...TINY_PLAN, stages }).runs;
        expect(run?.start).toMatchObject({ type: "weights", file: path.join(folder, file) });
        ids.push(run?.id);
      });
    }
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it("reads the values of an axis from a file beside the plan", async () => {
    await withTemporaryFolder(async (folder) => {
      writePlan(folder, TINY_PLAN.axes.arm, "arms.json");
      const shared = expanded(folder, { ...TINY_PLAN, axes: { arm: "arms.json" } });
      expect(byName(shared.runs)).toEqual(await idsOf(TINY_PLAN));
    });
  });

  const [trunk, fork] = TINY_PLAN.stages;
  it.each<[string, unknown, string | RegExp]>([
    ["is no JSON", "{", "got text that is not JSON"],
    ["has a field twice", '{"name":"a","name":"b"}', "name: got the field twice"],
    ["is empty", {}, "stages: got nothing, expected a value of type array"],
    ["has a misspelt field", { ...TINY_PLAN, axe: {} }, 'got the unknown field "axe" (did you mean "axes"?)'],
    [
      "has a misspelt field in a stage",
      { ...TINY_PLAN, stages: [{ ...trunk, seed: [1] }] },
      'stages.0: got the unknown field "seed" (did you mean "seeds"?)',
    ],
    ["has a bad name", { ...TINY_PLAN, name: "a/b" }, 'name: got "a/b", expected letters, digits'],
    ["names no stage", { ...TINY_PLAN, stages: [] }, "stages: got [], expected at least 1 element"],
    [
      "begins from a stage that is not there",
      { ...TINY_PLAN, stages: [trunk, { ...fork, from: "trunks" }] },
      'stages.fork.from: got "trunks", expected an earlier stage: one of "trunk"',
    ],
    [
      "begins from a later stage",
      { ...TINY_PLAN, stages: [fork, trunk] },
      'stages.fork.from: got "trunk", expected nothing in the first stage',
    ],
    ["has a stage twice", { ...TINY_PLAN, stages: [trunk, trunk] }, "stages.trunk: got two stages of that name"],
    [
      "has no seeds",
      { ...TINY_PLAN, stages: [{ name: "a" }] },
      "stages.a.seeds: got nothing, expected a list of seeds",
    ],
    [
      "wants seeds that its trunk lacks",
      { ...TINY_PLAN, stages: [trunk, { ...fork, seeds: [7] }] },
      "stages.fork.seeds: got 7",
    ],
    [
      "names an axis that is not there",
      { ...TINY_PLAN, stages: [{ ...trunk, axes: { arms: "all" } }] },
      'stages.trunk.axes: got the axis "arms", expected one of arm',
    ],
    [
      "names a value that is not there",
      { ...TINY_PLAN, stages: [{ ...trunk, axes: { arm: ["aunt"] } }] },
      'stages.trunk.axes.arm: got "aunt", expected some of aun, mixed, sua-dither',
    ],
    [
      "names images",
      { ...TINY_PLAN, base: { data: "x" } },
      "base.data: got a value, expected none; give the images by --data",
    ],
    ["names threads", { ...TINY_PLAN, base: { threads: 2 } }, "give the threads by --threads"],
    [
      "names weights in an axis",
      { ...TINY_PLAN, axes: { arm: { a: { initialWeights: "x" } } } },
      'axes.arm.a.initialWeights: got a value, expected none; write "from" in the stage',
    ],
    [
      "has forks of values that no trunk has",
      {
        ...TINY_PLAN,
        stages: [
          { ...trunk, axes: { arm: ["aun"] } },
          { ...fork, axes: { arm: ["mixed"] } },
        ],
      },
      "stages.fork: got no run, expected values and seeds that the stage that it begins from has",
    ],
    [
      "trains a decoder around an encoder that never was",
      { ...TINY_PLAN, stages: [{ ...trunk, set: { trained: "decoder", surrogate: "ste" } }] },
      'trunk/s1: got trained "decoder" from scratch, expected it in a stage with "from"',
    ],
    [
      "grows weights",
      { ...TINY_PLAN, base: { growInitialWeights: true } },
      "base.growInitialWeights: got a value, expected none; grow the weights by halfstep train first",
    ],
    ["validates nothing", { ...TINY_PLAN, base: { validateEvery: 0 } }, "validateEvery: got 0, expected at least 1"],
    [
      "has a configuration that is wrong",
      { ...TINY_PLAN, stages: [{ ...trunk, set: { surrogate: "aunt" } }] },
      'trunk/s1: surrogate: got "aunt", expected one of',
    ],
    [
      "has one run under two names",
      {
        ...TINY_PLAN,
        axes: { arm: { a: { surrogate: "mixed" }, b: { surrogate: { rate: "aun", distortion: "ste" } } } },
      },
      "fork/a/s1 and fork/b/s1: got one configuration under two names",
    ],
    [
      "begins from weights that are not there",
      { ...TINY_PLAN, stages: [{ name: "a", from: { weights: "nowhere" }, seeds: [1] }] },
      /stages\.a\.from: got ".*nowhere", which cannot be read \(ENOENT\)/,
    ],
    [
      "has its values in a file that is not there",
      { ...TINY_PLAN, axes: { arm: "no.json" } },
      /no\.json": got no readable file/,
    ],
  ])("refuses a plan that %s, and says where", async (_, plan, message) => {
    await withTemporaryFolder(async (folder) => {
      const file = writePlan(folder, plan);
      expect(() => expandPlanFile(file)).toThrow(message);
      expect(() => expandPlanFile(file)).toThrow(expect.objectContaining({ exitCode: 2 }));
    });
  });

  it("lists all that is wrong at once", async () => {
    await withTemporaryFolder(async (folder) => {
      const stages = [{ ...trunk, axes: { arms: "all" }, set: { seed: 3 } }];
      const file = writePlan(folder, { ...TINY_PLAN, base: { threads: 2 }, stages });
      expect(() => expandPlanFile(file)).toThrow(/base\.threads.*\n.*set\.seed.*\n.*"arms".*\ncorrect these/);
    });
  });

  it("says which file is not there", () => {
    expect(() => expandPlanFile("/nowhere/plan.json")).toThrow(
      'plan "/nowhere/plan.json": got no readable file (ENOENT), expected a JSON file; correct it',
    );
  });
});
