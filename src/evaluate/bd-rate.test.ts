import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HalfstepError } from "../errors.ts";
import { bdPsnr, bdRate, type RatePoint } from "./bd-rate.ts";

interface QuotedCurves {
  readonly curves: Readonly<Record<string, readonly { readonly bitsPerPixel: number; readonly psnrDb: number }[]>>;
}

const quoted = JSON.parse(readFileSync(new URL("fixtures/quoted-kodak.json", import.meta.url), "utf8")) as QuotedCurves;

function curve(codec: string): RatePoint[] {
  return quoted.curves[codec]!.map(({ bitsPerPixel, psnrDb }) => ({ bitsPerPixel, qualityDb: psnrDb }));
}

const points: readonly RatePoint[] = [0.1, 0.2, 0.5, 1, 1.7].map((bitsPerPixel, i) => ({
  bitsPerPixel,
  qualityDb: 28 + 3 * i,
}));

function scaled(factor: number): RatePoint[] {
  return points.map(({ bitsPerPixel, qualityDb }) => ({ bitsPerPixel: factor * bitsPerPixel, qualityDb }));
}

describe("bdRate", () => {
  // Published BD-rates of the quoted curves, in percent to one decimal.
  it.each([
    ["mbt2018-mean", "BPG", -3.3],
    ["mbt2018-mean", "JPEG", -58.0],
    ["mbt2018-mean", "VTM", 21.3],
    ["bmshj2018-factorized", "BPG", 32.5],
    ["bmshj2018-hyperprior", "JPEG", -55.0],
    ["mbt2018", "VTM", 11.0],
    ["cheng2020-anchor", "VTM", 3.7],
    ["cheng2020-attn", "JPEG", -65.1],
    ["HM", "BPG", 0.8],
    ["AV1", "VTM", 16.2],
    ["JPEG", "VTM", 208.5],
    ["JPEG2000", "JPEG", -35.9],
    ["WebP", "BPG", 44.2],
  ])("puts %s against %s at %f %%", (codec, anchor, expected) => {
    expect(Math.abs(bdRate(curve(codec), curve(anchor)).percent - expected)).toBeLessThan(0.051);
  });

  it("agrees with scipy to the last digit printed, with both methods", () => {
    // log10 rates over PSNR: 10 ** (mean difference of PchipInterpolator(q, log10 r).integrate, or of the integral of
    // numpy.polyfit(q, log10 r, 3)) - 1, in percent, scipy 1.17 and numpy 2.4.
    const { percent, interval } = bdRate(curve("mbt2018-mean"), curve("BPG"));
    expect(percent).toBeCloseTo(-3.283406, 6);
    expect(interval).toEqual([27.699473, 40.633313]);
    expect(bdRate(curve("JPEG"), curve("VTM")).percent).toBeCloseTo(208.491147, 6);
    expect(bdRate(curve("mbt2018-mean"), curve("BPG"), { method: "cubic" }).percent).toBeCloseTo(-3.439753, 5);
    expect(bdRate(curve("JPEG"), curve("VTM"), { method: "cubic" }).percent).toBeCloseTo(210.22348, 5);
  });

  it("is 0 against itself and the factor of a curve whose every rate is scaled, in any order of the points", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.constantFrom("pchip", "cubic"),
        (factor, method) => {
          expect(bdRate(points, points, { method }).percent).toBeCloseTo(0, 10);
          expect(bdRate(scaled(factor).reverse(), points, { method }).percent).toBeCloseTo(100 * (factor - 1), 6);
        },
      ),
    );
  });

  it("compares on the common interval alone", () => {
    const cheaperBelow = [{ bitsPerPixel: 0.001, qualityDb: 10 }, ...points];
    // The added point changes the first slope of the curve, hence the tolerance; it lies far outside the interval.
    const { percent, interval } = bdRate(cheaperBelow, points);
    expect(interval).toEqual([28, 40]);
    expect(Math.abs(percent)).toBeLessThan(2);
  });

  it("refuses curves that share no quality", () => {
    const better = points.map(({ bitsPerPixel, qualityDb }) => ({ bitsPerPixel, qualityDb: qualityDb + 12 }));
    try {
      bdRate(better, points);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HalfstepError);
      expect((error as HalfstepError).code).toBe("no-overlap");
      expect((error as HalfstepError).message).toMatch(/40\.000\.\.52\.000 of the codec and 28\.000\.\.40\.000/);
    }
  });

  it("refuses fewer than four points, rates of zero, and quality that does not grow with the rate", () => {
    expect(() => bdRate(points.slice(0, 3), points)).toThrow(/got 3 points of the codec/);
    expect(() => bdRate(points, points.slice(0, 3))).toThrow(/got 3 points of the anchor/);
    expect(() => bdRate([...points, { bitsPerPixel: 0, qualityDb: 1 }], points)).toThrow(RangeError);
    expect(() => bdRate([...points, { bitsPerPixel: 2, qualityDb: 39 }], points)).toThrow(/quality that grows/);
    expect(() => bdRate([...points, points[2]!], points)).toThrow(RangeError);
    expect(() => bdRate([...points, { bitsPerPixel: 3, qualityDb: Number.POSITIVE_INFINITY }], points)).toThrow(
      RangeError,
    );
  });
});

describe("bdPsnr", () => {
  it("agrees with scipy on the quoted curves", () => {
    // Means of PchipInterpolator(log10 r, q).integrate over the common log10 rates, scipy 1.17.
    expect(bdPsnr(curve("mbt2018-mean"), curve("BPG")).db).toBeCloseTo(0.165562, 6);
    expect(bdPsnr(curve("JPEG"), curve("VTM")).db).toBeCloseTo(-5.706247, 6);
  });

  it("is the offset of a curve whose every quality is shifted, on the rates that both have", () => {
    const shifted = points.map(({ bitsPerPixel, qualityDb }) => ({ bitsPerPixel, qualityDb: qualityDb + 1.25 }));
    for (const method of ["pchip", "cubic"] as const) {
      const { db, interval } = bdPsnr(shifted, points, { method });
      expect(db).toBeCloseTo(1.25, 10);
      expect(interval[0]).toBeCloseTo(0.1, 12);
      expect(interval[1]).toBeCloseTo(1.7, 12);
    }
    expect(() => bdPsnr(scaled(17), points)).toThrow(HalfstepError);
  });
});
