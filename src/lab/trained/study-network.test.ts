import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { arrayOf, CounterRandom } from "../../engine/index.ts";
import { openGraphOn } from "../../engine/runtime/open-graph.ts";
import { encodePng } from "../../image/read-image.ts";
import { createNetwork, initializeParameters, ParameterScope } from "../../networks/index.ts";
import { networkObjective } from "../../objective/network-objective.ts";
import { ROUNDING } from "../../objective/surrogate-inputs.ts";
import { saveCheckpoint } from "../../train/checkpoint.ts";
import { parseConfig } from "../../train/parse-config.ts";
import { bySamples } from "../estimate.ts";
import { findPairs } from "../running/surrogate-pairs.ts";
import { GradientMoments } from "./gradient-moments.ts";
import { networkOfRun, readCrops } from "./network-inputs.ts";
import { relativeFigures } from "./relative-figures.ts";
import { type ImageCrop, type StudiedNetwork, studyNetwork } from "./study-network.ts";

// Seconds of arithmetic, on machines that may be busy with training runs.
vi.setConfig({ testTimeout: 120_000 });

const SIDE = 64;
const config = parseConfig(
  JSON.stringify({ data: "unused", network: { type: "mean-scale-hyperprior", N: 8, M: 8 }, lambda: 0.01 }),
  [],
  "test",
);
const { parameters } = networkObjective(config, ROUNDING, { batch: 1, side: SIDE });
const network: StudiedNetwork = { config, weights: initializeParameters(parameters, 3) };

function crop(seed: number): ImageCrop {
  const data = new Float32Array(3 * SIDE * SIDE);
  new CounterRandom(seed).fillUniform(data, 0, 0, 0, 1);
  return { name: `noise ${seed}`, pixels: { shape: [1, 3, SIDE, SIDE], data } };
}

const open = openGraphOn("cpu");

describe("studyNetwork", () => {
  it("finds no mismatch and no gradient noise in straight-through rounding, and both in additive noise", async () => {
    const study = await studyNetwork(
      network,
      [crop(1), crop(2)],
      { pairs: findPairs(["ste", "aun", "mixed"]), draws: 3 },
      open,
    );
    const [ste, aun, mixed] = study.pairs;
    expect(ste?.lossMismatch.value).toBe(0);
    expect(ste?.encoderGradientVariance).toBe(0);
    expect(ste?.soft.loss).toBeCloseTo(study.hard.loss, 6);
    expect(aun?.encoderGradientVariance).toBeGreaterThan(0);
    expect(aun?.rateMismatch.value).not.toBe(0);
    // The decoder of the mixed pair sees what the codec's decoder sees; its entropy model does not.
    expect(mixed?.distortionMismatch.value).toBeCloseTo(0, 9);
    expect(mixed?.rateMismatch.value).not.toBe(0);
    if (aun === undefined) throw new Error("no figures");
    const relative = relativeFigures(aun, study.hard);
    expect(relative.relativeMismatch * study.hard.loss).toBeCloseTo(aun.lossMismatch.value, 9);
    expect(relative.low).toBeLessThanOrEqual(relative.relativeMismatch);
  });

  it("shows a network of variable rate each image at a quality of its own", async () => {
    const variable = parseConfig(
      JSON.stringify({
        data: "unused",
        network: {
          type: "halfstep",
          N: 8,
          M: 8,
          structure: { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps: 2 },
        },
        lambdaRange: [0.002, 0.1],
      }),
      [],
      "test",
    );
    const graph = networkObjective(variable, ROUNDING, { batch: 1, side: SIDE });
    const small: StudiedNetwork = { config: variable, weights: initializeParameters(graph.parameters, 1) };
    const rateOf = async (...crops: readonly ImageCrop[]): Promise<number> =>
      (await studyNetwork(small, crops, { pairs: findPairs(["ste"]), draws: 2 }, open)).hard.bitsPerPixel;
    const alone = await rateOf(crop(1));
    // The second of two equal images is coded better than the first.
    expect((await rateOf(crop(1), crop(1))) - alone).toBeGreaterThan(0.01 * alone);
    const { pairs, hard } = await studyNetwork(
      small,
      [crop(1), crop(2)],
      { pairs: findPairs(["ste", "aun"]), draws: 2 },
      open,
    );
    expect(pairs[0]?.lossMismatch.value).toBeCloseTo(0, 6);
    expect(pairs[1]?.soft.loss).not.toBe(hard.loss);
  });

  it("takes its intervals over images, however many draws each has", async () => {
    // Without noise all draws of an image are equal: more of them tell nothing new.
    const pairs = findPairs(["danneal"]);
    const crops = [crop(1), crop(2)];
    const intervalOf = async (draws: number, some: readonly ImageCrop[]) =>
      (await studyNetwork(network, some, { pairs, draws, temperature: 1 }, open)).pairs[0]?.lossMismatch;
    const alone = await Promise.all(crops.map((one) => intervalOf(2, [one])));
    const few = await intervalOf(2, crops);
    expect(few).toEqual(bySamples(alone.map((one) => one?.value ?? Number.NaN)));
    expect(few?.high).toBeGreaterThan(few?.value ?? Number.NaN);
    expect(await intervalOf(4, crops)).toEqual(few);
    expect(alone[0]).toMatchObject({ low: null, high: null });
  });

  it("measures bias against the mean gradient of another pair: none for its own, much for one that leaves the noise out", async () => {
    const [aun, ste] = findPairs(["aun", "ste"]);
    if (aun === undefined || ste === undefined) throw new Error("no pairs");
    const options = { pairs: [aun, ste], draws: 24, biasAgainst: aun };
    const study = await studyNetwork(network, [crop(1), crop(2)], options, open);
    const [own, other] = study.pairs;
    const scale = own?.encoderGradientSquared ?? Number.NaN;
    // Of 24 draws a share of variance / 24 is left, which may fall to either side of nothing.
    const noise = (own?.encoderGradientVariance ?? Number.NaN) / 24;
    expect(Math.abs(own?.encoderGradientBias ?? Number.NaN)).toBeLessThan(noise);
    expect(other?.encoderGradientBias).toBeGreaterThan(4 * noise);
    expect(other?.encoderGradientBias).toBeLessThan(4 * scale);
    const without = await studyNetwork(network, [crop(1)], { pairs: [ste], draws: 2 }, open);
    expect(without.pairs[0]).not.toHaveProperty("encoderGradientBias");
  });

  it("gives the same figures for the same seed", async () => {
    const options = { pairs: findPairs(["sga"]), draws: 2, seed: 9 };
    const first = await studyNetwork(network, [crop(1)], options, open);
    expect(await studyNetwork(network, [crop(1)], options, open)).toEqual(first);
  });

  it("runs every pair of both networks without gradients that are not finite", async () => {
    const { SURROGATE_PAIRS } = await import("../running/surrogate-pairs.ts");
    const factorized = parseConfig(
      JSON.stringify({ data: "unused", network: { type: "factorized-prior", N: 4, M: 4 } }),
      [],
      "test",
    );
    const scope = ParameterScope.training();
    expect(createNetwork(factorized.network).encoderScopes).toEqual(["ga"]);
    const graph = networkObjective(factorized, ROUNDING, { batch: 1, side: SIDE });
    const small: StudiedNetwork = { config: factorized, weights: initializeParameters(graph.parameters, 1) };
    expect(scope.specs).toHaveLength(0);
    const pairs = SURROGATE_PAIRS.filter(({ hardFrom }) => hardFrom === null);
    const study = await studyNetwork(small, [crop(4)], { pairs, draws: 2 }, open);
    for (const figures of study.pairs) {
      for (const value of [figures.soft.loss, figures.gradientVariance, figures.gradientSquared]) {
        expect(Number.isFinite(value), figures.pair).toBe(true);
      }
    }
  });

  it("refuses one draw, which has no variance, and no image", async () => {
    const pairs = findPairs(["aun"]);
    await expect(studyNetwork(network, [crop(1)], { pairs, draws: 1 }, open)).rejects.toThrow("got 1 draws");
    await expect(studyNetwork(network, [], { pairs }, open)).rejects.toThrow("got no image");
  });
});

