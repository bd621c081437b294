import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../errors.ts";
import { crc32 } from "./crc32.ts";
import { readStream, type StreamContents, writeStream } from "./stream.ts";
import { HEADER_BYTES_LIMIT, readHeader } from "./stream-header.ts";

const modelIdentity = Uint8Array.of(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef);
const small: StreamContents = {
  modelIdentity,
  width: 300,
  height: 7,
  quality: 5,
  sections: [Uint8Array.of(0x00, 0x80, 0x00, 0x00, 0x42)],
};

/** The code of the typed error that reading gives; any other error fails the test. */
function codeOf(bytes: Uint8Array, read: (bytes: Uint8Array) => unknown = readStream): string {
  try {
    read(bytes);
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    expect(error.message).toMatch(/: .*; /); // where: what; what to do
    return error.code;
  }
  return "no error";
}

/** A stream made of the given bytes behind magic, version, flags and identity, with a right checksum. */
function forge(fields: readonly number[], preamble: readonly number[] = [0x89, 0x48, 0x53, 0x0a, 1, 0]): Uint8Array {
  const body = Uint8Array.of(...preamble, ...modelIdentity, ...fields);
  const crc = crc32(body);
  return Uint8Array.of(...body, crc, crc >>> 8, crc >>> 16, crc >>> 24);
}

const contents: fc.Arbitrary<StreamContents> = fc
  .record({
    modelIdentity: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    width: fc.integer({ min: 1, max: 65535 }),
    height: fc.integer({ min: 1, max: 65535 }),
    quality: fc.integer({ min: 0, max: 65535 }),
    section: fc.uint8Array({ maxLength: 300 }),
  })
  .filter(({ width, height }) => width * height <= 2 ** 28)
  .map(({ section, ...fields }) => ({ ...fields, sections: [section] }));

