/** Channels of y beyond the core through a whole codec: left out where they have nothing to say, coded where they have. */
import { afterAll, describe, expect, it } from "vitest";
import { randomModel } from "../../test/support/random-model.ts";
import { CounterRandom } from "../engine/index.ts";
import type { Image } from "../image/image.ts";
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
/** One tile of noise, the rest flat. */
const half = image(192, 64, (x, _y, i) => (x < 64 ? random.uint32(0, 0, i) & 255 : 128));

describe("channels that may be left out", () => {
  const model = randomModel(NETWORK);
  const whole = openCodec(model, { threads: 1 });
  const tiled = openCodec(model, { threads: 1, tileAbovePixels: 1, tileSide: 64 });
  afterAll(async () => {
    for (const codec of [whole, tiled]) await (await codec).close();
  });

  it("are coded in noise at the best quality, which comes back better than at a lower one", async () => {
    const codec = await whole;
    const squaredError = (a: Image, b: Image): number =>
      a.data.reduce((sum, value, i) => sum + (value - (b.data[i] as number)) ** 2, 0) / a.data.length;
    const [best, low] = [await codec.encode(noise, { quality: 100 }), await codec.encode(noise, { quality: 0 })];
    expect(squaredError(await codec.decode(best.bytes), noise)).toBeLessThan(
      squaredError(await codec.decode(low.bytes), noise),
    );
    expect(best.bytes.length).toBeGreaterThan(4 * low.bytes.length);
  });

  it("cost nothing where nothing is there", async () => {
    const codec = await whole;
    const { bytes, estimatedBits } = await codec.encode(flat, { quality: 100, estimate: true });
    expect(8 * bytes.length).toBeLessThan(1.01 * (estimatedBits as number) + 8 * 64);
    expect((await codec.decode(bytes)).data.length).toBe(flat.data.length);
  });

  it("are told tile by tile, and come back alike in one that has them and one that has not", async () => {
    const codec = await tiled;
    const { bytes } = await codec.encode(half, { quality: 100 });
    const decoded = await codec.decode(bytes);
    const again = await codec.decode((await codec.encode(half, { quality: 100 })).bytes);
    expect(again).toEqual(decoded);
    expect(decoded.width).toBe(half.width);
  });
});
