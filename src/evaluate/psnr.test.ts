import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { meanSquaredError, psnr, psnrOfError, squaredError } from "./psnr.ts";

function filled(width: number, height: number, level: number): Image {
  return { width, height, data: new Uint8Array(3 * width * height).fill(level) };
}

describe("psnr", () => {
  it("is infinite for identical images and 0 dB between black and white", () => {
    expect(psnr(filled(3, 2, 7), filled(3, 2, 7))).toBe(Number.POSITIVE_INFINITY);
    expect(psnr(filled(3, 2, 0), filled(3, 2, 255))).toBe(0);
  });

  it("is 10 log10(255^2 / mse) with the mean over pixels and channels", () => {
    const a = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
    const b = { width: 2, height: 1, data: Uint8Array.of(11, 20, 28, 40, 53, 56) };
    expect(squaredError(a, b)).toBe(1 + 4 + 9 + 16);
    expect(meanSquaredError(a, b)).toBe(5);
    // 10 * log10(65025 / 5)
    expect(psnr(a, b)).toBeCloseTo(41.1411035653, 9);
    expect(psnrOfError(5)).toBe(psnr(a, b));
  });

  it("sums exactly and symmetrically, over more levels than 32 bits can hold", () => {
    const size = 300;
    expect(squaredError(filled(size, size, 0), filled(size, size, 255))).toBe(3 * size * size * 255 ** 2);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        (a, b) => {
          const expected = a.reduce((sum, level, i) => sum + (level - b[i]!) ** 2, 0);
          const [left, right] = [a, b].map((data) => ({ width: 2, height: 2, data })) as [Image, Image];
          expect(squaredError(left, right)).toBe(expected);
          expect(squaredError(right, left)).toBe(expected);
        },
      ),
    );
  });

  it("refuses images of different sizes, even with as many pixels", () => {
    expect(() => psnr(filled(3, 2, 0), filled(2, 3, 0))).toThrow(RangeError);
  });
});
