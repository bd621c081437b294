/**
 * One bitstream on every machine: each runtime writes streams, each reads all of them. The integers of the latents, the scales and the
 * means must be equal bit by bit, and pixels may differ by one level. WebGPU is computed by SwiftShader, a graphics card in software.
 *
 * Needs Debian's chromium for the runtimes in a browser and on WebGPU; says so and goes on without them where it is missing.
 */

import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Image } from "../src/image/image.ts";
import { listModels } from "../src/node.ts";
import { PROJECT } from "./support/child-program.ts";
import { pictureModelBytes } from "./support/picture-model.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { openRuntimes, type Runtimes, runMatrix } from "./support/runtime-matrix.ts";

const HYPERPRIOR = pictureModelBytes({ type: "mean-scale-hyperprior", N: 16, M: 24 });
const FACTORIZED = pictureModelBytes({ type: "factorized-prior", N: 16, M: 24 });
const AUTOREGRESSIVE = pictureModelBytes({ type: "joint-autoregressive", N: 16, M: 24 });
/** Ten slices of four channels, the fewest that WebGPU takes. */
const BY_CHANNELS = pictureModelBytes({ type: "channel-conditional", N: 16, M: 40 });
/** Begins as a cosine transform: its pictures are pictures as they are drawn. WebGPU takes channels in multiples of 4 only. */
const TWO_GROUPS = randomModelBytes({
  type: "halfstep",
  N: 16,
  M: 112,
  structure: { wide: 96, analysis: [1, 1], synthesis: [1, 1], steps: 4, bypass: true, core: 80 },
});
const TILED = { tileAbovePixels: 1, tileSide: 64 };
/** The smallest shipped model, if this copy has its weights. */
const [smallest] = (await listModels()).toSorted((a, b) => a.byteLength - b.byteLength);
const trained =
  smallest === undefined
    ? []
    : [new Uint8Array(await readFile(path.join(PROJECT, "weights", `${smallest.name}.safetensors`)))];

/** A sample photograph, scaled down. */
async function photograph(name: string, width: number): Promise<Image> {
  const { data, info } = await sharp(path.join(PROJECT, "samples", `${name}.png`))
    .resize({ width })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

let runtimes: Runtimes;

beforeAll(async () => {
  runtimes = await openRuntimes();
  for (const what of runtimes.missing) process.stderr.write(`runtimes.test.ts: not tested here: ${what}\n`);
});

afterAll(async () => {
  await runtimes.close();
});

describe("a stream that one runtime writes is the same to every other", () => {
  it.each([
    ["of a hyperprior", HYPERPRIOR, "fig", 90, {}],
    ["of a hyperprior whose hyper-latent is 1x1", HYPERPRIOR, "stream", 60, {}],
    ["of a hyperprior in tiles", HYPERPRIOR, "dogs", 70, TILED],
    ["of an autoregressive context", AUTOREGRESSIVE, "fig", 60, {}],
    ["of a context of channels, in tiles", BY_CHANNELS, "fig", 70, TILED],
    ["of checkerboards of two groups, at the default quality", TWO_GROUPS, "fig", 90, {}],
    ["of a network without hyper-latent", FACTORIZED, "mountains", 80, {}],
    ...trained.map((model) => ["of a trained model", model, "fig", 60, {}] as const),
  ] as const)("%s", { timeout: 300_000 }, async (_name, model, name, width, options) => {
    const image = await photograph(name, width);
    await Promise.all([...runtimes.codecs.values()].map((codec) => codec.use(model, options)));
    const result = await runMatrix(runtimes.codecs, image);
    expect(result.differences).toEqual([]);
    expect(result.largestStep).toBeLessThanOrEqual(1);
    expect(result.pairs).toBe(runtimes.codecs.size ** 2);
    expect(result.integers).toBeGreaterThanOrEqual(result.pairs * 24 * 16);
    expect(result.unclipped).toBeGreaterThan(0.5);
  });
});
