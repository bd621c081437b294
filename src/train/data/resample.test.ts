import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reductionKernel, WindowReducer } from "./resample.ts";

/** One-dimensional reduction by the definition of the filter, in doubles. */
function reduceReference(input: readonly number[], crop: number): number[] {
  const ratio = input.length / crop;
  return Array.from({ length: crop }, (_, i) => {
    const centre = (i + 0.5) * ratio - 0.5;
    let sum = 0;
    let total = 0;
    for (const [at, value] of input.entries()) {
      const weight = Math.max(0, 1 - Math.abs(at - centre) / ratio);
      sum += weight * value;
      total += weight;
    }
    return sum / total;
  });
}

const sizes = fc
  .integer({ min: 1, max: 40 })
  .chain((crop) => fc.tuple(fc.integer({ min: crop, max: 2 * crop + (crop >> 1) + 1 }), fc.constant(crop)));

describe("reductionKernel", () => {
  it("has weights that sum to one and taps inside the window, for any two sizes", () => {
    fc.assert(
      fc.property(sizes, ([window, crop]) => {
        const { taps, starts, weights } = reductionKernel(window, crop);
        for (let i = 0; i < crop; i++) {
          const mine = weights.subarray(i * taps, (i + 1) * taps);
          expect(mine.reduce((sum, w) => sum + w, 0)).toBe(4096);
          expect(Math.min(...mine)).toBeGreaterThanOrEqual(0);
          expect(starts[i]).toBeGreaterThanOrEqual(0);
          expect(starts[i]! + taps).toBeLessThanOrEqual(window);
        }
      }),
    );
  });

  it("refuses to enlarge", () => {
    expect(() => reductionKernel(3, 4)).toThrow(RangeError);
    expect(() => reductionKernel(4, 0)).toThrow(RangeError);
  });
});

describe("WindowReducer", () => {
  it("is the triangle filter in both directions, within 1/2000", () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), fc.nat(), ([window, crop], flip, seed) => {
        const rowBytes = 3 * window + 5;
        const source = Uint8Array.from({ length: 7 + window * rowBytes }, (_, i) => ((i + seed) * 2654435761) >>> 24);
        const out = new Float32Array(2 + 3 * crop * crop);
        new WindowReducer(crop).reduce(source, 7, rowBytes, window, flip, out, 2);
        for (let channel = 0; channel < 3; channel++) {
          const rows = Array.from({ length: window }, (_, y) =>
            reduceReference(
              Array.from({ length: window }, (_, x) => source[7 + y * rowBytes + 3 * x + channel]!),
              crop,
            ),
          );
          for (let x = 0; x < crop; x++) {
            const column = reduceReference(
              rows.map((row) => row[x]!),
              crop,
            );
            for (let y = 0; y < crop; y++) {
              const got = out[2 + (channel * crop + y) * crop + (flip ? crop - 1 - x : x)]!;
              expect(Math.abs(got - column[y]! / 255)).toBeLessThan(1 / 2000);
            }
          }
        }
        expect([out[0], out[1]]).toEqual([0, 0]);
      }),
      { numRuns: 40 },
    );
  });

  it("copies exactly at equal size and keeps white white and black black at any other", () => {
    const reducer = new WindowReducer(8);
    const out = new Float32Array(3 * 64);
    const source = Uint8Array.from({ length: 3 * 64 }, (_, i) => (i * 37) % 256);
    reducer.reduce(source, 0, 24, 8, false, out, 0);
    expect(out[0]).toBe(Math.fround(source[0]! / 255));
    expect(out[64 + 9]).toBe(Math.fround(source[3 * 9 + 1]! / 255));
    for (let window = 8; window <= 16; window++) {
      for (const level of [0, 255]) {
        reducer.reduce(new Uint8Array(3 * window * window).fill(level), 0, 3 * window, window, false, out, 0);
        expect(new Set(out)).toEqual(new Set([level / 255]));
      }
    }
  });
});
