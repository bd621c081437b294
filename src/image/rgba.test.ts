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

  it("come back as they went, with their transparency", () => {
    fc.assert(
      fc.property(pixels, (given) => {
        expect(rgbaFromImage(imageFromRgba(given))).toEqual(given);
      }),
    );
  });

  it("of Display P3 and of floating-point numbers are converted", () => {
    const data = Uint8ClampedArray.of(234, 51, 35, 255, 0, 255, 0, 100);
    const { data: rgb, alpha } = imageFromRgba({ width: 2, height: 1, data, colorSpace: "display-p3" });
    expect([...rgb, ...(alpha ?? [])]).toEqual([255, 0, 0, 0, 255, 0, 255, 100]);
    const floats = Float32Array.of(1, 0.5, 0, 1, 2, -1, Number.NaN, 0.2);
    const fromFloats = imageFromRgba({ width: 2, height: 1, data: floats, pixelFormat: "rgba-float16" });
    expect([...fromFloats.data, ...(fromFloats.alpha ?? [])]).toEqual([255, 128, 0, 255, 0, 0, 255, 51]);
  });

  it("of other kinds are refused, with what was expected", () => {
    const data = new Uint8ClampedArray(4);
    const wrong = imageFromRgba as unknown as (pixels: unknown, options?: unknown) => unknown;
    expect(() => wrong({ width: 1, height: 1, data, colorSpace: "rec2100-hlg" })).toThrow(/colour space "rec2100-hlg"/);
    expect(() => wrong({ width: 1, height: 1, data, pixelFormat: "rgba-float32" })).toThrow(
      /pixel format "rgba-float32"/,
    );
    expect(() => wrong({ width: 1, height: 1, data: new Float32Array(4) })).toThrow(/data of the type Float32Array/);
    expect(() => wrong({ width: 1, height: 1, data, pixelFormat: "rgba-float16" })).toThrow(TypeError);
    expect(() => wrong({ width: 1, height: 1, data }, { backgroud: [0, 0, 0] })).toThrow(/an option "backgroud"/);
    expect(() => wrong({ width: 1, height: 1, data }, { background: [0, 0, 256] })).toThrow(RangeError);
  });

  it("are flattened onto white exactly as the pixels of a file are", async () => {
    const data = Uint8ClampedArray.from({ length: 4 * 64 * 64 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 11) & 255);
    const png = await sharp(data, { raw: { width: 64, height: 64, channels: 4 } })
      .png()
      .toBuffer();
    const { image } = await decodeImage(png, "test");
    expect(imageFromRgba({ width: 64, height: 64, data }, { background: [255, 255, 255] })).toEqual(image);
  });

  it("are refused when their number does not fit the sizes", () => {
    expect(() => imageFromRgba({ width: 2, height: 2, data: new Uint8ClampedArray(15) })).toThrow(RangeError);
    expect(() => rgbaFromImage({ width: 2, height: 2, data: new Uint8Array(11) })).toThrow(RangeError);
  });
});
