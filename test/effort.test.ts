/**
 * Effort from outside: whatever the image, a higher effort never costs more, counted in the bytes that are written and the pixels that come back, and
 * every stream is decoded by a codec that knows nothing of it. The models are small ones of drawn weights.
 */
import { describe, expect, it } from "vitest";
import { DESCENT, LAMBDA_FACTOR, stagesOf } from "../src/codec/effort/effort-levels.ts";
import { traceRefinement } from "../src/codec/effort/trace-refinement.ts";
import { openNetwork } from "../src/codec/graphs.ts";
import { lambdaOfField, qualityField } from "../src/codec/quality-setting.ts";
import { CounterRandom } from "../src/engine/index.ts";
import { openGraphOn } from "../src/engine/runtime/open-graph.ts";
import { msSsim } from "../src/evaluate/index.ts";
import type { Image } from "../src/image/image.ts";
import { type Codec, openCodec } from "../src/models/load-codec.ts";
import { HALFSTEP, NETWORKS } from "./support/effort-networks.ts";
import { randomModel } from "./support/random-model.ts";
import { texturedPicture } from "./support/textured-picture.ts";

const [WIDTH, HEIGHT] = [80, 60];

function picture(pixel: (x: number, y: number, c: number) => number): Image {
  const data = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => {
    const place = Math.floor(i / 3);
    return pixel(place % WIDTH, Math.floor(place / WIDTH), i % 3);
  });
  return { width: WIDTH, height: HEIGHT, data };
}

const random = new CounterRandom(7);
const PICTURES: readonly (readonly [string, Image])[] = [
  ["texture", texturedPicture(WIDTH, HEIGHT, 10, 3)],
  ["noise", picture((x, y, c) => random.uint32(0, c, y * WIDTH + x) & 255)],
  ["one colour", picture(() => 77)],
  ["dithering", picture((x, y) => ((x ^ y) & 1 ? 255 : 0))],
  ["a black letter on white", picture((x, y) => (x > 30 && x < 36 && y > 10 && y < 50 ? 0 : 255))],
];
/** Two tiles. */
const TILED = { tileAbovePixels: 1, tileSide: 64 };

function squaredError(a: Image, b: Image): number {
  return a.data.reduce((sum, level, i) => sum + (level - b.data[i]!) ** 2, 0) / 3;
}

/** Bits of the file + lambda * squared error of levels. With MS-SSIM: a tenth of the error, and 0.9 * 1280 * (1 - MS-SSIM) for each pixel. */
async function lossOf(codec: Codec, image: Image, effort: number, quality: number | null): Promise<number> {
  const { bytes } = await codec.encode(image, quality === null ? { effort } : { effort, quality });
  const { lambda, lambdaRange } = codec.model;
  const trained = quality === null || lambdaRange === null ? lambda : lambdaOfField(qualityField(quality), lambdaRange);
  const weight = LAMBDA_FACTOR * trained;
  const decoded = await codec.decode(bytes);
  const { width, height } = image;
  if (codec.model.distortion === "mse" || Math.min(width, height) < 161) {
    return 8 * bytes.length + weight * squaredError(image, decoded);
  }
  const unlike = 0.9 * 1280 * (1 - msSsim(image, decoded)) * width * height;
  return 8 * bytes.length + weight * (0.1 * squaredError(image, decoded) + unlike);
}

describe.each(NETWORKS)("effort with $type", (config) => {
  const loaded = randomModel(config);

  it.each([
    ["whole", {}],
    ["in tiles", TILED],
  ])("never costs more, %s", async (name, limits) => {
    // Every picture opens a graph for each of its tiles: slow networks show one.
    const isSlow = limits === TILED && config !== HALFSTEP;
    const codec = await openCodec(loaded, limits);
    const quality = codec.model.lambdaRange === null ? null : 60;
    let better = 0;
    for (const [what, image] of isSlow ? PICTURES.slice(0, 1) : PICTURES) {
      const before = await lossOf(codec, image, 0, quality);
      const after = await lossOf(codec, image, 1, quality);
      expect(after, `${what}, ${name}`).toBeLessThanOrEqual(before);
      if (after < before) better++;
    }
    // A search that finds nothing anywhere would pass otherwise.
    expect(better).toBeGreaterThan(isSlow ? 0 : 1);
    await codec.close();
  });
});

