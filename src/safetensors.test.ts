import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HalfstepError } from "./errors.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "./safetensors.ts";

/** A file from a header text (padded by hand where a test wants it) and data bytes. */
function file(header: string, data: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HalfstepError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

const tensor: fc.Arbitrary<SafeTensor> = fc
  .tuple(
    fc.constantFrom("F32", "F16", "I32", "I16", "U16", "I8", "U8" as const),
    fc.array(fc.nat(4), { maxLength: 4 }),
    fc.nat(),
  )
  .map(([dtype, shape, start]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, (_, i) => ((start + 77 * i) % 4000) - 2000);
    switch (dtype) {
      case "F32":
      case "F16":
        return { dtype, shape, data: Float32Array.from(values, (v) => v / (dtype === "F32" ? 7 : 4)) };
      case "I32":
        return { dtype, shape, data: Int32Array.from(values) };
      case "I16":
        return { dtype, shape, data: Int16Array.from(values) };
      case "U16":
        return { dtype, shape, data: Uint16Array.from(values) };
      case "I8":
        return { dtype, shape, data: Int8Array.from(values) };
      default:
        return { dtype: "U8", shape, data: Uint8Array.from(values) };
    }
  });

describe("safetensors", () => {
  // Written by hand from the format's description: 1.0 and -2.0 as float32, 2^-24 (the smallest subnormal) and 1 as
  // half, 258 as U16; little-endian, header padded with spaces to a multiple of 8.
  const header =
    '{"__metadata__":{"by":"hand"},' +
    '"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
    '"h":{"dtype":"F16","shape":[1,2],"data_offsets":[8,12]},' +
    '"u":{"dtype":"U16","shape":[],"data_offsets":[12,14]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
  const handMade = file(padded, [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0x01, 0, 0, 0x3c, 2, 1]);
  const contents = new Map<string, SafeTensor>([
    ["u", { dtype: "U16", shape: [], data: Uint16Array.of(258) }],
    ["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, -2) }],
    ["h", { dtype: "F16", shape: [1, 2], data: Float32Array.of(2 ** -24, 1) }],
  ]);

  it("reads a file made by hand", () => {
    const { tensors, metadata } = readSafetensors(handMade);
    expect(metadata).toEqual({ by: "hand" });
    expect([...tensors.keys()]).toEqual(["w", "h", "u"]);
    for (const [name, expected] of contents) expect(tensors.get(name)).toEqual(expected);
  });

  it("writes the file made by hand, byte for byte, whatever the order of the map", () => {
    // "h" before "u": the same element size, then by name.
    expect(writeSafetensors(contents, { by: "hand" })).toEqual(handMade);
    expect(writeSafetensors(new Map([...contents].reverse()), { by: "hand" })).toEqual(handMade);
  });

  it("gives back what was written, also from the middle of a buffer", () => {
    const names = fc.string({ minLength: 1, maxLength: 12 }).filter((name) => name !== "__metadata__");
    fc.assert(
      fc.property(fc.array(fc.tuple(names, tensor)), fc.nat(3), (entries, shift) => {
        const tensors = new Map(entries);
        const bytes = writeSafetensors(tensors, { a: "\u00e4\u0000", "1": '"' });
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const read = readSafetensors(shifted);
        expect(new Map([...read.tensors].sort())).toEqual(new Map([...tensors].sort()));
        expect(read.metadata).toEqual({ a: "\u00e4\u0000", "1": '"' });
      }),
    );
  });

  it("keeps names that a plain object would lose", () => {
    const tensors = new Map<string, SafeTensor>([["__proto__", { dtype: "U8", shape: [1], data: Uint8Array.of(7) }]]);
    expect(readSafetensors(writeSafetensors(tensors)).tensors).toEqual(tensors);
  });

  it("keeps the bits of a NaN", () => {
    const data = new Float32Array(Uint32Array.of(0x7fc12345, 0xff800001).buffer);
    const bytes = writeSafetensors(new Map([["n", { dtype: "F32", shape: [2], data }]]));
    const read = readSafetensors(bytes).tensors.get("n")?.data as Float32Array;
    expect([...new Uint32Array(read.buffer)]).toEqual([0x7fc12345, 0xff800001]);
  });

  const one = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  it.each<[string, Uint8Array, RegExp]>([
    ["too short", new Uint8Array(7), /at least 8/],
    ["a header longer than the file", file("{}").subarray(0, 9), /only 1 bytes follow/],
    ["an absurd header length", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255), /header length/],
    ["no JSON", file("{nope}"), /not JSON/],
    ["bytes that are not UTF-8", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), /UTF-8/],
    ["no object", file("[]"), /not a JSON object/],
    ["a leading space", file(" {}"), /not a JSON object/],
    ["an unknown type", file('{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}', new Array(8).fill(0)), /"F64"/],
    ["a negative size", file('{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', [0]), /shape \[-1\]/],
    ["a huge product", file('{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,1]}}', [0]), /shape/],
    ["nine dimensions", file('{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}', [0]), /shape/],
    ["three offsets", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', [0]), /data_offsets/],
    ["offsets that do not match", file('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}', [0]), /do not hold 2/],
    ["offsets past the end", file(`{"a":${one}}`), /ends at 1, but there are 0/],
    ["trailing bytes", file(`{"a":${one}}`, [1, 2]), /got 2 bytes, expected 1/],
    ["a hole", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', [1, 2]), /hole/],
    ["an overlap", file(`{"a":${one},"b":${one}}`, [1]), /overlap/],
    ["a name twice", file(`{"a":${one},"a":${one}}`, [1]), /"a" twice/],
    ["an unknown field", file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'), /unknown field "x"/],
    ["an entry that is no object", file('{"a":3}'), /not an object/],
    ["metadata that are no strings", file('{"__metadata__":{"a":1}}'), /not a string/],
  ])("refuses %s", (_, bytes, message) => {
    const error = codeOf(() => readSafetensors(bytes));
    expect(error).toMatch(/^bad-safetensors: /);
    expect(error).toMatch(message);
  });

  it("answers damaged bytes with the error or with tensors, and never with anything else", () => {
    const valid = writeSafetensors(contents, { by: "hand" });
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (at, value, length) => {
        const damaged = valid.slice(0, Math.max(length, at + 1));
        damaged[at] = value;
        expect(codeOf(() => readSafetensors(damaged))).toMatch(/^(bad-safetensors: |no error)/);
        if (damaged.length < valid.length) expect(codeOf(() => readSafetensors(damaged))).not.toBe("no error");
      }),
      { numRuns: 1000 },
    );
  });

  it("does not write tensors that contradict themselves", () => {
    const write = (name: string, value: unknown) => () => writeSafetensors(new Map([[name, value as SafeTensor]]));
    expect(write("a", { dtype: "F32", shape: [2], data: new Float32Array(3) })).toThrow(TypeError);
    expect(write("a", { dtype: "I32", shape: [2], data: new Float32Array(2) })).toThrow(TypeError);
    expect(write("a", { dtype: "F64", shape: [2], data: new Float64Array(2) })).toThrow(TypeError);
    expect(write("", { dtype: "F32", shape: [2], data: new Float32Array(2) })).toThrow(TypeError);
    expect(write("__metadata__", { dtype: "F32", shape: [2], data: new Float32Array(2) })).toThrow(TypeError);
    expect(write("a", { dtype: "F16", shape: [1], data: Float32Array.of(65520) })).toThrow(/"a": value 65520/);
    expect(write("a", { dtype: "F16", shape: [1], data: Float32Array.of(Number.POSITIVE_INFINITY) })).not.toThrow();
  });
});
