import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { msSsim, msSsimMinSide, msSsimOrNull, ssim, toDb } from "./ms-ssim.ts";

/** A test image of integers alone, so that another language makes the same one. Salt 0 adds no noise. */
function pattern(width: number, height: number, salt: number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++, at++) {
        const base = (3 * x + 5 * y + 40 * c + ((x * y) >> 4)) % 256;
        const noise = salt === 0 ? 0 : ((((x * 1103 + y * 12289 + c * 7919 + salt) * 40503) % 65536) >> 10) - 32;
        data[at] = Math.min(Math.max(base + noise, 0), 255);
      }
    }
  }
  return { width, height, data };
}

/** SSIM of two planes as Wang 2004 writes it: for each position, weighted moments over the 11 x 11 window. */
function directSsim(a: number[][], b: number[][]): number {
  const weight = (i: number, j: number): number => Math.exp(-((i - 5) ** 2 + (j - 5) ** 2) / (2 * 1.5 ** 2));
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let sum = 0;
  let count = 0;
  for (let y = 0; y + 11 <= a.length; y++) {
    for (let x = 0; x + 11 <= a[0]!.length; x++, count++) {
      let [total, meanA, meanB] = [0, 0, 0];
      for (let i = 0; i < 11; i++) {
        for (let j = 0; j < 11; j++) {
          total += weight(i, j);
          meanA += weight(i, j) * a[y + i]![x + j]!;
          meanB += weight(i, j) * b[y + i]![x + j]!;
        }
      }
      meanA /= total;
      meanB /= total;
      let [varianceA, varianceB, covariance] = [0, 0, 0];
      for (let i = 0; i < 11; i++) {
        for (let j = 0; j < 11; j++) {
          const [da, db] = [a[y + i]![x + j]! - meanA, b[y + i]![x + j]! - meanB];
          varianceA += (weight(i, j) * da * da) / total;
          varianceB += (weight(i, j) * db * db) / total;
          covariance += (weight(i, j) * da * db) / total;
        }
      }
      sum +=
        ((2 * meanA * meanB + c1) * (2 * covariance + c2)) /
        ((meanA ** 2 + meanB ** 2 + c1) * (varianceA + varianceB + c2));
    }
  }
  return sum / count;
}

function rowsOf(image: Image, channel: number): number[][] {
  return Array.from({ length: image.height }, (_, y) =>
    Array.from({ length: image.width }, (_, x) => image.data[3 * (y * image.width + x) + channel]!),
  );
}

describe("ssim", () => {
  it("equals the direct sum over every window, also where the window fits once", () => {
    for (const [width, height] of [
      [11, 11],
      [23, 17],
      [12, 30],
    ] as const) {
      const [a, b] = [pattern(width, height, 4), pattern(width, height, 11)];
      const expected = [0, 1, 2].reduce((sum, c) => sum + directSsim(rowsOf(a, c), rowsOf(b, c)) / 3, 0);
      // Doubles throughout; only the order of the sums differs.
      expect(ssim(a, b)).toBeCloseTo(expected, 11);
    }
  });

  it("refuses sides under 11 pixels", () => {
    expect(() => ssim(pattern(10, 40, 0), pattern(10, 40, 1))).toThrow(RangeError);
  });
});

describe("msSsim", () => {
  /*
   * Generated with numpy 2.4, which follows pytorch_msssim's steps with whole windows in place of separable ones:
   *
   *   import numpy as np
   *   def image(w, h, salt):
   *       y, x, c = np.meshgrid(np.arange(h), np.arange(w), np.arange(3), indexing="ij")
   *       base = (3 * x + 5 * y + 40 * c + (x * y) // 16) % 256
   *       noise = ((x * 1103 + y * 12289 + c * 7919 + salt) * 40503 % 65536) // 1024
   *       return np.clip(base + (noise if salt else 0) - 32 * (salt > 0), 0, 255).astype(np.float64)
   *   g = np.exp(-(np.arange(11) - 5.0) ** 2 / (2 * 1.5 ** 2)); g /= g.sum(); window = np.outer(g, g)
   *   def valid(p):
   *       return np.einsum("ijkl,kl->ij", np.lib.stride_tricks.sliding_window_view(p, (11, 11)), window)
   *   def similarity(a, b):
   *       c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
   *       ma, mb = valid(a), valid(b)
   *       va, vb, cov = valid(a * a) - ma * ma, valid(b * b) - mb * mb, valid(a * b) - ma * mb
   *       cs = (2 * cov + c2) / (va + vb + c2)
   *       return ((2 * ma * mb + c1) / (ma * ma + mb * mb + c1) * cs).mean(), cs.mean()
   *   def pool(p):  # zero padding by the parity of each side, counted in the mean
   *       p = np.pad(p, [(s % 2, s % 2) for s in p.shape]); h, w = p.shape[0] // 2, p.shape[1] // 2
   *       return p[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean((1, 3))
   *   def ms_ssim(a, b):
   *       total = 0
   *       for c in range(3):
   *           p, q, value = a[:, :, c], b[:, :, c], 1.0
   *           for i, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
   *               if i: p, q = pool(p), pool(q)
   *               s, cs = similarity(p, q)
   *               value *= max(s if i == 4 else cs, 0) ** weight
   *           total += value / 3
   *       return total
   *   print("%.12f" % ms_ssim(image(w, h, s), image(w, h, t)))
   */
  const reference = [
    { width: 161, height: 161, salts: [0, 1], expected: 0.982718139722 },
    { width: 176, height: 192, salts: [0, 5], expected: 0.984570477844 },
    { width: 203, height: 175, salts: [3, 9], expected: 0.966909457919 },
    { width: 163, height: 240, salts: [0, 2], expected: 0.985511776186 },
  ] as const;

  it.each(reference)("agrees with the numpy reference at $width x $height", ({ width, height, salts, expected }) => {
    // Twelve digits are printed; doubles on both sides.
    expect(msSsim(pattern(width, height, salts[0]), pattern(width, height, salts[1]))).toBeCloseTo(expected, 10);
  });

  it("is 1 for identical images, symmetric, and falls as the noise grows", () => {
    const clean = pattern(170, 165, 0);
    const noisy = pattern(170, 165, 7);
    const halfNoisy = { ...clean, data: clean.data.map((level, i) => (level + noisy.data[i]!) >> 1) };
    expect(msSsim(clean, clean)).toBe(1);
    expect(msSsim(clean, noisy)).toBeCloseTo(msSsim(noisy, clean), 14);
    expect(msSsim(clean, halfNoisy)).toBeGreaterThan(msSsim(clean, noisy));
  });

  it("is 0, not NaN, where the structure is inverted", () => {
    const image = pattern(161, 161, 2);
    expect(msSsim(image, { ...image, data: image.data.map((level) => 255 - level) })).toBe(0);
  });

  it("needs 161 pixels on each side", () => {
    expect(msSsimMinSide).toBe(161);
    const small = pattern(200, 160, 0);
    expect(() => msSsim(small, small)).toThrow(/200 x 160 pixels, expected at least 161/);
    expect(msSsimOrNull(small, small)).toBeNull();
    expect(msSsimOrNull(pattern(161, 161, 0), pattern(161, 161, 0))).toBe(1);
    expect(() => msSsimOrNull(small, pattern(160, 200, 0))).toThrow(RangeError);
  });
});

describe("toDb", () => {
  it("is -10 log10(1 - value)", () => {
    expect(toDb(0)).toBeCloseTo(0, 12);
    expect(toDb(0.99)).toBeCloseTo(20, 10);
    expect(toDb(1)).toBe(Number.POSITIVE_INFINITY);
  });
});