describe("writeStream and readStream", () => {
  it("give back every field and the section", () => {
    fc.assert(
      fc.property(contents, (written) => {
        const bytes = writeStream(written);
        const { header, sections } = readStream(bytes);
        const { sections: given, ...fields } = written;
        expect(header).toEqual({
          ...fields,
          version: 1,
          hasAlpha: false,
          tileSize: 0,
          payloadByteLength: given[0]?.length,
          headerByteLength: bytes.length - 4 - (given[0]?.length as number),
          streamByteLength: bytes.length,
        });
        expect(sections).toEqual(given);
        expect(header.headerByteLength).toBeLessThanOrEqual(HEADER_BYTES_LIMIT);
      }),
    );
  });

  it("give back the sections of an image in tiles", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 13 }), (sections) => {
        // 4 x 3 tiles of 64 pixels and one section more.
        const fields = { modelIdentity: new Uint8Array(8), width: 200, height: 130, tileSize: 64 };
        const { header, sections: read } = readStream(writeStream({ ...fields, sections }));
        expect(header).toMatchObject({ width: 200, height: 130, tileSize: 64 });
        expect(read).toEqual(sections);
      }),
    );
  });

  it("refuse more sections than tiles, lengths beyond the end and impossible tile sizes", () => {
    const fields = { modelIdentity: new Uint8Array(8), width: 100, height: 64, tileSize: 64 };
    const section = Uint8Array.of(1, 2, 3);
    expect(() => writeStream({ ...fields, sections: [section, section, section, section] })).toThrow(RangeError);
    for (const tileSize of [32, 100, 65536, -64]) {
      expect(() => writeStream({ ...fields, tileSize, sections: [section] })).toThrow(RangeError);
    }
    // The same bytes as one section of an image that is not tiled, then the tile size set and the checksum made anew.
    const retiled = (payload: readonly number[]): Uint8Array => {
      const bytes = writeStream({ ...fields, tileSize: 0, sections: [Uint8Array.from(payload)] });
      const at = readHeader(bytes).headerByteLength - 2;
      bytes[at] = 64;
      const body = bytes.subarray(0, -4);
      new DataView(bytes.buffer).setUint32(body.length, crc32(body), true);
      return bytes;
    };
    expect(readStream(retiled([1, 9, 0, 1, 8])).sections.map((part) => [...part])).toEqual([[9], [], [8]]);
    for (const payload of [[4, 1, 2], [0, 0, 0, 0], [0x80]]) {
      expect(() => readStream(retiled(payload)), String(payload)).toThrow(BitstreamError);
    }
  });

  it("add 26 bytes to a payload of 10 kB at 768 x 512", () => {
    const section = new Uint8Array(10_000);
    expect(writeStream({ modelIdentity, width: 768, height: 512, sections: [section] }).length).toBe(10_026);
  });

  it("read a stream that lies within a larger buffer", () => {
    const bytes = writeStream(small);
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 13);
    expect(readStream(larger.subarray(13, 13 + bytes.length)).sections).toEqual(small.sections);
  });

  it("give back the alpha plane, with sections tiled and not", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.uint8Array({ maxLength: 90 }),
        (alpha, section) => {
          for (const tileSize of [0, 64]) {
            const fields = { modelIdentity: new Uint8Array(8), width: 90, height: 60, tileSize };
            const bytes = writeStream({ ...fields, sections: [section], alpha });
            const { header, sections, alpha: read } = readStream(bytes);
            expect([header.version, header.hasAlpha, read, sections]).toEqual([2, true, alpha, [section]]);
            expect(header.headerByteLength).toBeLessThanOrEqual(HEADER_BYTES_LIMIT);
          }
        },
      ),
    );
  });

  it("write the bytes that FORMAT.md shows", () => {
    const document = readFileSync(new URL("../../../FORMAT.md", import.meta.url), "utf8");
    const block = (name: string) => {
      const text = new RegExp(`\`\`\`${name}\n([^\`]*)\`\`\``).exec(document)?.[1];
      if (text === undefined) throw new Error(`FORMAT.md has no block "${name}"`);
      return Uint8Array.from(text.trim().split(/\s+/), (word) => Number.parseInt(word, 16));
    };
    const sections = [block("payload")];
    // The generator: 89 "HS" 0A, 01, 00, identity, varints 768 512 0 0 12, payload, and zlib.crc32 of all that in Python
    expect(writeStream({ modelIdentity, width: 768, height: 512, sections })).toEqual(block("stream"));
    expect(readStream(block("stream")).sections).toEqual(sections);
    const alpha = block("alpha-section");
    expect(writeStream({ modelIdentity, width: 6, height: 4, sections, alpha })).toEqual(block("alpha-stream"));
    expect(readStream(block("alpha-stream"))).toMatchObject({ alpha, sections });
  });

  it("refuse fields beyond their limits when writing", () => {
    for (const wrong of [
      { width: 0 },
      { height: 65536 },
      { width: 1.5 },
      { width: 16385, height: 16385 },
      { quality: 65536 },
      { quality: -1 },
      { modelIdentity: new Uint8Array(7) },
      { sections: [] },
      { sections: [new Uint8Array(1), new Uint8Array(1)] },
    ]) {
      expect(() => writeStream({ ...small, ...wrong }), JSON.stringify(wrong)).toThrow(RangeError);
    }
  });
});

