/** Channels of y beyond the core through a whole codec: left out where they have nothing to say, coded where they have. */
import { afterAll, describe, expect, it } from "vitest";
import { randomModel } from "../../test/support/random-model.ts";
import { informationCount } from "../codec/estimate/information-count.ts";
import { openNetwork } from "../codec/graphs.ts";
import { hyperpriorCoder } from "../codec/latents/hyperprior-coder.ts";
import { qualityInput } from "../codec/quality-setting.ts";
import { FeatureMap } from "../codec/tiling/feature-map.ts";
import { TiledMap } from "../codec/tiling/tiled-map.ts";
import { CounterRandom } from "../engine/index.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import type { Image } from "../image/image.ts";
import { createNetwork } from "../networks/create-network.ts";
import type { HyperpriorNetwork } from "../networks/network.ts";
import { openCodec } from "./load-codec.ts";

const NETWORK = {
  type: "halfstep",
  N: 16,
  M: 96,
  structure: { wide: 16, analysis: [1, 1], synthesis: [1, 1], steps: 4, bypass: true, core: 24, knots: 9 },
} as const;

function image(width: number, height: number, pixel: (x: number, y: number, i: number) => number): Image {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const place = Math.floor(i / 3);
    return pixel(place % width, Math.floor(place / width), i);
  });
  return { width, height, data };
}

const random = new CounterRandom(5);
const flat = image(96, 64, () => 128);
const noise = image(96, 64, (_x, _y, i) => random.uint32(0, 0, i) & 255);
const { M } = NETWORK;
const { core } = NETWORK.structure;
const TILE = 4;

/** y of two tiles side by side: all of the core is 1, and so is one channel beyond it in the tiles that are named. */
function latents(loudTiles: readonly number[]): FeatureMap {
  const y = new FeatureMap(M, TILE, 2 * TILE);
  y.data.fill(1, 0, core * TILE * 2 * TILE);
  for (let i = 0; i < TILE * 2 * TILE; i++) {
    const tile = Math.floor((i % (2 * TILE)) / TILE);
    if (loudTiles.includes(tile)) y.data[(core + 5) * TILE * 2 * TILE + i] = 7;
  }
  return y;
}

describe("channels that may be left out", () => {
  const loaded = randomModel(NETWORK);
  const opened = openCodec(loaded, { threads: 1 });
  const runner = openNetwork(loaded.model, openGraphOn("cpu"), 1);
  afterAll(async () => {
    await (await opened).close();
    await (await runner).close();
  });

  async function through(y: FeatureMap, leaveOutNothing = false) {
    const { model } = loaded;
    if (model.tables.coding !== "hyperprior") throw new Error("a halfstep has a hyper-latent");
    const network = createNetwork(model.network) as HyperpriorNetwork;
    const coder = hyperpriorCoder(model, model.tables, network, await runner);
    const count = informationCount(model, network);
    const options = { tileSize: 16 * TILE, listener: count, bitsPerSquaredStep: 40, leaveOutNothing };
    const sections = await coder.encode(TiledMap.of(y), options);
    const whole = { top: 0, left: 0, height: y.height, width: y.width };
    const yHat = await coder.decode(sections, y.height, y.width, options).use(whole, async ({ data, shape }) => {
      return new FeatureMap(shape[1]!, y.height, y.width, data.slice());
    });
    return { yHat, bytes: sections.reduce((sum, section) => sum + section.length, 0), estimatedBits: count.bits };
  }

  it("are not there at all where no tile has anything to say in them", async () => {
    const { yHat } = await through(latents([]));
    expect(yHat.channels).toBe(core);
  });

  it("come back within a step where a tile has them, and are 0 where another has not", async () => {
    for (const loud of [0, 1]) {
      const { yHat } = await through(latents([loud]));
      expect(yHat.channels).toBe(M);
      const { data: quiet } = yHat.read({ top: 0, left: TILE * (1 - loud), height: TILE, width: TILE });
      expect(quiet.subarray(core * TILE ** 2).every((value) => value === 0)).toBe(true);
      const { data } = yHat.read({ top: 0, left: TILE * loud, height: TILE, width: TILE });
      const channel = (at: number) => [...data.subarray(at * TILE ** 2, (at + 1) * TILE ** 2)];
      // Economical rounding may take the farther of two integers.
      for (const value of channel(core + 5)) expect(Math.abs(value - 7)).toBeLessThanOrEqual(1);
      expect(channel(core + 4)).toEqual(new Array(TILE ** 2).fill(0));
    }
  });

  it("are all there when nothing may be left out, which costs more", async () => {
    const [all, chosen] = [await through(latents([]), true), await through(latents([]))];
    expect(all.yHat.channels).toBe(M);
    expect(all.bytes).toBeGreaterThan(chosen.bytes);
    expect(all.yHat.data.subarray(0, core * TILE * 2 * TILE)).toEqual(chosen.yHat.data);
  });

  it("let noise come back better at the best quality than at the lowest, through streams", async () => {
    const codec = await opened;
    const squaredError = (a: Image, b: Image): number =>
      a.data.reduce((sum, value, i) => sum + (value - b.data[i]!) ** 2, 0) / a.data.length;
    const [best, low] = [await codec.encode(noise, { quality: 100 }), await codec.encode(noise, { quality: 0 })];
    expect(squaredError(await codec.decode(best.bytes), noise)).toBeLessThan(
      squaredError(await codec.decode(low.bytes), noise),
    );
    expect(best.bytes.length).toBeGreaterThan(4 * low.bytes.length);
  });

  it("open the synthesis that knows them when they are there, once for calls that come together, and again after a failure", async () => {
    const open = openGraphOn("cpu");
    let [opened, failures] = [0, 1];
    const lazy = await openNetwork(
      loaded.model,
      (graph, options) => {
        const input = graph.inputs.get("y");
        if (graph.outputs.has("image") && input?.shape[1] === M) {
          opened++;
          if (failures-- > 0) return Promise.reject(new Error("no memory"));
        }
        return open(graph, options);
      },
      1,
    );
    const quality = qualityInput(501, [0.0016, 0.5], NETWORK.structure.knots);
    const synthesis = (channels: number) =>
      lazy.synthesis({ data: new Float32Array(channels * 16), shape: [1, channels, 4, 4] }, quality);
    await synthesis(core);
    expect(opened).toBe(0);
    await expect(synthesis(M)).rejects.toThrow("no memory");
    const [one, other] = await Promise.all([synthesis(M), synthesis(M)]);
    expect(one).toEqual(other);
    expect(opened).toBe(2);
    await lazy.close();
    await expect(synthesis(M)).rejects.toThrow(/after the end/);
  });

  it("leave the estimate honest where none is there", async () => {
    const codec = await opened;
    const { bytes, estimatedBits } = await codec.encode(flat, { quality: 100, estimate: true });
    expect(8 * bytes.length).toBeLessThan(1.01 * (estimatedBits as number) + 8 * 64);
  });
});
