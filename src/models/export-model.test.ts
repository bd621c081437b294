import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomModelBytes } from "../../test/support/random-model.ts";
import { removeTemporaries } from "../atomic-file.ts";
import { openNetwork } from "../codec/graphs.ts";
import { qualityInput } from "../codec/quality-setting.ts";
import type { FloatArray } from "../engine/index.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import { openSession } from "../engine/runtime/session.ts";
import { exportModel } from "./export-model.ts";
import { loadModelBytes } from "./loaded-model.ts";

const NETWORK = { type: "mean-scale-hyperprior", N: 4, M: 6 } as const;
const bytes = randomModelBytes(NETWORK);
const loaded = loadModelBytes(bytes, "test");

let folder: string;
let file: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-export-"));
  file = path.join(folder, "mine.safetensors");
  out = path.join(folder, "out");
  await writeFile(file, bytes);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Integers, as the exact graphs want them; the others take them too. */
function array(shape: readonly number[]): FloatArray {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => ((i * 7919) % 17) - 8) };
}

async function runFile(name: string, input: string, feed: FloatArray): Promise<ReadonlyMap<string, FloatArray>> {
  const session = await openSession(await readFile(path.join(out, name)));
  try {
    return await session.run(new Map([[input, feed]]));
  } finally {
    await session.close();
  }
}

