import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "./image.ts";
import { drawPlanar, paddedSize, toPlanar } from "./planar.ts";

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

  it("holds at every position of a window the level of the nearest pixel of the image", () => {
    fc.assert(
      fc.property(
        images,
        fc.nat(12),
        fc.nat(12),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (image, down, across, height, width) => {
          const top = down % image.height;
          const left = across % image.width;
          const planar = toPlanar(image, { top, left, height, width });
          expect(planar.length).toBe(3 * height * width);
          for (let c = 0, at = 0; c < 3; c++) {
            for (let y = top; y < top + height; y++) {
              for (let x = left; x < left + width; x++, at++) {
                const pixel = Math.min(y, image.height - 1) * image.width + Math.min(x, image.width - 1);
                if (planar[at] !== Math.fround(image.data[3 * pixel + c]! / 255)) {
                  expect.fail(`plane ${c}, row ${y}, column ${x}: ${planar[at]}`);
                }
              }
            }
          }
        },
      ),
    );
  });

  it("refuses windows that begin outside of the image and data of another length", () => {
    const image = { width: 4, height: 4, data: new Uint8Array(48) };
    for (const wrong of [{ left: 4 }, { top: -1 }, { width: 0 }, { height: 1.5 }]) {
      expect(() => toPlanar(image, { top: 0, left: 0, height: 4, width: 4, ...wrong })).toThrow(RangeError);
    }
    expect(() => toPlanar({ ...image, data: new Uint8Array(47) })).toThrow(/got 47 bytes/);
  });
});

describe("drawPlanar", () => {
  it("puts an image together again from windows that cover it, each a part of larger planes", () => {
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 6 }), fc.nat(3), (image, side, halo) => {
        const drawn = { ...image, data: new Uint8Array(image.data.length).fill(77) };
        for (let top = 0; top < image.height; top += side) {
          for (let left = 0; left < image.width; left += side) {
            const [above, before] = [Math.min(halo, top), Math.min(halo, left)];
            const source = {
              top: top - above,
              left: left - before,
              height: above + side + halo,
              width: before + side + halo,
            };
            const planes = { ...source, data: toPlanar(image, source), top: above, left: before };
            drawPlanar(planes, drawn, { top, left, height: side, width: side });
          }
        }
        expect(drawn).toEqual(image);
      }),
    );
  });

  const onePixel = { top: 0, left: 0, height: 1, width: 1 };
  it("clamps to 0..255, rounds halves up and makes 0 of what is not a number", () => {
    const level = (value: number): number => {
      const image = { width: 1, height: 1, data: new Uint8Array(3) };
      drawPlanar({ ...onePixel, data: Float32Array.of(value, 0, 0) }, image, onePixel);
      return image.data[0]!;
    };
    expect([-3, -0, 1, 7, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map(level)).toEqual([
      0, 0, 255, 255, 255, 0, 0,
    ]);
    // 0.5 is the one tie that float32 holds exactly: 127.5 levels.
    expect(level(0.5)).toBe(128);
    expect([0.49 / 255, 0.51 / 255, 1.49 / 255, 254.49 / 255, 254.51 / 255].map(level)).toEqual([0, 1, 1, 254, 255]);
  });

  it("refuses planes of another length, windows larger than the planes and windows outside of the image", () => {
    const image = { width: 2, height: 2, data: new Uint8Array(12) };
    const planes = { ...onePixel, height: 2, width: 2, data: new Float32Array(12) };
    const window = { ...onePixel, height: 2, width: 2 };
    expect(() => drawPlanar({ ...planes, data: new Float32Array(11) }, image, window)).toThrow(RangeError);
    expect(() => drawPlanar({ ...planes, left: 1 }, image, window)).toThrow(RangeError);
    expect(() => drawPlanar(planes, image, { ...window, top: 2 })).toThrow(RangeError);
  });
});
