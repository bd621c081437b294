import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "./image.ts";
import { fromPlanar, paddedSize, toPlanar } from "./planar.ts";

const images: fc.Arbitrary<Image> = fc
  .tuple(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 13 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: 3 * width * height, maxLength: 3 * width * height })
      .map((data) => ({ width, height, data })),
  );

describe("paddedSize", () => {
  it("is the next multiple, and the size itself where it is one", () => {
    expect([1, 63, 64, 65, 128].map((size) => paddedSize(size, 64))).toEqual([64, 64, 64, 128, 128]);
    expect(paddedSize(7, 1)).toBe(7);
  });

  it("refuses sizes and multiples that are not positive integers", () => {
    for (const [size, multiple] of [
      [0, 16],
      [1.5, 16],
      [16, 0],
      [16, Number.NaN],
    ] as const) {
      expect(() => paddedSize(size, multiple)).toThrow(RangeError);
    }
  });
});

describe("toPlanar", () => {
  it("puts red, green and blue into planes of levels / 255", () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 153, 204, 255) };
    expect([...toPlanar(image)]).toEqual([0, 0.6, 0.2, 0.8, 0.4, 1].map(Math.fround));
  });

  it("holds at every padded position the level of the nearest pixel of the image", () => {
    fc.assert(
      fc.property(images, fc.nat(9), fc.nat(9), (image, right, bottom) => {
        const padWidth = image.width + right;
        const padHeight = image.height + bottom;
        const planar = toPlanar(image, { padWidth, padHeight });
        expect(planar.length).toBe(3 * padWidth * padHeight);
        for (let c = 0, at = 0; c < 3; c++) {
          for (let y = 0; y < padHeight; y++) {
            for (let x = 0; x < padWidth; x++, at++) {
              const pixel = Math.min(y, image.height - 1) * image.width + Math.min(x, image.width - 1);
              if (planar[at] !== Math.fround(image.data[3 * pixel + c]! / 255)) {
                expect.fail(`plane ${c}, row ${y}, column ${x}: ${planar[at]}`);
              }
            }
          }
        }
      }),
    );
  });

  it("refuses planes smaller than the image and data of another length", () => {
    const image = { width: 4, height: 4, data: new Uint8Array(48) };
    expect(() => toPlanar(image, { padWidth: 3 })).toThrow(RangeError);
    expect(() => toPlanar(image, { padHeight: 4.5 })).toThrow(RangeError);
    expect(() => toPlanar({ ...image, data: new Uint8Array(47) })).toThrow(/got 47 bytes/);
  });
});

describe("fromPlanar", () => {
  it("gives back every image that toPlanar padded", () => {
    fc.assert(
      fc.property(images, fc.nat(9), fc.nat(9), (image, right, bottom) => {
        const padWidth = image.width + right;
        const padHeight = image.height + bottom;
        const planar = toPlanar(image, { padWidth, padHeight });
        expect(fromPlanar(planar, padWidth, padHeight, image.width, image.height)).toEqual(image);
      }),
    );
  });

  it("clamps to 0..255, rounds halves up and makes 0 of what is not a number", () => {
    const level = (value: number): number => fromPlanar(Float32Array.of(value, 0, 0), 1, 1, 1, 1).data[0]!;
    expect([-3, -0, 1, 7, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map(level)).toEqual([
      0, 0, 255, 255, 255, 0, 0,
    ]);
    // 0.5 is the one tie that float32 holds exactly: 127.5 levels.
    expect(level(0.5)).toBe(128);
    expect([0.49 / 255, 0.51 / 255, 1.49 / 255, 254.49 / 255, 254.51 / 255].map(level)).toEqual([0, 1, 1, 254, 255]);
  });

  it("refuses planes of another length and images larger than the planes", () => {
    expect(() => fromPlanar(new Float32Array(11), 2, 2, 2, 2)).toThrow(RangeError);
    expect(() => fromPlanar(new Float32Array(12), 2, 2, 3, 2)).toThrow(RangeError);
  });
});
