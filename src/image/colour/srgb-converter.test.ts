import { describe, expect, it } from "vitest";
import vectors from "../../../test/vectors/littlecms.json" with { type: "json" };
import { readProfile } from "./icc-profile.ts";
import { DISPLAY_P3_PRIMARIES, primariesToXyzD50, rgbSpace, SRGB } from "./rgb-space.ts";
import { isSrgb, levelConverter, spaceConverter } from "./srgb-converter.ts";
import { gammaCurve, linearCurve, srgbCurve } from "./transfer-curve.ts";

describe("spaceConverter", () => {
  it.each(vectors)("gives the levels of LittleCMS, within one: $name", ({ profile, samples, srgb }) => {
    const read = readProfile(Buffer.from(profile, "base64"));
    if (read.kind !== "space") throw new Error(`the profile was read as ${read.kind}`);
    const levels = new Uint8Array(samples.length);
    spaceConverter(read.space, 65535).convert(Uint16Array.from(samples), 3, levels);
    const apart = srgb.map((sample, i) => Math.abs((255 * sample) / 65535 - levels[i]!));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
    // A level may fall to either side of a half; more than that would be another curve.
    expect(apart.filter((distance) => distance > 0.6).length).toBeLessThan(samples.length / 100);
  });

  it("takes every fourth sample of pixels with a fourth channel, in place", () => {
    const pixels = Uint8Array.of(10, 20, 30, 7, 200, 100, 50, 9);
    spaceConverter(SRGB, 255).convert(pixels, 4, pixels.subarray(0, 6));
    expect([...pixels.subarray(0, 6)]).toEqual([10, 20, 30, 200, 100, 50]);
  });
});

describe("levelConverter", () => {
  it("gives the nearest level of every sample of 8, 10 and 16 bits", () => {
    for (const maxSample of [255, 1023, 65535]) {
      const samples = Uint16Array.from({ length: 3 * maxSample }, (_, i) => i % (maxSample + 1));
      const levels = new Uint8Array(samples.length);
      levelConverter(maxSample).convert(samples, 3, levels);
      for (const [i, sample] of samples.entries()) {
        if (Math.abs((255 * sample) / maxSample - levels[i]!) > 0.5) expect([maxSample, sample, levels[i]]).toEqual([]);
      }
    }
  });
});

describe("isSrgb", () => {
  it("knows sRGB by what it does, and nothing else by its name", () => {
    expect(isSrgb(SRGB, false)).toBe(true);
    // The matrix that other programs write, rounded to 16 bits.
    expect(
      isSrgb(
        { ...SRGB, toXyzD50: [0.43607, 0.38515, 0.14307, 0.22249, 0.71687, 0.06061, 0.01392, 0.09708, 0.7141] },
        false,
      ),
    ).toBe(true);
    expect(isSrgb(rgbSpace(DISPLAY_P3_PRIMARIES, srgbCurve), false)).toBe(false);
    for (const curve of [linearCurve, gammaCurve(2.2), gammaCurve(1.8)]) {
      expect(isSrgb({ ...SRGB, curves: [curve, curve, curve] }, false)).toBe(false);
    }
  });
});

describe("primariesToXyzD50", () => {
  it("gives the matrix of sRGB that ICC publishes, and white as D50", () => {
    const published = [
      0.4360747, 0.3850649, 0.1430804, 0.2225045, 0.7168786, 0.0606169, 0.0139322, 0.0971045, 0.7141733,
    ];
    for (const [i, value] of SRGB.toXyzD50.entries()) expect(value).toBeCloseTo(published[i]!, 3);
  });

  it("refuses primaries of no display", () => {
    const { red, green, blue, white } = DISPLAY_P3_PRIMARIES;
    expect(primariesToXyzD50({ red, green: red, blue, white })).toBeNull();
    expect(primariesToXyzD50({ red, green, blue, white: { x: 0.7, y: 0.2 } })).toBeNull();
    expect(primariesToXyzD50({ red: { x: 0, y: 0 }, green, blue, white })).toBeNull();
  });

  it("knows sRGB told by a table too", () => {
    const toXyzD50 = (values: Float64Array): void => {
      const [r, g, b] = values as unknown as [number, number, number];
      for (let row = 0; row < 3; row++) {
        const [x, y, z] = SRGB.toXyzD50.slice(3 * row) as unknown as [number, number, number];
        values[row] = x * r + y * g + z * b;
      }
    };
    expect(isSrgb({ curves: SRGB.curves, toXyzD50 }, false)).toBe(true);
    expect(isSrgb({ curves: [linearCurve, linearCurve, linearCurve], toXyzD50 }, false)).toBe(false);
  });

  it("asks of a grey picture only what becomes of greys, which primaries do not move", () => {
    expect(isSrgb(rgbSpace(DISPLAY_P3_PRIMARIES, srgbCurve), true)).toBe(true);
    expect(isSrgb({ ...SRGB, curves: [linearCurve, linearCurve, linearCurve] }, true)).toBe(false);
  });
});
