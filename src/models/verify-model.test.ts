import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomModel, randomModelBytes } from "../../test/support/random-model.ts";
import type { FloatArray, OpenGraph } from "../engine/index.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import { loadModelBytes } from "./loaded-model.ts";
import { verifyModel, verifyPictures } from "./verify-model.ts";

const HYPERPRIOR = { type: "mean-scale-hyperprior", N: 4, M: 6 } as const;
const FACTORIZED = { type: "factorized-prior", N: 4, M: 6 } as const;
const bytes = randomModelBytes(HYPERPRIOR);
const { identity } = loadModelBytes(bytes, "test").info;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-verify-"));
  file = path.join(folder, "mine.safetensors");
  await writeFile(file, bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The processor with a fault: outputs of the runs of one graph are changed, from a given run on. */
function faulty(output: string, from: number, change: (data: Float32Array) => void): OpenGraph {
  let runs = 0;
  return async (graph, options) => {
    const session = await openGraphOn("cpu")(graph, options);
    if (!graph.outputs.has(output)) return session;
    return {
      async run(feeds: ReadonlyMap<string, FloatArray>) {
        const outputs = await session.run(feeds);
        if (runs++ >= from) for (const { data } of outputs.values()) change(data);
        return outputs;
      },
      close: () => session.close(),
    };
  };
}

const verifyOn = (open: OpenGraph) => verifyPictures(randomModel(HYPERPRIOR), "mine on it", open, 1);

describe("verifyModel", () => {
  it("counts what it compared, with the latents of both directions", async () => {
    const verified = await verifyModel(file, { threads: 2, identity: identity.slice(0, 16).toUpperCase() });
    expect(verified).toMatchObject({ device: "cpu", threads: 2, exactGraphs: ["hyper-synthesis"] });
    expect(verified.info.identity).toBe(identity);
    const [small, large] = verified.pictures;
    // 6 channels, 64 x 64 and 256 x 192 pixels after padding, over 16 x 16.
    expect(small).toMatchObject({ width: 48, height: 40, latents: 2 * 6 * 4 * 4, levels: 2 * 3 * 48 * 40 });
    expect(large).toMatchObject({ width: 200, height: 136, latents: 2 * 6 * 16 * 12, levels: 2 * 3 * 200 * 136 });
    for (const { bytes: length } of verified.pictures) expect(length).toBeGreaterThan(40);
  });

  it("codes each picture with the least and the best quality of a model of variable rate", async () => {
    const variable = path.join(folder, "variable.safetensors");
    const structure = { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 2 } as const;
    await writeFile(variable, randomModelBytes({ type: "halfstep", N: 8, M: 8, structure }));
    const { exactGraphs, pictures } = await verifyModel(variable, { threads: 2 });
    expect(exactGraphs).toEqual(["hyper-synthesis", "first0", "group0"]);
    expect(pictures.map(({ width, quality }) => [width, quality])).toEqual([
      [48, 0],
      [48, 100],
      [200, 0],
      [200, 100],
    ]);
    const [least = 0, best = 0] = pictures.slice(2).map(({ bytes: length }) => length);
    expect(best).toBeGreaterThan(1.5 * least);
  });

  it("knows that a network without hyper-latent has nothing exact", async () => {
    const factorized = path.join(folder, "factorized.safetensors");
    await writeFile(factorized, randomModelBytes(FACTORIZED));
    expect((await verifyModel(factorized)).exactGraphs).toEqual([]);
  });

  it("refuses another identity, and an identity that is none", async () => {
    await expect(verifyModel(file, { identity: "01234567" })).rejects.toMatchObject({
      code: "wrong-identity",
      exitCode: 1,
      message: expect.stringContaining(identity),
    });
    for (const none of ["", "0123", "xyzxyzxyz", `${identity}0`]) {
      await expect(verifyModel(file, { identity: none })).rejects.toMatchObject({ code: "bad-identity", exitCode: 2 });
    }
  });

  it("refuses a damaged file, and one that is not there", async () => {
    const damaged = path.join(folder, "damaged.safetensors");
    await writeFile(damaged, bytes.subarray(0, bytes.length - 100));
    await expect(verifyModel(damaged)).rejects.toMatchObject({ code: "bad-safetensors" });
    await expect(verifyModel(path.join(folder, "none.safetensors"))).rejects.toMatchObject({ code: "missing-model" });
  });
});

describe("a device", () => {
  it("may differ in what is not exact, by a level", async () => {
    const analysis = faulty("y", 0, (data) => data.set(data.map((value) => value * 1.3)));
    expect((await verifyOn(analysis)).every(({ differingLevels }) => differingLevels === 0)).toBe(true);
    const synthesis = faulty("image", 0, (data) => data.set(data.map((value) => value + 0.4 / 255)));
    const pictures = await verifyOn(synthesis);
    expect(pictures.some(({ differingLevels }) => differingLevels > 0)).toBe(true);
  });

  it("that computes pixels wrongly is found out", async () => {
    const shifted = faulty("image", 0, (data) => data.set([0.5, 0.5, 0.5], data.length >> 1));
    await expect(verifyOn(shifted)).rejects.toMatchObject({
      code: "verification-failed",
      exitCode: 1,
      message: expect.stringMatching(/^mine on it: got \d+ of 5760 levels more than one from the processor's/),
    });
  });

  it("that fails the self-test is found out", async () => {
    const wrong = faulty("result", 0, (data) => data.fill(data[0]! + 1, 0, 1));
    await expect(verifyOn(wrong)).rejects.toMatchObject({ code: "inexact-engine" });
  });

  it("that passes the self-test and is wrong afterwards is found out by latents or by a stream that does not decode", async () => {
    // Scales far off: whoever decodes with others reads other symbols.
    const wrong = faulty("result", 1, (data) => data.set(data.map((value) => value + 7)));
    await expect(verifyOn(wrong)).rejects.toMatchObject({
      code: "verification-failed",
      message: expect.stringMatching(/got (\d+ of \d+ latents unlike the processor's|a stream that does not decode)/),
    });
  });
});
