/**
 * Images that go through the codec in tiles and by bands of rows: the same symbols, bytes and pixels as the whole image, and no
 * more of the pixels asked for than a row of tiles needs. With a shipped model: rounding errors of other sizes matter only in
 * latents as large as trained ones.
 */

import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NetworkRunner, openNetwork } from "../src/codec/graphs.ts";
import { createImageCodec, type ImageCodec, type ImageCodecOptions } from "../src/codec/image-codec.ts";
import type { FloatArray } from "../src/engine/index.ts";
import { openGraphOn } from "../src/engine/runtime/open-graph.ts";
import { type ImageSource, imageSource, wholeImage } from "../src/image/image-rows.ts";
import { readImage } from "../src/image/read-image.ts";
import { findModel, type LoadedModel } from "../src/models/model-files.ts";
import { createNetwork } from "../src/networks/create-network.ts";
import { PROJECT } from "./support/child-program.ts";
import { randomModel } from "./support/random-model.ts";

const SIDE = 128;
/** With it, the tiles of the analysis end elsewhere than those of the stream: 192 is no multiple of what the hyper-latent looks at. */
const OTHER_SIDE = 192;
const { image } = await readImage(path.join(PROJECT, "samples", "fig.png"));

/** The image, noting what is asked for; a band is wiped out when the next one is asked for, as {@link ImageSource} allows. */
function watched(asked: [top: number, count: number][]): ImageSource {
  const source = imageSource(image);
  let last = new Uint8Array(0);
  return {
    ...source,
    async readRows(top, count) {
      asked.push([top, count]);
      last.fill(0);
      last = Uint8Array.from(await source.readRows(top, count));
      return last;
    },
  };
}

/** Whether arrays have the same bytes; vitest's own comparison takes seconds for millions of elements. */
const same = (a: Uint8Array | Float32Array, b: Uint8Array | Float32Array): boolean =>
  Buffer.compare(
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

/**
 * How far from the edge of a tile the missing neighbours show in two groups of channels, each a checkerboard: one element in the first
 * group, two in what the second hears of it and in its even sites, three in its odd sites.
 */
const EDGE = 3;

/**
 * Latents of a checkerboard context, which ends at tiles (FORMAT.md): elements near the edge of a tile lack neighbours and may have another
 * mean, so that another value within half a step of y is the nearest. All others are equal.
 */
function expectEqualButAtEdges(
  found: Float32Array,
  expected: Float32Array,
  { channels, side }: { readonly channels: number; readonly side: number },
): void {
  const width = Math.ceil(image.width / 64) * 4;
  const area = expected.length / channels;
  const inTile = side / 16;
  const isEdge = (place: number): boolean => place % inTile < EDGE || place % inTile >= inTile - EDGE;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!);
    const [row, column] = [Math.floor((i % area) / width), (i % area) % width];
    const allowed = isEdge(row) || isEdge(column) ? 1.0001 : 0;
    if (difference > allowed) expect.fail(`element ${row}, ${column}: differs by ${difference}`);
  }
}

