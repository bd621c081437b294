import { describe, expect, it } from "vitest";
import { gaussianScales, gaussianTables, scaleLevel, scaleLevels, scaleThresholds } from "./gaussian-tables.ts";
import { roundedNormalMass } from "./normal-distribution.ts";

const scales = gaussianScales();
const tables = gaussianTables(scales);

/** Entropy of the rounded Gaussian and its expected cost by a table, in bits; an escape counts its 6 + exponent bits. */
function expectedBits(scale: number, level: number): { entropy: number; cost: number } {
  const { firstSymbol, frequencies } = tables.table(level);
  const covered = frequencies.length - 1;
  let entropy = 0;
  let cost = 0;
  for (let k = -Math.ceil(9 * scale) - 1; k <= 9 * scale + 1; k++) {
    const p = roundedNormalMass(k, scale);
    if (p === 0) continue;
    entropy -= p * Math.log2(p);
    const entry = k - firstSymbol;
    const inside = entry >= 0 && entry < covered;
    const distance = entry < 0 ? -entry : entry - covered + 1;
    const escapeBits = inside ? 0 : 6 + Math.floor(Math.log2(distance));
    cost += p * (escapeBits + 16 - Math.log2(frequencies[inside ? entry : covered]!));
  }
  return { entropy, cost };
}

describe("gaussianScales", () => {
  it("spans 0.11 to 256 in 64 steps of equal ratio", () => {
    expect(scales.length).toBe(64);
    expect(scales[0]).toBe(0.11);
    expect(scales[63]).toBeCloseTo(256, 10);
    const ratio = (256 / 0.11) ** (1 / 63);
    for (let i = 1; i < 64; i++) expect(scales[i]! / scales[i - 1]!).toBeCloseTo(ratio, 12);
  });

  it("refuses an empty or inverted ladder", () => {
    for (const options of [{ levels: 1 }, { levels: 2.5 }, { lower: 0 }, { lower: 2, upper: 1 }, { upper: Infinity }]) {
      expect(() => gaussianScales(options)).toThrow(RangeError);
    }
  });
});

describe("gaussianTables", () => {
  it("costs at most 0.03 % or 5e-5 bits more than the entropy at every level", () => {
    for (const [level, scale] of scales.entries()) {
      const { entropy, cost } = expectedBits(scale, level);
      expect(cost, `level ${level}`).toBeGreaterThan(entropy * (1 - 1e-9));
      expect(cost - entropy, `level ${level}`).toBeLessThan(Math.max(5e-5, 3e-4 * entropy));
    }
  });

  it("gives tables that are centred, nearly symmetric and at least three values wide", () => {
    for (let level = 0; level < tables.tableCount; level++) {
      const { firstSymbol, frequencies } = tables.table(level);
      const covered = frequencies.length - 1;
      expect(covered).toBe(1 - 2 * firstSymbol);
      expect(covered).toBeGreaterThanOrEqual(3);
      for (let i = 0; i < covered; i++) {
        // Units that tie are given to the smaller value first
        expect(Math.abs(frequencies[i]! - frequencies[covered - 1 - i]!)).toBeLessThanOrEqual(1);
      }
    }
  });

  it("covers what the tail mass asks for when nothing is trimmed", () => {
    const table = gaussianTables(Float64Array.of(10), { tailMass: 1e-9, smallestProbability: 0 }).table(0);
    // Phi^-1(1 - 0.5e-9) = 6.1094: the first half-integer beyond 61.09 is 61.5
    expect(table.firstSymbol).toBe(-61);
  });

  it("refuses scales and options out of range", () => {
    for (const scale of [0, -1, Number.NaN, 5000])
      expect(() => gaussianTables(Float64Array.of(scale))).toThrow(RangeError);
    for (const options of [
      { tailMass: 0 },
      { tailMass: 0.5 },
      { smallestProbability: -1 },
      { smallestProbability: 1 },
    ]) {
      expect(() => gaussianTables(scales, options)).toThrow(RangeError);
    }
  });
});

describe("scaleThresholds", () => {
  const thresholds = scaleThresholds(scales);

  it("lie between neighbouring scales, near their geometric mean", () => {
    expect(thresholds.length).toBe(63);
    for (const [i, threshold] of thresholds.entries()) {
      const middle = Math.sqrt(scales[i]! * scales[i + 1]!);
      expect(Math.abs(threshold / middle - 1), `threshold ${i}`).toBeLessThan(0.02);
    }
  });

  it("cost the same by both neighbours", () => {
    for (const i of [8, 20, 40]) {
      const threshold = thresholds[i]!;
      const [below, above] = [expectedBits(threshold, i), expectedBits(threshold, i + 1)];
      // Both overheads are about 1e-3 of a bit; the integer tables differ from their densities by about 1e-4
      expect(Math.abs(below.cost - above.cost), `threshold ${i}`).toBeLessThan(3e-4);
      expect(below.cost - below.entropy).toBeGreaterThan(5e-4);
    }
  });

  it("overcharge less than rounding the scale up, on average over a step", () => {
    const [low, high] = [scales[30]!, scales[31]!];
    let nearest = 0;
    let roundedUp = 0;
    for (let j = 0; j < 20; j++) {
      const scale = low * (high / low) ** ((j + 0.5) / 20);
      const { entropy, cost } = expectedBits(scale, scaleLevel(scale, thresholds));
      nearest += cost - entropy;
      roundedUp += expectedBits(scale, 31).cost - entropy;
    }
    expect(nearest).toBeLessThan(0.5 * roundedUp);
  });

  it("assign each scale its own level and everything beyond the ends the last one", () => {
    for (const [i, scale] of scales.entries()) expect(scaleLevel(scale, thresholds)).toBe(i);
    expect(scaleLevel(0, thresholds)).toBe(0);
    expect(scaleLevel(1e6, thresholds)).toBe(63);
    for (const [i, threshold] of thresholds.entries()) expect(scaleLevel(threshold, thresholds)).toBe(i + 1);
  });

  it("refuse scales that do not ascend", () => {
    expect(() => scaleThresholds(Float64Array.of(1, 1))).toThrow(RangeError);
    expect(() => scaleThresholds(Float64Array.of(0, 1))).toThrow(RangeError);
    expect(scaleThresholds(Float64Array.of(1)).length).toBe(0);
  });
});

describe.each([
  ["scales", scaleThresholds(scales)],
  ["logarithms of scales", scaleThresholds(scales).map(Math.log)],
  ["a scale that is the only one", new Float64Array(0)],
] as const)("scaleLevels of %s", (_, thresholds) => {
  const rounded = Float64Array.from(Float32Array.from(thresholds));
  const agree = (values: Float32Array): void => {
    const levels = new Uint16Array(values.length);
    scaleLevels(rounded)(values, levels);
    expect([...levels]).toEqual(Array.from(values, (value) => scaleLevel(value, rounded)));
  };

  it("are those of one scale after the other, on both sides of every boundary", () => {
    const bits = new Int32Array(Float32Array.from(rounded).buffer);
    for (const step of [-1, 0, 1]) agree(new Float32Array(bits.map((value) => value + step).buffer));
  });

  it("are so for all magnitudes, and for what is no number", () => {
    const all = Float32Array.from({ length: 4000 }, (_unused, i) => (i % 2 === 0 ? 1 : -1) * 2 ** (i / 14 - 145));
    agree(all);
    agree(Float32Array.of(0, -0, Infinity, -Infinity, Number.NaN));
  });

  it("are so for part of a buffer", () => {
    agree(Float32Array.of(9, 9, 0.3, 2, 70).subarray(2));
  });
});
