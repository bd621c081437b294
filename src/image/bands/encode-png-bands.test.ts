import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "../image.ts";
import type { RowBand } from "../image-rows.ts";
import { decodeImage } from "../read-image.ts";
import { encodePngBands } from "./encode-png-bands.ts";

async function collected(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part.slice());
  return Buffer.concat(all);
}

function noise(width: number, height: number, seed: number): Image {
  return {
    width,
    height,
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * seed + (i >> 3) * i) & 255),
  };
}

async function* bandsOf({ width, height, data }: Image, step: number): AsyncGenerator<RowBand, void> {
  for (let top = 0; top < height; top += step) {
    const rows = Math.min(step, height - top);
    yield { top, height: rows, data: new Uint8Array(data.subarray(3 * width * top, 3 * width * (top + rows))) };
  }
}

describe("encodePngBands", () => {
  it("writes files that another reader reads to the same pixels, in whatever bands they come", async () => {
    const size = fc.integer({ min: 1, max: 70 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.integer({ min: 0, max: 999 }), async (width, height, step, seed) => {
        const image = noise(width, height, seed);
        const file = await collected(encodePngBands({ width, height, bands: bandsOf(image, step) }));
        expect(await decodeImage(file)).toEqual({ image, notes: [] });
      }),
      { numRuns: 60 },
    );
  });

  it("splits a band that compresses to more than a chunk", async () => {
    // Of noise, 5 MB that stay about as large: beyond the 1 MiB of a chunk.
    const image = noise(1500, 1200, 2_654_435_761);
    const file = await collected(encodePngBands({ width: 1500, height: 1200, bands: bandsOf(image, 1200) }));
    expect(Buffer.from(file).toString("latin1").split("IDAT").length - 1).toBeGreaterThan(1);
    expect(Buffer.compare((await decodeImage(file)).image.data, image.data)).toBe(0);
  });

  it("passes on what making a band throws", async () => {
    async function* failing(): AsyncGenerator<RowBand, void> {
      yield* bandsOf(noise(9, 4, 5), 2);
      throw new TypeError("from the codec");
    }
    const parts = collected(encodePngBands({ width: 9, height: 8, bands: failing() }));
    await expect(parts).rejects.toThrow(new TypeError("from the codec"));
  });

  it("ends the making of bands when nobody wants more", async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<RowBand, void> {
      try {
        for (let top = 0; ; top += 200) yield { top, height: 200, data: noise(900, 200, top + 77).data.slice() };
      } finally {
        ended = true;
      }
    }
    for await (const part of encodePngBands({ width: 900, height: 60_000, bands: endless() })) {
      if (part.length > 100_000) break;
    }
    await expect.poll(() => ended).toBe(true);
  });

  it("refuses bands that are not the rows of the image in order", async () => {
    const image = noise(7, 6, 3);
    const bands: RowBand[] = [];
    for await (const band of bandsOf(image, 2)) bands.push(band);
    const [first, second, third] = bands as [RowBand, RowBand, RowBand];
    const wrong: readonly (readonly RowBand[])[] = [
      [first, second],
      [first, third, second],
      [first, second, third, { ...third, top: 6 }],
      [{ ...first, height: 3 }, second, third],
    ];
    for (const list of wrong) {
      const given = (async function* () {
        yield* list;
      })();
      await expect(collected(encodePngBands({ width: 7, height: 6, bands: given }))).rejects.toThrow(RangeError);
    }
  });
});
