import { describe, expect, it } from "vitest";
import { type Distortion, distorted, samplePart } from "../../test/support/distorted-pictures.ts";
import vectors from "../../test/vectors/ssimulacra2.json" with { type: "json" };
import type { Image } from "../image/image.ts";
import { ssimulacra2, ssimulacra2MinSide, ssimulacra2OrNull } from "./ssimulacra2.ts";
import { truncatedCosineWindow } from "./truncated-cosine-window.ts";

function flat(width: number, height: number, level: number): Image {
  return { width, height, data: new Uint8Array(3 * width * height).fill(level) };
}

describe("ssimulacra2", () => {
  // The program computes in single precision. Differences of large squares leave noise, which its maps count as errors, and which weighs
  // most where there is little else to count (0030-ssimulacra2.md).
  it.each(vectors)(
    "agrees with the published program: $sample, $distortion, $width x $height",
    async ({ sample, distortion, width, height, published }) => {
      const original = await samplePart(sample, width, height);
      const score = ssimulacra2(original, distorted(original, distortion as Distortion));
      expect(Math.abs(score - published)).toBeLessThan(published < 90 ? 0.05 : 1.2);
    },
  );

  // Planes are kept in single precision here, sums are not.
  it.each(vectors)(
    "agrees with the program's recursive filter in double precision: $sample, $distortion, $width x $height",
    async ({ sample, distortion, width, height, double }) => {
      const original = await samplePart(sample, width, height);
      expect(ssimulacra2(original, distorted(original, distortion as Distortion))).toBeCloseTo(double, 3);
    },
  );

  it("is exactly 100 for the same image, and says which of two is the original", async () => {
    const original = await samplePart("dogs", 130, 120);
    const blurred = distorted(original, "blurred");
    expect(ssimulacra2(original, original)).toBe(100);
    expect(Math.abs(ssimulacra2(original, blurred) - ssimulacra2(blurred, original))).toBeGreaterThan(1);
  });

  it("falls below zero for what has nothing in common", () => {
    expect(ssimulacra2(flat(128, 128, 0), flat(128, 128, 255))).toBeLessThan(-50);
  });

  it("needs 8 pixels on each side, and images of one size", () => {
    expect(ssimulacra2MinSide).toBe(8);
    expect(() => ssimulacra2(flat(40, 7, 1), flat(40, 7, 1))).toThrow(
      /got 40 x 7 pixels, expected at least 8 per side/,
    );
    expect(ssimulacra2OrNull(flat(40, 7, 1), flat(40, 7, 1))).toBeNull();
    expect(ssimulacra2OrNull(flat(8, 8, 1), flat(8, 8, 1))).toBe(100);
    expect(() => ssimulacra2(flat(40, 8, 1), flat(8, 40, 1))).toThrow(RangeError);
    expect(() => ssimulacra2OrNull(flat(40, 7, 1), flat(7, 40, 1))).toThrow(RangeError);
  });
});

describe("truncatedCosineWindow", () => {
  /*
   * The paper's closed form, with numpy:
   *
   *   import numpy as np
   *   def window(sigma):
   *       N = round(3.2795 * sigma + 0.2546); w = np.array([1, 3, 5]) * np.pi / (2 * N)
   *       p = np.array([1, -1, 1]) / np.tan(w / 2); r = np.array([1, -1, 1]) * p * p / np.sin(w)
   *       rho = np.exp(-(sigma * w) ** 2 / 2) / N; n = np.cross(p, r)
   *       b = np.linalg.solve([p, r, n / n[2]], [1, N * N - sigma ** 2, n @ rho / n[2]])
   *       return [b @ np.cos(w * d) for d in range(N)]
   */
  it("has the weights of the paper's closed form", () => {
    const expected = [
      0.26462110548819856, 0.2129285920104222, 0.10933537277746032, 0.036011114658364374, 0.0094143678096537, 0,
    ];
    for (const [i, weight] of truncatedCosineWindow(1.5).entries()) expect(weight).toBeCloseTo(expected[i]!, 14);
    expect(truncatedCosineWindow(1.2)[1]).toBeCloseTo(0.23497731078384043, 14);
  });

  it("sums to 1 and has the variance that it is asked for", () => {
    for (const sigma of [0.9, 1.2, 1.5]) {
      const [centre, ...beside] = truncatedCosineWindow(sigma);
      expect(centre + 2 * beside.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 14);
      expect(2 * beside.reduce((sum, weight, i) => sum + weight * (i + 1) ** 2, 0)).toBeCloseTo(sigma ** 2, 13);
    }
    for (const sigma of [0.1, 1.7, Number.NaN]) expect(() => truncatedCosineWindow(sigma)).toThrow(RangeError);
  });
});
