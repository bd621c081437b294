import { describe, expect, it } from "vitest";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { SymbolEncoder } from "../entropy/rans-encoder.ts";
import { FrequencyTableSet } from "../entropy/table-set.ts";
import { isWorthCoding, readPresence, writePresence } from "./optional-channels.ts";

const written = (present: Uint8Array): Uint8Array => {
  const encoder = new SymbolEncoder();
  writePresence(encoder, present);
  return encoder.finish();
};

describe("presence of channels", () => {
  it("comes back as it was written, and the decoder is at the end", () => {
    const cases = [new Uint8Array(5), Uint8Array.of(1), Uint8Array.of(0, 1, 0, 0, 1), new Uint8Array(448).fill(1)];
    for (const present of cases) {
      const decoder = new SymbolDecoder(written(present));
      expect(readPresence(decoder, present.length)).toEqual(present);
      decoder.finish();
    }
  });

  it("costs a bit where nothing is there, and one more for each channel where something is", () => {
    // Four bytes are the state of the coder.
    expect(written(new Uint8Array(448)).length).toBeLessThanOrEqual(5);
    const some = new Uint8Array(448);
    some[7] = 1;
    expect(written(some).length).toBeLessThanOrEqual(4 + 449 / 8 + 1);
  });

  it("refuses what is neither a yes nor a no", () => {
    const encoder = new SymbolEncoder();
    const tables = FrequencyTableSet.from([{ firstSymbol: 0, frequencies: Uint16Array.of(32768, 32767, 1) }]);
    encoder.push(Int32Array.of(2), new Uint8Array(1), tables);
    expect(() => readPresence(new SymbolDecoder(encoder.finish()), 4)).toThrow(/neither there nor not/);
  });
});

describe("isWorthCoding", () => {
  it("is false for values that round to 0, and for one small value among many", () => {
    expect(isWorthCoding(new Float32Array(100).fill(0.49), Number.POSITIVE_INFINITY)).toBe(false);
    const one = new Float32Array(1000);
    one[3] = 0.51;
    expect(isWorthCoding(one, 40)).toBe(false);
  });

  it("is true for what saves more than it costs", () => {
    const one = new Float32Array(1000);
    one[3] = 3;
    expect(isWorthCoding(one, 40)).toBe(true);
    expect(isWorthCoding(new Float32Array(1000).fill(1), 40)).toBe(true);
    expect(isWorthCoding(one, 1)).toBe(false);
  });
});
