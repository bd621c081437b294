import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../errors.ts";
import { SymbolDecoder } from "./rans-decoder.ts";
import { SymbolEncoder } from "./rans-encoder.ts";
import { FrequencyTableSet } from "./table-set.ts";

/** Tables in which escapes are common, so that damaged bytes reach every path. */
const tables = FrequencyTableSet.from([
  { firstSymbol: -2, frequencies: Uint16Array.of(4000, 9000, 30000, 9000, 4000, 9536) },
  { firstSymbol: 0, frequencies: Uint16Array.of(60000, 5536) },
  { firstSymbol: 1048570, frequencies: Uint16Array.of(20000, 45536) },
  { firstSymbol: -1048575, frequencies: Uint16Array.of(20000, 45536) },
]);

const indexesOf = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 7 + (i >> 3)) % 4);

/** Decodes everything; a typed error gives its code, any other error escapes and fails the test. */
function decodeAll(bytes: Uint8Array, count: number): Int32Array | string {
  const out = new Int32Array(count);
  try {
    const decoder = new SymbolDecoder(bytes);
    decoder.decode(indexesOf(count), tables, out);
    decoder.finish();
    return out;
  } catch (error) {
    if (error instanceof BitstreamError) return error.code;
    throw error;
  }
}

function encodeAll(symbols: Int32Array): Uint8Array {
  const encoder = new SymbolEncoder();
  encoder.push(symbols, indexesOf(symbols.length), tables);
  return encoder.finish();
}

const sample = Int32Array.from({ length: 120 }, (_, i) => ((i * i * 31) % 7) - 3 + (i % 41 === 0 ? 1000 * i : 0));

describe("the decoder on hostile bytes", () => {
  it("reports every truncation, whatever the length", () => {
    const bytes = encodeAll(sample);
    expect(decodeAll(bytes, sample.length)).toEqual(sample);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeAll(bytes.subarray(0, length), sample.length), `${length} bytes`).toBe("truncated");
    }
  });

  it("reports bytes that are left over", () => {
    const bytes = encodeAll(sample);
    expect(decodeAll(Uint8Array.of(...bytes, 0), sample.length)).toBe("corrupt-payload");
    expect(decodeAll(bytes, sample.length - 1)).toBe("corrupt-payload");
  });

  it("never gives the original symbols after any single bit was flipped", () => {
    const bytes = encodeAll(sample);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
      const result = decodeAll(flipped, sample.length);
      if (typeof result === "string") expect(["truncated", "corrupt-payload"]).toContain(result);
      else expect(result).not.toEqual(sample);
    }
  });

  it("ends in symbols or a typed error on random bytes, and accepts only what the encoder writes", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(40), (bytes, count) => {
        const result = decodeAll(bytes, count);
        if (typeof result === "string") {
          expect(["truncated", "corrupt-payload"]).toContain(result);
        } else {
          accepted++;
          expect(encodeAll(result)).toEqual(bytes);
        }
      }),
      { numRuns: 20_000, examples: [[Uint8Array.of(0, 0x80, 0, 0), 0]] },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it("refuses an escape that is out of range and a state that is out of range", () => {
    const seen = new Set<string>();
    for (let high = 0; high < 0x10000; high += 3) {
      const bytes = Uint8Array.of(high >>> 8, high, 0xf0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
      const out = new Int32Array(3);
      try {
        new SymbolDecoder(bytes).decode(Uint8Array.of(2, 3, 2), tables, out);
        for (const symbol of out) expect(Math.abs(symbol)).toBeLessThan(1048576);
      } catch (error) {
        if (!(error instanceof BitstreamError)) throw error;
        seen.add(error.message.replace(/-?\d+/g, "#"));
      }
    }
    const messages = [...seen].join("\n");
    expect(messages).toMatch(/got state/);
    expect(messages).toMatch(/got escape exponent/);
    expect(messages).toMatch(/got symbol/);
  });
});