describe("effort with a model for the eye", () => {
  const loaded = randomModel(HALFSTEP, { distortion: "ms-ssim+mse" });

  it.each([
    ["a picture that is large enough for MS-SSIM", [176, 168], {}],
    ["a picture of two tiles, one of them too small for it", [176, 250], { tileAbovePixels: 1, tileSide: 192 }],
    ["a small picture, where the squared error counts in its place", [WIDTH, HEIGHT], {}],
  ] as const)("never costs more: %s", async (_, [width, height], limits) => {
    const image = texturedPicture(width, height, 10, 3);
    const codec = await openCodec(loaded, limits);
    const [none, one] = [await lossOf(codec, image, 0, 60), await lossOf(codec, image, 1, 60)];
    await codec.close();
    expect(one).toBeLessThan(none);
  });
});

describe("effort", () => {
  const loaded = randomModel(HALFSTEP);
  const image = texturedPicture(WIDTH, HEIGHT, 10, 3);

  it("goes on from a lower effort, so that more never costs more, and gives the same bytes again", async () => {
    const codec = await openCodec(loaded);
    const losses: number[] = [];
    for (const effort of [0, 1, 2]) losses.push(await lossOf(codec, image, effort, 80));
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(losses[2]).toBeLessThan(losses[0]!);
    const [first, second] = [await codec.encode(image, { effort: 2 }), await codec.encode(image, { effort: 2 })];
    expect(first.bytes).toEqual(second.bytes);
    await codec.close();
  });

  it("keeps transparency, and tells how far it is", async () => {
    const codec = await openCodec(loaded);
    const alpha = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH < 20 ? 0 : 255));
    const told: number[] = [];
    const { bytes } = await codec.encode(
      { ...image, alpha },
      { effort: 1, onProgress: ({ iteration, iterations }) => told.push(iteration / iterations) },
    );
    expect((await codec.decode(bytes)).alpha).toEqual(alpha);
    const [iterations] = stagesOf(1);
    expect(told).toEqual(Array.from({ length: iterations! }, (_, i) => i / iterations!));
    await codec.close();
  });

  it("ends with the reason of its signal, and the codec goes on", async () => {
    const codec = await openCodec(loaded);
    const controller = new AbortController();
    const onProgress = ({ iteration }: { readonly iteration: number }): void => {
      if (iteration === 3) controller.abort(new Error("enough"));
    };
    await expect(codec.encode(image, { effort: 9, signal: controller.signal, onProgress })).rejects.toThrow("enough");
    expect((await codec.encode(image, { effort: 1 })).bytes.length).toBeGreaterThan(0);
    await codec.close();
  });

  it("can be asked for by several calls at once", async () => {
    const codec = await openCodec(loaded);
    const other = texturedPicture(64, 100, 10, 4);
    const alone = [await codec.encode(image, { effort: 1 }), await codec.encode(other, { effort: 1 })];
    const together = await Promise.all([codec.encode(image, { effort: 1 }), codec.encode(other, { effort: 1 })]);
    expect(together.map(({ bytes }) => bytes)).toEqual(alone.map(({ bytes }) => bytes));
    await codec.close();
  });

  it("can be looked at: the loss of each iteration, and what is written before and after", async () => {
    const { model } = loaded;
    const runner = await openNetwork(model, openGraphOn("cpu"), 1);
    const seen: number[] = [];
    const iterations = stagesOf(1)[0]!;
    const { before, after } = await traceRefinement(model, runner, image, {
      quality: 80,
      surrogates: DESCENT.surrogates,
      iterations,
      onIteration: (iteration, loss) => {
        expect(iteration).toBe(seen.length);
        seen.push(loss);
      },
    });
    await runner.close();
    expect(seen).toHaveLength(iterations);
    expect(seen.at(-1)).toBeLessThan(seen[0]!);
    // Effort 1 makes the same iterations; a file has its header too, and its error is of pixels that were rounded likewise.
    const codec = await openCodec(loaded);
    const [none, one] = [await lossOf(codec, image, 0, 80), await lossOf(codec, image, 1, 80)];
    await codec.close();
    expect((none - one) / (WIDTH * HEIGHT)).toBeCloseTo(Math.max(0, before - after), 6);
  });

  it("is refused where there is none", async () => {
    const codec = await openCodec(loaded);
    for (const effort of [-1, 10, 1.5, Number.NaN]) {
      await expect(codec.encode(image, { effort })).rejects.toMatchObject({ code: "bad-effort" });
    }
    await codec.close();
    const factorized = await openCodec(randomModel({ type: "factorized-prior", N: 8, M: 8 }));
    expect(() => factorized.checkEncode(image, { effort: 1 })).toThrowError(/has no hyper-latent/);
    expect((await factorized.encode(image, { effort: 0 })).bytes).toEqual((await factorized.encode(image)).bytes);
    await factorized.close();
  });
});
