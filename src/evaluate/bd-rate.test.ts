import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HalfstepError } from "../errors.ts";
import { bdPsnr, bdRate, type RatePoint } from "./bd-rate.ts";

interface Quoted {
  readonly curves: readonly {
    readonly codec: string;
    readonly points: readonly { readonly bitsPerPixel: number; readonly psnrDb: number }[];
  }[];
}

/** The quoted curves of results/quoted, by codec. */
const quoted: ReadonlyMap<string, RatePoint[]> = new Map(
  ["kodak-classical", "kodak-compressai", "kodak-papers"].flatMap((file) => {
    const url = new URL(`../../results/quoted/${file}.json`, import.meta.url);
    const { curves } = JSON.parse(readFileSync(url, "utf8")) as Quoted;
    return curves.map(({ codec, points }): [string, RatePoint[]] => [
      codec,
      points.map(({ bitsPerPixel, psnrDb }) => ({ bitsPerPixel, quality: psnrDb })),
    ]);
  }),
);

function curve(codec: string): RatePoint[] {
  return quoted.get(codec)!;
}

const points: readonly RatePoint[] = [0.1, 0.2, 0.5, 1, 1.7].map((bitsPerPixel, i) => ({
  bitsPerPixel,
  quality: 28 + 3 * i,
}));

function scaled(factor: number): RatePoint[] {
  return points.map(({ bitsPerPixel, quality }) => ({ bitsPerPixel: factor * bitsPerPixel, quality }));
}

describe("bdRate", () => {
  // BD-rates that were computed of these curves outside this project, in percent to one decimal: against VTM, BPG 4:4:4 and JPEG.
  it.each([
    ["bmshj2018-factorized", 68.1, 32.5, -44.5],
    ["bmshj2018-hyperprior", 30.5, 3.9, -55.0],
    ["mbt2018-mean", 21.3, -3.3, -58.0],
    ["mbt2018", 11.0, -11.2, -61.0],
    ["cheng2020-anchor", 3.7, -18.9, -65.4],
    ["cheng2020-attn", 5.5, -17.6, -65.1],
    ["vtm", 0.0, -18.0, -67.6],
    ["hm", 23.3, 0.8, -60.1],
    ["bpg444", 22.0, 0.0, -58.9],
    ["av1", 16.2, -6.2, -62.4],
    ["jpeg", 208.5, 143.0, 0.0],
    ["jpeg2000", 98.0, 55.8, -35.9],
    ["webp", 78.7, 44.2, -36.2],
    ["bmshj2018-hyperprior-vbr-ans", 30.6, 4.1, -55.1],
    ["mbt2018-mean-vbr-ans", 23.4, -1.4, -57.0],
    ["minnen2020-cc10", 1.1, -20.5, -65.8],
    ["cheng2020-checkerboard", 3.9, -19.1, -66.3],
    ["elic2022", -7.0, -26.6, -67.9],
    ["mlic-plus", -13.1, -31.5, -70.0],
    ["evc-l", -0.9, -19.9, -62.9],
    ["evc-s", 4.3, -15.8, -61.1],
    ["c3-adaptive", 3.4, -17.7, -65.0],
    ["cool-chic-5.0", -6.6, -25.4, -67.8],
  ])("puts %s at %f %% of VTM, %f %% of BPG and %f %% of JPEG", (codec, ...expected) => {
    for (const [i, anchor] of ["vtm", "bpg444", "jpeg"].entries()) {
      expect(Math.abs(bdRate(curve(codec), curve(anchor)).percent - expected[i]!)).toBeLessThan(0.051);
    }
  });

  it("agrees with scipy to the last digit printed, with both methods", () => {
    // log10 rates over PSNR: 10 ** (mean difference of PchipInterpolator(q, log10 r).integrate, or of the integral of
    // numpy.polyfit(q, log10 r, 3)) - 1, in percent, scipy 1.17 and numpy 2.4.
    const { percent, interval } = bdRate(curve("mbt2018-mean"), curve("bpg444"));
    expect(percent).toBeCloseTo(-3.283406, 6);
    expect(interval).toEqual([27.699473, 40.633313]);
    expect(bdRate(curve("jpeg"), curve("vtm")).percent).toBeCloseTo(208.491147, 6);
    expect(bdRate(curve("mbt2018-mean"), curve("bpg444"), { method: "cubic" }).percent).toBeCloseTo(-3.439753, 5);
    expect(bdRate(curve("jpeg"), curve("vtm"), { method: "cubic" }).percent).toBeCloseTo(210.22348, 5);
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
    const cheaperBelow = [{ bitsPerPixel: 0.001, quality: 10 }, ...points];
    // The added point changes the first slope of the curve, hence the tolerance; it lies far outside the interval.
    const { percent, interval } = bdRate(cheaperBelow, points);
    expect(interval).toEqual([28, 40]);
    expect(Math.abs(percent)).toBeLessThan(2);
  });

  it("refuses curves that share no quality", () => {
    const better = points.map(({ bitsPerPixel, quality }) => ({ bitsPerPixel, quality: quality + 12 }));
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
    expect(() => bdRate([...points, { bitsPerPixel: 0, quality: 1 }], points)).toThrow(RangeError);
    expect(() => bdRate([...points, { bitsPerPixel: 2, quality: 39 }], points)).toThrow(/quality that grows/);
    expect(() => bdRate([...points, points[2]!], points)).toThrow(RangeError);
    expect(() => bdRate([...points, { bitsPerPixel: 3, quality: Number.POSITIVE_INFINITY }], points)).toThrow(
      RangeError,
    );
  });
});

