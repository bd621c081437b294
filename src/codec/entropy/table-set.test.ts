import { describe, expect, it } from "vitest";
import { HalfstepError } from "../../errors.ts";
import { FrequencyTableSet } from "./table-set.ts";

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HalfstepError) return error.code;
    throw error;
  }
  return "no error";
}

const read = (layout: number[], frequencies: number[]) =>
  FrequencyTableSet.deserialize({ layout: Int32Array.from(layout), frequencies: Uint16Array.from(frequencies) });

describe("FrequencyTableSet", () => {
  it("packs tables and gives them back", () => {
    const tables = [
      { firstSymbol: -1, frequencies: Uint16Array.of(1000, 64000, 500, 36) },
      { firstSymbol: 5, frequencies: Uint16Array.of(65535, 1) },
    ];
    const set = FrequencyTableSet.from(tables);
    expect(set.tableCount).toBe(2);
    expect([set.table(0), set.table(1)]).toEqual(tables);
    expect(set.serialize()).toEqual({
      layout: Int32Array.of(-1, 4, 5, 2),
      frequencies: Uint16Array.of(1000, 64000, 500, 36, 65535, 1),
    });
  });

  it("refuses a table index that it does not have", () => {
    const set = read([0, 2], [65535, 1]);
    for (const index of [-1, 1, 0.5, Number.NaN]) expect(() => set.table(index)).toThrow(RangeError);
  });

  it.each([
    ["no table", [], []],
    ["an odd layout", [0, 2, 0], [65535, 1]],
    ["a count below two", [0, 1], [65535]],
    ["a negative count", [0, -2], [65535, 1]],
    ["a count beyond the data", [0, 3], [65535, 1]],
    ["a frequency of zero", [0, 3], [65535, 0, 1]],
    ["a sum below 65536", [0, 2], [65534, 1]],
    ["a sum above 65536", [0, 2], [65535, 2]],
    ["frequencies left over", [0, 2], [65535, 1, 1]],
    ["a value below the range", [-1048576, 2], [65535, 1]],
    ["a value above the range", [1048575, 3], [65534, 1, 1]],
    ["a first value whose range wraps around", [2147483647, 3], [65534, 1, 1]],
  ])("refuses %s as bad-tables", (_, layout, frequencies) => {
    expect(codeOf(() => read(layout, frequencies))).toBe("bad-tables");
  });

  it("refuses more tables than an index can name and a first value that is no integer", () => {
    const layout = new Int32Array(2 * 65537).map((_, i) => (i % 2) * 2);
    const frequencies = new Uint16Array(2 * 65537).fill(32768);
    expect(codeOf(() => FrequencyTableSet.deserialize({ layout, frequencies }))).toBe("bad-tables");
    const frequency = Uint16Array.of(65535, 1);
    expect(codeOf(() => FrequencyTableSet.from([{ firstSymbol: 0.5, frequencies: frequency }]))).toBe("bad-tables");
  });
});