describe("reading hostile streams", () => {
  const bytes = writeStream(small);

  it("reports every truncation", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(bytes.subarray(0, length)), `${length} bytes`).toBe("truncated");
    }
  });

  it("rejects every single flipped bit with a typed error", () => {
    const codes = new Set<string>();
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
      const code = codeOf(flipped);
      expect(code, `bit ${bit}`).not.toBe("no error");
      codes.add(code);
    }
    expect([...codes].sort()).toEqual([
      "bad-header",
      "bad-magic",
      "checksum-mismatch",
      "limit-exceeded",
      "truncated",
      "unsupported-version",
    ]);
  });

  it("rejects bytes after the end", () => {
    expect(codeOf(Uint8Array.of(...bytes, 0))).toBe("bad-header");
    expect(codeOf(Uint8Array.of(...bytes, ...bytes))).toBe("bad-header");
  });

  it("rejects random bytes, with and without a valid beginning", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(14), (random, kept) => {
        expect(codeOf(Uint8Array.of(...bytes.subarray(0, kept), ...random))).not.toBe("no error");
      }),
      { numRuns: 5000 },
    );
  });

  it("calls an empty file truncated and another file's beginning bad-magic", () => {
    expect(codeOf(new Uint8Array(0))).toBe("truncated");
    expect(codeOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a))).toBe("bad-magic");
    expect(codeOf(Uint8Array.of(0x89, 0x48, 0x53, 0x0d, 0x0a, 1, 0))).toBe("bad-magic");
    expect(codeOf(Uint8Array.of(0xff))).toBe("bad-magic");
  });

  it.each([
    ["a later version", "unsupported-version", forge([1, 1, 0, 0, 0], [0x89, 0x48, 0x53, 0x0a, 3, 0])],
    ["version 2 without its flag", "bad-header", forge([1, 1, 0, 0, 0], [0x89, 0x48, 0x53, 0x0a, 2, 0])],
    ["an alpha plane of no bytes", "bad-header", forge([1, 1, 0, 0, 1, 0], [0x89, 0x48, 0x53, 0x0a, 2, 1])],
    [
      "an alpha plane longer than the payload",
      "bad-header",
      forge([1, 1, 0, 0, 2, 2, 9], [0x89, 0x48, 0x53, 0x0a, 2, 1]),
    ],
    [
      "a payload without the length of its alpha plane",
      "truncated",
      forge([1, 1, 0, 0, 0], [0x89, 0x48, 0x53, 0x0a, 2, 1]),
    ],
    ["an alpha plane alone", "no error", forge([1, 1, 0, 0, 2, 1, 9], [0x89, 0x48, 0x53, 0x0a, 2, 1])],
    ["a reserved flag", "bad-header", forge([1, 1, 0, 0, 0], [0x89, 0x48, 0x53, 0x0a, 1, 1])],
    ["width 0", "limit-exceeded", forge([0, 1, 0, 0, 0])],
    ["height 0", "limit-exceeded", forge([1, 0, 0, 0, 0])],
    ["width 65536", "limit-exceeded", forge([0x80, 0x80, 4, 1, 0, 0, 0])],
    ["height 65536", "limit-exceeded", forge([1, 0x80, 0x80, 4, 0, 0, 0])],
    ["65535 x 65535 pixels", "limit-exceeded", forge([0xff, 0xff, 3, 0xff, 0xff, 3, 0, 0, 0])],
    ["quality 65536", "limit-exceeded", forge([1, 1, 0x80, 0x80, 4, 0, 0])],
    ["a tile size of 65", "limit-exceeded", forge([1, 1, 0, 65, 0])],
    ["a section of 4 GiB", "limit-exceeded", forge([1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ["a section of 1 GiB that is not there", "truncated", forge([1, 1, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x04])],
    ["a width in too many bytes", "bad-header", forge([0x81, 0, 1, 0, 0, 0])],
    ["nothing wrong", "no error", forge([1, 1, 0, 0, 0])],
  ])("names the cause: %s", (_, code, forged) => {
    expect(codeOf(forged)).toBe(code);
  });
});

describe("readHeader", () => {
  it("needs no more than the header, whatever follows", () => {
    const bytes = writeStream({ ...small, sections: [new Uint8Array(5000)] });
    const { headerByteLength, streamByteLength } = readHeader(bytes);
    expect(streamByteLength).toBe(bytes.length);
    expect(readHeader(bytes.subarray(0, headerByteLength))).toEqual(readHeader(bytes));
    expect(readHeader(Uint8Array.of(...bytes.subarray(0, headerByteLength), 9, 9, 9))).toEqual(readHeader(bytes));
    expect(codeOf(bytes.subarray(0, headerByteLength - 1), readHeader)).toBe("truncated");
  });

  it("gives an identity that does not share memory with the stream", () => {
    const bytes = writeStream(small);
    const { modelIdentity: identity } = readHeader(bytes);
    bytes.fill(0);
    expect(identity).toEqual(modelIdentity);
    // A Buffer's slice is a view.
    const buffer = Buffer.from(writeStream(small));
    const fromBuffer = readHeader(buffer).modelIdentity;
    buffer.fill(0);
    expect(fromBuffer).toEqual(modelIdentity);
  });
});