describe("a comparison bounded to rates", () => {
  // scipy 1.17 and numpy 2.4: the curves as above; the interval ends where a PCHIP of log10 rates over PSNR (brentq) leaves
  // 0.15..1.2 bpp, and BD-PSNR is integrated between the logarithms of these rates.
  it.each([
    ["mbt2018-mean", "bpg444", -3.264056, -3.378099, 28.451758, 38.26168, 0.161069],
    ["av1", "vtm", 15.71676, 15.482804, 29.41882, 38.73299, -0.715202],
    ["jpeg", "vtm", 211.975523, 212.314117, 29.41882, 33.59729, -5.714502],
    ["webp", "bpg444", 47.993526, 48.204195, 28.451758, 36.282919, -1.865816],
  ])("puts %s against %s where scipy does", (codec, anchor, pchip, cubic, low, high, db) => {
    const rates = [0.15, 1.2] as const;
    const { percent, interval } = bdRate(curve(codec), curve(anchor), { rates });
    expect(percent).toBeCloseTo(pchip, 5);
    expect(interval[0]).toBeCloseTo(low, 5);
    expect(interval[1]).toBeCloseTo(high, 5);
    expect(bdRate(curve(codec), curve(anchor), { method: "cubic", rates }).percent).toBeCloseTo(cubic, 4);
    expect(bdPsnr(curve(codec), curve(anchor), { rates }).db).toBeCloseTo(db, 6);
  });

  it("is the unbounded one where the bounds lie outside both curves", () => {
    for (const compare of [bdRate, bdPsnr]) {
      expect(compare(scaled(1.5), points, { rates: [0.01, 10] })).toEqual(compare(scaled(1.5), points));
    }
  });

  it("is refused for bounds that are no rates, and where a curve has no rate within them", () => {
    for (const rates of [
      [0, 1],
      [1, 1],
      [2, 1],
      [Number.NaN, 1],
      [1, Number.POSITIVE_INFINITY],
    ] as const) {
      expect(() => bdRate(points, points, { rates })).toThrow(/expected a positive one and a higher one/);
      expect(() => bdPsnr(points, points, { rates })).toThrow(RangeError);
    }
    expect(() => bdRate(points, points, { rates: [2, 3] })).toThrow(
      /got a curve of 0\.100\.\.1\.700 bpp, expected one with rates in 2\.\.3/,
    );
    expect(() => bdPsnr(points, points, { rates: [2, 3] })).toThrow(HalfstepError);
  });
});

describe("bdPsnr", () => {
  it("agrees with scipy on the quoted curves", () => {
    // Means of PchipInterpolator(log10 r, q).integrate over the common log10 rates, scipy 1.17.
    expect(bdPsnr(curve("mbt2018-mean"), curve("bpg444")).db).toBeCloseTo(0.165562, 6);
    expect(bdPsnr(curve("jpeg"), curve("vtm")).db).toBeCloseTo(-5.706247, 6);
  });

  it("is the offset of a curve whose every quality is shifted, on the rates that both have", () => {
    const shifted = points.map(({ bitsPerPixel, quality }) => ({ bitsPerPixel, quality: quality + 1.25 }));
    for (const method of ["pchip", "cubic"] as const) {
      const { db, interval } = bdPsnr(shifted, points, { method });
      expect(db).toBeCloseTo(1.25, 10);
      expect(interval[0]).toBeCloseTo(0.1, 12);
      expect(interval[1]).toBeCloseTo(1.7, 12);
    }
    expect(() => bdPsnr(scaled(17), points)).toThrow(HalfstepError);
  });
});
