import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussianScales, gaussianTables } from "../entropy/gaussian-tables.ts";
import { FREQUENCY_TOTAL, FrequencyTableSet } from "../entropy/table-set.ts";
import { BITS_PER_SQUARED_STEP, economicalRounding } from "./economical-rounding.ts";

const scales = gaussianScales({ levels: 16 });
const tables = gaussianTables(scales);

/** Bits of a value by a table of the set, computed from what the set holds. */
function bits(table: number, value: number): number {
  const place = tables.entryStarts[table]! + value - tables.firstSymbols[table]!;
  return -Math.log2((tables.entries[place]! & 0xffff) / FREQUENCY_TOTAL);
}

/** The rounding of one value, which lies among others that are not coded and has a mean. */
function rounding(set: FrequencyTableSet, weight: number): (value: number, table: number) => number {
  const round = economicalRounding(set, weight);
  return (value, table) => {
    const symbols = new Int32Array(2);
    const mean = 0.25;
    const latents = Float32Array.of(99, value, 99, value + mean);
    const levels = Uint16Array.of(table, table);
    round({ latents, places: Int32Array.of(1, 3), means: Float32Array.of(0, mean), tables: levels }, symbols);
    expect(symbols[1]).toBe(symbols[0]);
    const alone = new Int32Array(1);
    round({ latents: latents.subarray(1, 2), places: null, means: null, tables: levels.subarray(1) }, alone);
    expect(alone[0]).toBe(symbols[0]);
    return alone[0]!;
  };
}

describe("economicalRounding", () => {
  it.each([5, 40])("takes the cheaper of the two integers around a value, at a weight of %s", (weight) => {
    const round = rounding(tables, weight);
    const reach = (table: number): number => -tables.firstSymbols[table]!;
    const property = fc.property(
      fc.nat(scales.length - 1),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (table, part) => {
        // With or without a mean of 0.25, float32 holds it as it is.
        const value = Math.round(4096 * part * reach(table) * 0.999) / 4096;
        const cost = (symbol: number): number => bits(table, symbol) + weight * (value - symbol) ** 2;
        const [below, above] = [Math.floor(value), Math.floor(value) + 1];
        const symbol = round(value, table);
        expect([below, above]).toContain(symbol);
        expect(cost(symbol)).toBeLessThanOrEqual(Math.min(cost(below), cost(above)) + 1e-9);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it("leaves out what is small and unlikely, and keeps it where it is likely", () => {
    const round = rounding(tables, BITS_PER_SQUARED_STEP);
    // The first table has a scale of 0.11: a one costs some 16 bits. The last has 256.
    expect([0.55, -0.55, 0.95].map((value) => round(value, 0))).toEqual([0, 0, 1]);
    expect([0.55, -0.55].map((value) => round(value, scales.length - 1))).toEqual([1, -1]);
  });

  it("takes the nearest if errors are worth any number of bits", () => {
    const round = rounding(tables, Infinity);
    for (const value of [-7.4, -0.51, -0.49, 0.2, 0.51, 3.6]) expect(round(value, 8) + 0).toBe(Math.round(value) + 0);
  });

  it("takes the nearest beyond a table, and refuses what is no number", () => {
    const one = FrequencyTableSet.from([{ firstSymbol: 3, frequencies: Uint16Array.of(40000, 25000, 536) }]);
    const round = rounding(one, 1);
    expect([2.6, 3.2, 3.9, 4.6, 9.5, -9.6].map((value) => round(value, 0))).toEqual([3, 3, 4, 5, 10, -10]);
    expect(() => round(Number.NaN, 0)).toThrow(/expected a finite number/);
    expect(() => round(Infinity, 0)).toThrow(/expected a finite number/);
    expect([1e12, -1e12].map((value) => round(value, 0))).toEqual([1048575, -1048575]);
  });
});
