import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SymbolDecoder } from "./rans-decoder.ts";
import { SymbolEncoder } from "./rans-encoder.ts";
import { FrequencyTableSet } from "./table-set.ts";

const document = readFileSync(new URL("../../../FORMAT.md", import.meta.url), "utf8");

/** The numbers in a fenced block of FORMAT.md. */
function block(name: string, radix: number): number[] {
  const text = new RegExp(`\`\`\`${name}\n([^\`]*)\`\`\``).exec(document)?.[1];
  if (text === undefined) throw new Error(`FORMAT.md has no block "${name}"`);
  return text
    .trim()
    .split(/\s+/)
    .map((word) => Number.parseInt(word, radix));
}

const tables = FrequencyTableSet.from([
  { firstSymbol: -1, frequencies: Uint16Array.of(8192, 49152, 7168, 1024) },
  { firstSymbol: 0, frequencies: Uint16Array.of(65535, 1) },
]);

/** The encoder of FORMAT.md, word for word, on BigInt: the generator of the vector, and slow. */
function encodeByTheBook(symbols: readonly number[], indexes: readonly number[]): number[] {
  const steps: [frequency: bigint, start: bigint][] = [];
  const bits = (value: number, n: number) => steps.push([1n << BigInt(16 - n), BigInt(value) << BigInt(16 - n)]);
  symbols.forEach((symbol, k) => {
    const { firstSymbol: first, frequencies } = tables.table(indexes[k]!);
    const last = first + frequencies.length - 2;
    const inside = symbol >= first && symbol <= last;
    const entry = inside ? symbol - first : frequencies.length - 1;
    const start = frequencies.slice(0, entry).reduce((sum, frequency) => sum + frequency, 0);
    steps.push([BigInt(frequencies[entry]!), BigInt(start)]);
    if (inside) return;
    const distance = symbol > last ? symbol - last : first - symbol;
    const exponent = Math.floor(Math.log2(distance));
    const rest = distance - 2 ** exponent;
    bits(2 * exponent + (symbol > last ? 0 : 1), 6);
    if (exponent > 16) bits(Math.floor(rest / 65536), exponent - 16);
    if (exponent > 0) bits(rest % 65536, Math.min(exponent, 16));
  });
  const bytes: number[] = [];
  let x = 1n << 23n;
  for (const [f, s] of steps.reverse()) {
    for (; x >= f << 15n; x /= 256n) bytes.unshift(Number(x % 256n));
    x = 65536n * (x / f) + (x % f) + s;
  }
  for (let i = 0; i < 4; i++, x /= 256n) bytes.unshift(Number(x % 256n));
  return bytes;
}

function encode(symbols: readonly number[], indexes: readonly number[]): number[] {
  const encoder = new SymbolEncoder();
  encoder.push(Int32Array.from(symbols), Uint8Array.from(indexes), tables);
  return [...encoder.finish()];
}

describe("the payload vector of FORMAT.md", () => {
  const symbols = block("symbols", 10);
  const indexes = block("indexes", 10);
  const payload = block("payload", 16);

  it("is what the text of FORMAT.md gives and what the encoder writes", () => {
    expect(encodeByTheBook(symbols, indexes)).toEqual(payload);
    expect(encode(symbols, indexes)).toEqual(payload);
  });

  it("decodes to its symbols", () => {
    const out = new Int32Array(symbols.length);
    const decoder = new SymbolDecoder(Uint8Array.from(payload));
    decoder.decode(Uint8Array.from(indexes), tables, out);
    decoder.finish();
    expect([...out]).toEqual(symbols);
  });

  it("is no exception: encoder and text agree on any symbols", () => {
    const symbol = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -1048575, max: 1048575 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(symbol, fc.nat(1)), { maxLength: 60 }), (pairs) => {
        const [values, tableIndexes] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
        expect(encode(values, tableIndexes)).toEqual(encodeByTheBook(values, tableIndexes));
      }),
    );
  });
});