describe("exportModel", () => {
  it("writes one file for each graph and says what they are", async () => {
    const { graphs, info } = await exportModel(file, out);
    expect(info).toEqual(loaded.info);
    const names = ["analysis.onnx", "synthesis.onnx", "hyper-analysis.onnx", "hyper-synthesis.exact.onnx"];
    expect(graphs.map((graph) => graph.file)).toEqual(names);
    expect((await readdir(out)).sort()).toEqual([...names, "model.json"].sort());
    for (const graph of graphs) expect(graph.bytes).toBe((await readFile(path.join(out, graph.file))).length);
    const description = JSON.parse(await readFile(path.join(out, "model.json"), "utf8"));
    expect(description).toMatchObject({
      format: "halfstep-onnx",
      version: 1,
      name: "random",
      identity: info.identity,
      network: NETWORK,
      lambda: 0.01,
      scaleBound: 0.11,
      graphs: {
        analysis: {
          file: "analysis.onnx",
          exact: false,
          inputs: { image: [1, 3, "height", "width"] },
          outputs: { y: [1, 6, "height / 16", "width / 16"] },
        },
        synthesis: { outputs: { image: [1, 3, "16 * height", "16 * width"] } },
        "hyper-synthesis": { exact: true, file: "hyper-synthesis.exact.onnx" },
      },
    });
    expect(description.thresholds.length).toBeGreaterThan(10);
    expect(description.thresholds).toEqual([...(loaded.model.tables as { thresholds: Float64Array }).thresholds]);
  });

  it("writes files that compute what the codec computes, in images of any size", async () => {
    await exportModel(file, out);
    const runner = await openNetwork(loaded.model, openGraphOn("cpu"), 1);
    for (const [height, width] of [
      [64, 64],
      [128, 192],
    ] as const) {
      const image = array([1, 3, height, width]);
      expect((await runFile("analysis.onnx", "image", image)).get("y")).toEqual(await runner.analysis(image));
      const y = array([1, NETWORK.M, height / 16, width / 16]);
      expect((await runFile("synthesis.onnx", "y", y)).get("image")).toEqual(await runner.synthesis(y));
      expect((await runFile("hyper-analysis.onnx", "y", y)).get("z")).toEqual(await runner.hyperAnalysis(y));
      const z = array([1, NETWORK.N, height / 64, width / 64]);
      const [result] = (await runFile("hyper-synthesis.exact.onnx", "z", z)).values();
      expect(result).toEqual(await runner.entropy("hyper-synthesis", { z }));
    }
    await runner.close();
  });

  it("describes the shapes of a context network, whose positions have channels last", async () => {
    const serial = path.join(folder, "serial.safetensors");
    await writeFile(serial, randomModelBytes({ type: "joint-autoregressive", N: 4, M: 6 }));
    await exportModel(serial, out);
    const { graphs } = JSON.parse(await readFile(path.join(out, "model.json"), "utf8"));
    expect(graphs.position).toMatchObject({ exact: true, file: "position.exact.onnx" });
    const [features] = graphs.position.inputs.features.slice(-1);
    const [neighbours] = graphs.position.inputs.neighbours.slice(-1);
    expect(graphs.position.inputs.features).toEqual([1, 1, "positions", features]);
    expect(graphs.position.outputs.result).toEqual([1, 1, "positions", 12]);
    const session = await openSession(await readFile(path.join(out, "position.exact.onnx")));
    const feeds = new Map([
      ["features", array([1, 1, 9, features])],
      ["neighbours", array([1, 1, 9, neighbours])],
    ]);
    expect((await session.run(feeds)).get("result")?.shape).toEqual([1, 1, 9, 12]);
    await session.close();
  });

  it("writes the transforms of a network of variable rate with a quality to give", async () => {
    const variable = path.join(folder, "variable.safetensors");
    const structure = { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 1 } as const;
    const made = randomModelBytes({ type: "halfstep", N: 8, M: 8, structure });
    await writeFile(variable, made);
    await exportModel(variable, out);
    const { graphs, ...description } = JSON.parse(await readFile(path.join(out, "model.json"), "utf8"));
    expect(description).toMatchObject({ network: { structure }, lambdaRange: [0.0016, 0.128], scaleForm: "log" });
    expect(description.qualityLambdas).toHaveLength(7);
    expect([description.qualityLambdas[0], description.qualityLambdas[6]]).toEqual([0.0016, 0.128]);
    expect(graphs.analysis.inputs).toEqual({ image: [1, 3, "height", "width"], quality: [1, 7] });
    expect(graphs.synthesis.inputs).toEqual({ y: [1, 8, "height", "width"], quality: [1, 7] });
    const runner = await openNetwork(loadModelBytes(made, "test").model, openGraphOn("cpu"), 1);
    const [y, quality] = [array([1, 8, 4, 8]), qualityInput(777, [0.0016, 0.128])];
    const session = await openSession(await readFile(path.join(out, "synthesis.onnx")));
    const feeds = new Map([
      ["y", y],
      ["quality", quality],
    ]);
    expect((await session.run(feeds)).get("image")).toEqual(await runner.synthesis(y, quality));
    await Promise.all([session.close(), runner.close()]);
  });

  it("replaces an earlier export only when it is told to, and nothing else ever", async () => {
    await exportModel(file, out);
    const stray = path.join(out, "stray");
    await writeFile(stray, "");
    await expect(exportModel(file, out)).rejects.toMatchObject({ code: "output-exists", exitCode: 2 });
    await exportModel(file, out, { force: true });
    expect(await readdir(out)).not.toContain("stray");
    const precious = path.join(folder, "precious");
    await mkdir(precious);
    await writeFile(path.join(precious, "photo"), "");
    for (const other of [precious, file]) {
      await expect(exportModel(file, other)).rejects.toMatchObject({ code: "output-exists" });
      await expect(exportModel(file, other, { force: true })).rejects.toMatchObject({ code: "not-an-export" });
    }
    expect(await readdir(precious)).toEqual(["photo"]);
  });

  it("leaves nothing behind when a signal ends it at once, which removes the temporaries", async () => {
    const before = await readdir(folder);
    let during: string[] = [];
    let left: string[] = [];
    // Asked between two files; looks at the disk as an interruption that does not wait would leave it.
    const signal = {
      throwIfAborted: () => {
        during = readdirSync(folder);
        removeTemporaries();
        left = readdirSync(folder);
        throw new Error("enough");
      },
    } as unknown as AbortSignal;
    await expect(exportModel(file, out, { signal })).rejects.toThrow("enough");
    expect(during.length).toBe(before.length + 1);
    expect(left).toEqual(before);
  });

  it("leaves nothing behind when it cannot finish", async () => {
    const before = await readdir(folder);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(exportModel(file, out, { signal })).rejects.toThrow("enough");
    await expect(exportModel(path.join(folder, "none.safetensors"), out)).rejects.toMatchObject({
      code: "missing-model",
    });
    await expect(exportModel(file, path.join(folder, "no", "parent"))).rejects.toMatchObject({
      code: "no-output-folder",
    });
    expect(await readdir(folder)).toEqual(before);
  });
});
