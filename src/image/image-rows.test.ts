import { describe, expect, it } from "vitest";
import type { Image } from "./image.ts";
import { imageSource, type RowBand, wholeImage } from "./image-rows.ts";

const image: Image = { width: 3, height: 5, data: Uint8Array.from({ length: 45 }, (_, i) => i) };

async function* bandsOf(heights: readonly number[]): AsyncGenerator<RowBand> {
  let top = 0;
  for (const height of heights) {
    yield { top, height, data: new Uint8Array(image.data.subarray(9 * top, 9 * (top + height))) };
    top += height;
  }
}

describe("rows of an image", () => {
  it("are read from where they are asked for", async () => {
    const { width, height, readRows } = imageSource(image);
    expect([width, height]).toEqual([3, 5]);
    expect([...(await readRows(0, 1))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await readRows(1, 3)).toEqual(image.data.subarray(9, 36));
    expect(() => imageSource({ ...image, height: 4 })).toThrow(RangeError);
  });

  it.each([[[5]], [[1, 1, 1, 1, 1]], [[2, 3]]])("make the image again in bands of %j", async (heights) => {
    expect(await wholeImage({ width: 3, height: 5, bands: bandsOf(heights) })).toEqual(image);
  });
});
