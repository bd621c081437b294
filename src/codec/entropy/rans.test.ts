import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uniformSource } from "../../../test/support/uniform-source.ts";
import { gaussianScales, gaussianTables } from "./gaussian-tables.ts";
import { informationBits } from "./information.ts";
import { SymbolDecoder } from "./rans-decoder.ts";
import { SymbolEncoder } from "./rans-encoder.ts";
import { FrequencyTableSet } from "./table-set.ts";

const gaussian = gaussianTables(gaussianScales());
/** Extremes of what a table may be: near-certain, rare, longest, and at both ends of the range of values. */
const extreme = FrequencyTableSet.from([
  { firstSymbol: 0, frequencies: Uint16Array.of(65535, 1) },
  { firstSymbol: 0, frequencies: Uint16Array.of(1, 65535) },
  { firstSymbol: -100, frequencies: new Uint16Array(65536).fill(1) },
  { firstSymbol: -1048575, frequencies: Uint16Array.of(32768, 32768) },
  { firstSymbol: 1048575, frequencies: Uint16Array.of(1, 65535) },
]);

type Push = readonly [symbols: Int32Array, indexes: Uint8Array | Uint16Array, tables: FrequencyTableSet];

function roundTrip(pushes: readonly Push[]): Uint8Array {
  const encoder = new SymbolEncoder();
  for (const push of pushes) encoder.push(...push);
  const bytes = encoder.finish();
  const decoder = new SymbolDecoder(bytes);
  for (const [symbols, indexes, tables] of pushes) {
    const out = new Int32Array(symbols.length);
    decoder.decode(indexes, tables, out);
    expect(out).toEqual(symbols);
  }
  decoder.finish();
  return bytes;
}

/** Symbols drawn from the tables themselves, escapes left out; `level` chooses the table of each. */
function drawSymbols(count: number, tables: FrequencyTableSet, level: (uniform: number) => number, seed: number) {
  const uniform = uniformSource(seed);
  const symbols = new Int32Array(count);
  const indexes = Uint8Array.from({ length: count }, () => level(uniform()));
  for (let i = 0; i < count; i++) {
    const begin = tables.entryStarts[indexes[i]!]!;
    const escapeStart = tables.entries[tables.entryStarts[indexes[i]! + 1]! - 1]! >>> 16;
    const slot = Math.floor(uniform() * escapeStart);
    let entry = begin;
    while (tables.entries[entry + 1]! >>> 16 <= slot) entry++;
    symbols[i] = tables.firstSymbols[indexes[i]!]! + entry - begin;
  }
  return { symbols, indexes };
}

const symbol = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: -3000, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -1048575, max: 1048575 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1048575, 1048575, -65536, 65535, 65536, 131071) },
);
const pushOf = (tables: FrequencyTableSet, maxLength: number): fc.Arbitrary<Push> =>
  fc
    .array(fc.tuple(symbol, fc.nat(tables.tableCount - 1)), { maxLength })
    .map((pairs) => [Int32Array.from(pairs, (pair) => pair[0]), Uint16Array.from(pairs, (pair) => pair[1]), tables]);

