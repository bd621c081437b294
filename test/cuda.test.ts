/**
 * Training on a graphics card (experiments/cuda): its programs compute Halfstep's steps. They need Python with PyTorch, which is looked for
 * under the name in PYTHON, or python3.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeGraph } from "../experiments/cuda/describe-graph.ts";
import {
  add,
  arrayOf,
  CounterRandom,
  constant,
  defineGraph,
  elementCount,
  evaluate,
  graphInput,
  multiply,
} from "../src/engine/index.ts";
import { operators } from "../src/engine/ops/table.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../src/safetensors.ts";
import { packFolder } from "../src/train/data/pack-folder.ts";
import { PROJECT, start } from "./support/child-program.ts";
import { examples } from "./support/op-examples.ts";

const PYTHON = process.env.PYTHON ?? "python3";
const PROGRAMS = path.join(PROJECT, "experiments/cuda");
const hasTorch = spawnSync(PYTHON, ["-c", "import torch, safetensors, numpy, PIL"]).status === 0;
const TIMEOUT = { timeout: 240_000 };

let folder: string;

beforeAll(() => {
  if (!hasTorch) {
    process.stderr.write(
      `cuda.test.ts: the steps of experiments/cuda are not tested here: they need ${PYTHON} with torch, safetensors, numpy and Pillow\n`,
    );
  }
  folder = mkdtempSync(path.join(tmpdir(), "halfstep-cuda-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const floats = (shape: readonly number[], data: ArrayLike<number>): SafeTensor => ({
  dtype: "F32",
  shape,
  data: Float32Array.from(data),
});

describe("a described graph", () => {
  it("names each input by the position of a node before it, and shortens constants of one value", () => {
    const x = graphInput("x", [2, 2]);
    const ones = constant(new Float32Array(4).fill(1), [2, 2]);
    const { nodes, outputs } = describeGraph(
      defineGraph({ y: multiply(add(x, ones), constant([1, 2, 3, 4], [2, 2])), z: x }),
    );
    expect(nodes.map(({ op, inputs }) => [op, ...inputs])).toEqual([
      ["input"],
      ["constant"],
      ["add", 0, 1],
      ["constant"],
      ["multiply", 2, 3],
    ]);
    expect(outputs).toEqual({ y: 4, z: 0 });
    expect(nodes[1]?.attributes).toEqual({ data: [1], shape: [2, 2] });
    expect(nodes[3]?.attributes).toEqual({ data: [1, 2, 3, 4], shape: [2, 2] });
  });

  it("has no op that graph.py does not know", () => {
    const source = readFileSync(path.join(PROGRAMS, "graph.py"), "utf8");
    const known = [...source.matchAll(/^ {4}"([a-z0-9-]+)":/gm)].map(([, name]) => name);
    const needed = Object.keys(operators).filter((name) => name !== "constant");
    expect(known.sort()).toEqual(needed.sort());
  });
});

describe.skipIf(!hasTorch)("in PyTorch", () => {
  it("every op gives what the reference gives", TIMEOUT, async () => {
    const random = new CounterRandom(1);
    let count = 0;
    for (const [op, uses] of Object.entries(examples)) {
      for (const { inputs, build } of uses) {
        const tensors = inputs.map(({ shape }, i) => graphInput(`x${i}`, shape));
        const feeds = Object.fromEntries(
          inputs.map(({ shape, low, high }, i) => {
            const data = new Float32Array(elementCount(shape));
            random.fillUniform(data, count, i, low, high);
            return [`x${i}`, data] as const;
          }),
        );
        const result = build(tensors);
        const expected = evaluate({ result }, feeds).result;
        if (expected === undefined) throw new Error("evaluate gave no result");
        const file = path.join(folder, `ops-${op}-${count++}`);
        writeFileSync(`${file}.json`, JSON.stringify(describeGraph(defineGraph({ result }))));
        const fed = inputs.map(({ shape }, i) => [`x${i}`, floats(shape, feeds[`x${i}`] ?? [])] as const);
        const tensorsOfCase = new Map([...fed, ["expected", floats(expected.shape, expected.data)] as const]);
        writeFileSync(`${file}.safetensors`, writeSafetensors(tensorsOfCase, {}));
      }
    }
    const { stdout, stderr, exitCode } = await start(PYTHON, [path.join(PROGRAMS, "check_ops.py"), folder]);
    // PyTorch says which of its libraries the processor is too old for.
    expect(stderr.replace(/^\[W.*NNPACK.*\n/gm, "")).toBe("");
    expect(stdout).toBe(`${count} examples, 0 wrong\n`);
    expect(exitCode).toBe(0);
  });

  it(
    "a step, its optimizer and the validation are Halfstep's, and a run ends with weights and a log",
    TIMEOUT,
    async () => {
      const at = (name: string): string => path.join(folder, name);
      await packFolder(path.join(PROJECT, "samples"), at("packed"));
      const config = {
        network: {
          type: "halfstep",
          N: 16,
          M: 24,
          structure: { wide: 16, analysis: [1, 1], synthesis: [1, 1], steps: 4, bypass: true, core: 20, knots: 9 },
        },
        surrogate: { rate: { id: "aun" }, distortion: { id: "ste" } },
        lambdaRange: [0.0016, 0.5],
        data: at("packed"),
        batch: 2,
        optimizer: { name: "muon" },
        validation: { crops: 8, size: 64, fraction: 0.2 },
      };
      writeFileSync(at("config.json"), JSON.stringify(config));
      const exportRun = (...words: string[]) => start("npx", ["tsx", path.join(PROGRAMS, "export-run.ts"), ...words]);
      const exported = await exportRun(at("config.json"), at("run"), "--judged", "0.0016,0.128", "--check");
      expect(exported.exitCode, exported.stderr).toBe(0);
      const hard = { ...config, surrogate: { rate: { id: "ste" }, distortion: { id: "ste" } } };
      writeFileSync(at("hard.json"), JSON.stringify(hard));
      const frozen = await exportRun(at("hard.json"), at("hard"), "--frozen", "ga,ha", "--no-weights");
      expect(frozen.exitCode, frozen.stderr).toBe(0);
      const checked = await start(PYTHON, [path.join(PROGRAMS, "check.py"), at("run")]);
      expect(checked.exitCode, checked.stderr + checked.stdout).toBe(0);

      const samples = path.join(PROJECT, "samples");
      const words = [
        ...[at("run"), "--images", samples, "--validation", samples, "--out", at("out")],
        ...["--drawn", samples, "--drawn-share", "0.5", "--seconds", "600", "--steps", "2"],
      ];
      const trained = await start(PYTHON, [path.join(PROGRAMS, "train.py"), ...words]);
      expect(trained.exitCode, trained.stderr).toBe(0);
      const log = JSON.parse(readFileSync(at("out/log.json"), "utf8")) as Record<string, unknown>[];
      expect(log.map(({ step }) => step)).toEqual([undefined, 0, 2]);
      expect(Object.keys(log[1] ?? {})).toEqual(["step", "seconds", "rate", "0.0016..0.5", "0.0016..0.128"]);
      const first = readSafetensors(readFileSync(at("run/weights.safetensors"))).tensors;
      const last = readSafetensors(readFileSync(at("out/average-0.safetensors"))).tensors;
      expect([...last.keys()].sort()).toEqual([...first.keys()].sort());
      const name = "ga.in.weight";
      expect(arrayOf(last, name).data).not.toEqual(arrayOf(first, name).data);

      // One second for the first run, the rest for the second, which leaves the encoder where it found it.
      const both = await start(PYTHON, [
        ...[path.join(PROGRAMS, "train.py"), at("run"), at("hard"), "--shares", "0.001", "0.999"],
        ...["--images", samples, "--validation", samples, "--out", at("both"), "--seconds", "600", "--steps", "60"],
      ]);
      expect(both.exitCode, both.stderr).toBe(0);
      const read = (file: string) => readSafetensors(readFileSync(at(file))).tensors;
      const [before, after] = [read("both/before-ga-ha-0.safetensors"), read("both/average-0.safetensors")];
      expect(arrayOf(after, name).data).toEqual(arrayOf(before, name).data);
      expect(arrayOf(after, "gs.in.weight").data).not.toEqual(arrayOf(before, "gs.in.weight").data);
    },
  );
});
