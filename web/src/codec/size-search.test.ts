import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestWithin } from "./size-search.ts";

/** An encoder of known sizes, which counts its calls. */
function encoder(sizes: readonly number[]) {
  let calls = 0;
  const encode = async (quality: number): Promise<{ readonly bytes: Uint8Array }> => {
    calls++;
    return { bytes: new Uint8Array(sizes[quality - 1]!) };
  };
  return { encode, calls: () => calls };
}

describe("largestWithin", () => {
  it("finds what trying every quality finds, whatever the growing sizes are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 100, maxLength: 100 }),
        fc.integer({ min: 1, max: 6000 }),
        async (steps, mostBytes) => {
          let sum = 0;
          const sizes = steps.map((step) => {
            sum += step;
            return sum;
          });
          const { encode } = encoder(sizes);
          const found = await largestWithin(mostBytes, encode);
          const fitting = sizes.filter((size) => size <= mostBytes).length;
          expect(found?.isTooLarge).toBe(fitting === 0);
          expect(found?.quality).toBe(Math.max(fitting, 1));
          expect(found?.result.bytes.length).toBe(sizes[Math.max(fitting, 1) - 1]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("takes at most eight tries where sizes grow exponentially, as those of encoders do", async () => {
    const sizes = Array.from({ length: 100 }, (_, i) => Math.round(900 * 1.05 ** i));
    for (const mostBytes of [1000, 3333, 20_000, 90_000]) {
      const { encode, calls } = encoder(sizes);
      await largestWithin(mostBytes, encode);
      expect(calls()).toBeLessThanOrEqual(8);
    }
  });

  it("ends when the encoder gives nothing", async () => {
    expect(await largestWithin(10, async () => null)).toBe(null);
  });
});
