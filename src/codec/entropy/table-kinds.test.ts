import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../errors.ts";
import { gaussianScales, gaussianTables } from "./gaussian-tables.ts";
import { tablesFromPmfs } from "./pmf-tables.ts";
import { SymbolDecoder } from "./rans-decoder.ts";
import { FREQUENCY_TOTAL, FrequencyTableSet } from "./table-set.ts";

/** What the decoder reads when the low 16 bits of its state are `slot`; NaN for an escape with no valid value behind it. */
function symbolAtSlot(set: FrequencyTableSet, tableIndex: number, slot: number): number {
  const state = (0x4000 << 16) | slot;
  // The bytes behind the state only serve renormalisation and, for an escape, its value
  const bytes = Uint8Array.of(state >>> 24, state >>> 16, state >>> 8, state, 0, 0, 0, 0, 0, 0, 0, 0);
  const out = new Int32Array(1);
  try {
    new SymbolDecoder(bytes).decode(Uint16Array.of(tableIndex), set, out);
  } catch (error) {
    if (error instanceof BitstreamError && error.message.includes("escape")) return Number.NaN;
    throw error;
  }
  return out[0]!;
}

/** The properties that every table of every kind has; `entryStride` > 1 looks at every n-th entry of a long table. */
function checkTable(set: FrequencyTableSet, tableIndex: number, entryStride = 1): void {
  const begin = set.entryStarts[tableIndex]!;
  const end = set.entryStarts[tableIndex + 1]!;
  const first = set.firstSymbols[tableIndex]!;
  const count = end - begin;
  expect(count).toBeGreaterThanOrEqual(2);
  let start = 0;
  for (let i = 0; i < count; i++) {
    const entry = set.entries[begin + i]!;
    const frequency = entry & 0xffff;
    if (entry >>> 16 !== start || frequency < 1) throw new Error(`table ${tableIndex}: entry ${i} breaks the sum`);
    if (i % entryStride === 0 || i >= count - 2) {
      for (const slot of [start, start + (frequency >> 1), start + frequency - 1]) {
        const symbol = symbolAtSlot(set, tableIndex, slot);
        if (i < count - 1) expect(symbol).toBe(first + i);
        else expect(symbol >= first && symbol < first + count - 1).toBe(false);
      }
    }
    start += frequency;
  }
  expect(start).toBe(FREQUENCY_TOTAL);
}

function checkSet(set: FrequencyTableSet, entryStride = 1): void {
  for (let i = 0; i < set.tableCount; i++) checkTable(set, i, entryStride);
  const again = FrequencyTableSet.deserialize(set.serialize());
  expect(again.entries).toEqual(set.entries);
  expect(again.firstSymbols).toEqual(set.firstSymbols);
  expect(again.entryStarts).toEqual(set.entryStarts);
  expect(again.coarse).toEqual(set.coarse);
}

describe("tables of every kind partition the 65536 slots, and the decoder finds each entry at both ends and in the middle", () => {
  it("Gaussian tables", () => checkSet(gaussianTables(gaussianScales()), 5));

  it("Gaussian tables that keep their tails", () =>
    checkSet(gaussianTables(Float64Array.of(0.01, 1, 100), { tailMass: 1e-12, smallestProbability: 0 })));

  it("tables of arbitrary probabilities", () => {
    const distribution = fc.record({
      firstSymbol: fc.integer({ min: -1000, max: 1000 }),
      pmf: fc
        .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 })
        .filter((values) => values.some((value) => value > 0))
        .map((values) => Float64Array.from(values)),
      escapeMass: fc.double({ min: 0, max: 0.9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(distribution, { minLength: 1, maxLength: 5 }), (distributions) =>
        checkSet(tablesFromPmfs(distributions)),
      ),
      { numRuns: 50 },
    );
  });

  it("the smallest and the longest table", () => {
    checkSet(FrequencyTableSet.from([{ firstSymbol: 7, frequencies: Uint16Array.of(1, 65535) }]));
    checkSet(FrequencyTableSet.from([{ firstSymbol: -3, frequencies: new Uint16Array(65536).fill(1) }]), 97);
  });

  it("tables at both ends of the range of values", () => {
    checkSet(FrequencyTableSet.from([{ firstSymbol: -1048575, frequencies: Uint16Array.of(65000, 536) }]));
    const set = FrequencyTableSet.from([{ firstSymbol: 1048574, frequencies: Uint16Array.of(30000, 35000, 536) }]);
    expect(symbolAtSlot(set, 0, 29999)).toBe(1048574);
    expect(symbolAtSlot(set, 0, 30000)).toBe(1048575);
  });
});
