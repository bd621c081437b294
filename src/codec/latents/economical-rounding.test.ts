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

describe("economicalRounding", () => {
  it.each([5, 40])("takes the cheaper of the two integers around a value, at a weight of %s", (weight) => {
    const round = economicalRounding(tables, weight);
    const reach = (table: number): number => -tables.firstSymbols[table]!;
    const property = fc.property(
      fc.nat(scales.length - 1),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (table, part) => {
        const value = part * reach(table) * 0.999;
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
    const round = economicalRounding(tables, BITS_PER_SQUARED_STEP);
    // The first table has a scale of 0.11: a one costs some 16 bits. The last has 256.
    expect([0.55, -0.55, 0.95].map((value) => round(value, 0))).toEqual([0, 0, 1]);
    expect([0.55, -0.55].map((value) => round(value, scales.length - 1))).toEqual([1, -1]);
  });

  it("takes the nearest if errors are worth any number of bits", () => {
    const round = economicalRounding(tables, Infinity);
    for (const value of [-7.4, -0.51, -0.49, 0.2, 0.51, 3.6]) expect(round(value, 8) + 0).toBe(Math.round(value) + 0);
  });

  it("takes the nearest beyond a table, and refuses what is no number", () => {
    const one = FrequencyTableSet.from([{ firstSymbol: 3, frequencies: Uint16Array.of(40000, 25000, 536) }]);
    const round = economicalRounding(one, 1);
    expect([2.6, 3.2, 3.9, 4.6, 9.5, -9.6].map((value) => round(value, 0))).toEqual([3, 3, 4, 5, 10, -10]);
    expect(() => round(Number.NaN, 0)).toThrow(/expected a finite number/);
    expect(() => round(Infinity, 0)).toThrow(/expected a finite number/);
  });
});