describe("GradientMoments", () => {
  it("has the squared distance of two means, without what their noise adds", () => {
    const of = (...draws: readonly number[]): GradientMoments => {
      const moments = new GradientMoments();
      for (const value of draws) moments.add(new Map([["w", Float32Array.of(value)]]));
      return moments;
    };
    // Means 2 and 7; variances 2 and 8, of two draws each.
    expect(of(1, 3).squaredDistance(of(5, 9))).toBe(25 - 1 - 4);
    expect(of(1, 3).squaredDistance(of(3, 1))).toBe(-2);
    const other = new GradientMoments();
    other.add(new Map([["v", Float32Array.of(1)]]));
    expect(() => of(1, 3).squaredDistance(other)).toThrow('got no "w" in the other');
  });

  it("has the variance and the squared mean of the draws, the latter without the noise of the mean", () => {
    const moments = new GradientMoments();
    for (const draw of [
      [1, 10],
      [3, 10],
      [5, 13],
    ]) {
      moments.add(new Map([["w", Float32Array.from(draw)]]));
    }
    expect(moments.variance).toBeCloseTo(4 + 3, 10);
    expect(moments.squaredMean).toBeCloseTo(9 + 121 - 7 / 3, 10);
  });
});

describe("networkOfRun and readCrops", () => {
  it("read what a run wrote, and the middle of images", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "halfstep-lab-"));
    try {
      const zeros = new Map(
        [...network.weights].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
      );
      saveCheckpoint(folder, {
        step: 12,
        config,
        state: { weights: zeros, firstMoments: zeros, secondMoments: zeros, ema: network.weights },
      });
      const read = await networkOfRun(folder);
      expect(read.step).toBe(12);
      expect(arrayOf(read.weights, "ga.conv0.weight").data).toEqual(arrayOf(network.weights, "ga.conv0.weight").data);

      const data = new Uint8Array(3 * 70 * 66);
      data[3 * (1 * 70 + 3) + 1] = 255;
      await writeFile(path.join(folder, "a.png"), await encodePng({ width: 70, height: 66, data }));
      await writeFile(
        path.join(folder, "b.png"),
        await encodePng({ width: 20, height: 20, data: new Uint8Array(1200) }),
      );
      const crops = await readCrops([folder], 64, 5);
      expect(crops.map(({ name }) => name)).toEqual(["a.png"]);
      // Left 3, top 1: the green pixel is the first of the square.
      expect(crops[0]?.pixels.data[64 * 64]).toBe(1);
      await expect(readCrops([folder], 128, 5)).rejects.toThrow("at least 128 x 128");
      await expect(readCrops([path.join(folder, "c.png")], 64, 5)).rejects.toThrow("ENOENT");
      await expect(networkOfRun(path.join(folder, "a.png"))).rejects.toThrow("got a file");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