describe.each([
  {
    name: "a drawn model without a context",
    hasContext: false,
    load: async () => randomModel({ type: "mean-scale-hyperprior", N: 16, M: 24 }),
  },
  { name: "halfstep-1", hasContext: true, load: () => findModel("halfstep-1") },
])("with $name", ({ hasContext, load }) => {
  let loaded: LoadedModel;
  let runner: NetworkRunner;
  /** What the synthesis was given last. */
  let latents: FloatArray | undefined;
  beforeAll(async () => {
    loaded = await load();
    const opened = await openNetwork(loaded.model, openGraphOn("cpu"), 1);
    runner = {
      ...opened,
      synthesis: (yHat, quality) => {
        latents = yHat;
        return opened.synthesis(yHat, quality);
      },
    };
  });
  afterAll(() => runner.close());

  const codecOf = (options: ImageCodecOptions): ImageCodec =>
    createImageCodec(loaded.model, loaded.identity, runner, options);
  const whole = (): ImageCodec => codecOf({});
  const tiled = (side = SIDE): ImageCodec => codecOf({ tileAbovePixels: 1, tileSide: side });

  describe("an image in tiles", () => {
    it.each([SIDE, OTHER_SIDE])("of %i pixels has the symbols of the whole image, and no seam", async (side) => {
      const latentsOf = async (bytes: Uint8Array): Promise<Float32Array> => {
        latents = undefined;
        await whole().decode(bytes);
        return (latents as unknown as FloatArray).data;
      };
      const inTiles = (await tiled(side).encode(image, { bitsPerSquaredStep: Infinity })).bytes;
      const expected = await latentsOf((await whole().encode(image, { bitsPerSquaredStep: Infinity })).bytes);
      expect(expected.filter((level) => level !== 0).length).toBeGreaterThan(5000);
      const found = await latentsOf(inTiles);
      if (hasContext) expectEqualButAtEdges(found, expected, { channels: loaded.model.network.M, side });
      else expect(same(found, expected)).toBe(true);

      const [a, b] = [(await whole().decode(inTiles)).data, (await tiled(side).decode(inTiles)).data];
      const different = a.reduce((sum, level, i) => sum + (level === b[i] ? 0 : 1), 0);
      const largest = a.reduce((most, level, i) => Math.max(most, Math.abs(level - b[i]!)), 0);
      expect(largest).toBeLessThanOrEqual(1);
      expect(different).toBeLessThan(a.length / 10_000);
    });
  });

  describe("an image by bands of rows", () => {
    it("gives the bytes of the image at once, from bands no higher than a tile, what is looked at below it, and their surroundings", async () => {
      const { halos } = createNetwork(loaded.model.network);
      const asked: [number, number][] = [];
      const { bytes, bitsPerPixel } = await tiled().encodeFrom(watched(asked));
      const expected = await tiled().encode(image);
      expect(bitsPerPixel).toBe(expected.bitsPerPixel);
      expect(same(bytes, expected.bytes)).toBe(true);
      expect(asked.length).toBeLessThanOrEqual(Math.ceil(image.height / SIDE));
      expect(asked.length).toBeGreaterThan(2);
      const lookAhead = 4 * (halos.hyperSynthesis + Math.ceil(halos.hyperAnalysis / 4));
      const highest = SIDE + ((16 * lookAhead) % SIDE) + 2 * 16 * Math.ceil(halos.analysis / 16);
      let end = 0;
      for (const [top, count] of asked) {
        expect(count).toBeLessThanOrEqual(highest);
        expect(top).toBeLessThanOrEqual(end);
        expect(top + count).toBeGreaterThanOrEqual(end);
        end = top + count;
      }
      expect(end).toBe(image.height);

      const whileWhole: [number, number][] = [];
      const untiled = await whole().encodeFrom(watched(whileWhole));
      expect(same(untiled.bytes, (await whole().encode(image)).bytes)).toBe(true);
      expect(whileWhole).toEqual([[0, image.height]]);
    });

    it("comes back in bands that are the image", async () => {
      const { bytes } = await tiled().encode(image);
      const rows = await tiled().decodeRows(bytes);
      // A band ends where the synthesis looks at no tile of the next row.
      const lookAhead = 16 * createNetwork(loaded.model.network).halos.synthesis;
      expect([rows.width, rows.height]).toEqual([image.width, image.height]);
      const tops: number[] = [];
      const again = await wholeImage({
        ...rows,
        bands: (async function* () {
          for await (const band of rows.bands) {
            expect(band.height).toBeLessThanOrEqual(SIDE + lookAhead);
            tops.push(band.top);
            yield band;
          }
        })(),
      });
      const ends = Array.from({ length: Math.ceil(image.height / SIDE) - 1 }, (_, i) => SIDE * (i + 1) - lookAhead);
      expect(tops).toEqual([0, ...ends]);
      expect(same(again.data, (await tiled().decode(bytes)).data)).toBe(true);
    });

    it("is refused with a band too short, with impossible sizes, and above the limit; what reading throws is passed on", async () => {
      const source = imageSource(image);
      const short: ImageSource = {
        ...source,
        readRows: async (top, count) => (await source.readRows(top, count)).subarray(3),
      };
      await expect(tiled().encodeFrom(short)).rejects.toThrow(/^encode: got \d+ bytes for \d+ rows/);
      await expect(tiled().encodeFrom({ ...source, height: 0.5 })).rejects.toThrow(RangeError);
      await expect(codecOf({ maxPixels: 1000 }).encodeFrom(source)).rejects.toMatchObject({ code: "image-too-large" });
      const broken: ImageSource = {
        ...source,
        readRows: (top, count) => (top > 0 ? Promise.reject(new Error("unplugged")) : source.readRows(top, count)),
      };
      await expect(tiled().encodeFrom(broken)).rejects.toThrow("unplugged");
    });
  });
});