describe("SymbolEncoder and SymbolDecoder", () => {
  it("give back any symbols, escapes and extremes included, over any sequence of table sets", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pushOf(gaussian, 200), pushOf(extreme, 50)), { maxLength: 5 }), (pushes) => {
        const bytes = roundTrip(pushes);
        const bits = pushes.reduce((sum, push) => sum + informationBits(...push), 0);
        expect(bytes.length).toBeLessThanOrEqual(Math.ceil(bits * 1.0005) / 8 + 5);
        expect(bytes.length).toBeGreaterThan(bits / 8 - 1);
      }),
      { numRuns: 300 },
    );
  });

  it("write the four bytes of the initial state for no symbols at all", () => {
    expect([...roundTrip([])]).toEqual([0x00, 0x80, 0x00, 0x00]);
    expect([...roundTrip([[new Int32Array(0), new Uint8Array(0), gaussian]])]).toEqual([0x00, 0x80, 0x00, 0x00]);
  });

  it("carry every single symbol of every extreme table, and its neighbours", () => {
    for (const value of [-1048575, -1048574, -101, -100, -1, 0, 1, 2, 65434, 65435, 1048574, 1048575]) {
      for (let table = 0; table < extreme.tableCount; table++) {
        roundTrip([[Int32Array.of(value), Uint8Array.of(table), extreme]]);
      }
    }
  });

  it("carry every distance of an escape around each power of two", () => {
    const distances = Array.from({ length: 20 }, (_, n) => [2 ** n - 1, 2 ** n, 2 ** n + 1]).flat();
    const symbols = Int32Array.from([...distances, ...distances.map((distance) => -distance)]);
    roundTrip([[symbols, new Uint8Array(symbols.length), extreme]]);
  });

  it("carry long runs of a near-certain symbol in almost no bytes and of a rare one in two bytes each", () => {
    const count = 100_000;
    const certain = roundTrip([[new Int32Array(count), new Uint8Array(count), extreme]]);
    expect(certain.length).toBeLessThanOrEqual(5); // 100000 * 2.2e-5 bits = 2.2 bits
    const rare = roundTrip([[new Int32Array(count), new Uint8Array(count).fill(1), extreme]]);
    expect(rare.length).toBe(2 * count + 4);
  });

  it.each([
    ["0.7 bits a symbol, mixed levels", (u: number) => Math.floor(26 * u ** 2), 300_000, 0.0002],
    ["levels near certainty", (u: number) => Math.floor(8 * u), 300_000, 0.003],
    ["wide tables", (u: number) => 30 + Math.floor(34 * u), 30_000, 0.0002],
  ])("stay within the stated overhead over the information content: %s", (_, level, count, overhead) => {
    const { symbols, indexes } = drawSymbols(count, gaussian, level, 1);
    const bytes = roundTrip([[symbols, indexes, gaussian]]);
    const bits = informationBits(symbols, indexes, gaussian);
    expect(8 * bytes.length).toBeGreaterThanOrEqual(bits);
    expect((8 * bytes.length - bits) / bits).toBeLessThan(overhead);
  });

  it("copy what is pushed", () => {
    const encoder = new SymbolEncoder();
    const symbols = Int32Array.of(1, 2, 3);
    encoder.push(symbols, Uint8Array.of(40, 40, 40), gaussian);
    symbols.fill(0);
    const out = new Int32Array(3);
    new SymbolDecoder(encoder.finish()).decode(Uint8Array.of(40, 40, 40), gaussian, out);
    expect([...out]).toEqual([1, 2, 3]);
  });

  it("refuse symbols, tables and lengths out of range, and add nothing when they do", () => {
    const encoder = new SymbolEncoder();
    encoder.push(Int32Array.of(5), Uint8Array.of(20), gaussian);
    for (const value of [1048576, -1048576, 2147483647, -2147483648]) {
      expect(() => encoder.push(Int32Array.of(0, value), Uint8Array.of(0, 0), gaussian)).toThrow(RangeError);
      expect(() => encoder.push(Int32Array.of(0, value), Uint8Array.of(0, 4), extreme)).toThrow(RangeError);
    }
    expect(() => encoder.push(Int32Array.of(0, 0), Uint8Array.of(0, 64), gaussian)).toThrow(RangeError);
    expect(() => encoder.push(Int32Array.of(0, 0), Uint8Array.of(0), gaussian)).toThrow(RangeError);
    const other = new SymbolEncoder();
    other.push(Int32Array.of(5), Uint8Array.of(20), gaussian);
    expect(encoder.finish()).toEqual(other.finish());
  });

  it("refuse use after the end", () => {
    const encoder = new SymbolEncoder();
    const bytes = encoder.finish();
    expect(() => encoder.finish()).toThrow(TypeError);
    expect(() => encoder.push(new Int32Array(0), new Uint8Array(0), gaussian)).toThrow(TypeError);
    const decoder = new SymbolDecoder(bytes);
    expect(() => decoder.decode(Uint8Array.of(64), gaussian, new Int32Array(1))).toThrow(RangeError);
    expect(() => decoder.decode(Uint8Array.of(0), gaussian, new Int32Array(2))).toThrow(RangeError);
    expect(() => informationBits(new Int32Array(1), Uint8Array.of(64), gaussian)).toThrow(RangeError);
    expect(() => informationBits(new Int32Array(1), new Uint8Array(0), gaussian)).toThrow(RangeError);
  });
});
