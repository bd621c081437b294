import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "./read-image.ts";
import { imageFromRgba, rgbaFromImage } from "./rgba.ts";

const sides = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
const pixels = sides.chain(([width, height]) =>
  fc
    .uint8ClampedArray({ minLength: 4 * width * height, maxLength: 4 * width * height })
    .map((data) => ({ width, height, data })),
);

describe("canvas pixels", () => {
  it("come back as they went, opaque", () => {
    fc.assert(
      fc.property(pixels, ({ width, height, data }) => {
        const opaque = { width, height, data: data.map((level, i) => (i % 4 === 3 ? 255 : level)) };
        expect(rgbaFromImage(imageFromRgba(opaque))).toEqual(opaque);
      }),
    );
  });

  it("are flattened onto white exactly as the pixels of a file are", async () => {
    const data = Uint8ClampedArray.from({ length: 4 * 64 * 64 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 11) & 255);
    const png = await sharp(data, { raw: { width: 64, height: 64, channels: 4 } })
      .png()
      .toBuffer();
    const { image } = await decodeImage(png, "test");
    expect(imageFromRgba({ width: 64, height: 64, data })).toEqual(image);
  });

  it("are refused when their number does not fit the sizes", () => {
    expect(() => imageFromRgba({ width: 2, height: 2, data: new Uint8ClampedArray(15) })).toThrow(RangeError);
    expect(() => rgbaFromImage({ width: 2, height: 2, data: new Uint8Array(11) })).toThrow(RangeError);
  });
});
