/** The alpha plane by both deflates: lossless, by whatever rows it comes, and safe against hostile bytes. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AlphaEncoder, alphaRows, checkAlpha } from "../src/codec/alpha/alpha-plane.ts";
import { webDeflate } from "../src/codec/alpha/deflate.ts";
import { BitstreamError } from "../src/errors.ts";
import { nodeDeflate } from "../src/models/node-deflate.ts";

const DEFLATES = [
  ["Node's zlib", nodeDeflate],
  ["the web's streams", webDeflate],
] as const;

const planes = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(3))
  .chain(([width, height, step, kind]) =>
    fc.infiniteStream(fc.nat(255)).map((draws) => {
      const plane = Uint8Array.from({ length: width * height }, (_, i) => {
        if (kind === 0) return draws.next().value as number;
        if (kind === 1) return i % width > height ? 255 : 0;
        return kind === 2 ? (7 * (i % width) + 3 * Math.floor(i / width)) & 255 : 255;
      });
      return { width, height, step, plane };
    }),
  );

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (reason: unknown) => (reason instanceof BitstreamError ? reason.code : reason),
  );
}

it("of FORMAT.md is read as it stands there", async () => {
  const document = readFileSync(new URL("../FORMAT.md", import.meta.url), "utf8");
  const numbers = (name: string, radix: number): readonly number[] => {
    const text = new RegExp(`\`\`\`${name}\n([^\`]*)\`\`\``).exec(document)?.[1] ?? "";
    return text
      .trim()
      .split(/\s+/)
      .map((word) => Number.parseInt(word, radix));
  };
  // The generator: rows filtered by 1, 4, 3 and 2, and zlib.compressobj(9, zlib.DEFLATED, -15) in Python
  const section = Uint8Array.from(numbers("alpha-section", 16));
  for (const [, deflate] of DEFLATES) {
    const rows: number[] = [];
    for await (const row of alphaRows(section, { width: 6, height: 4, deflate })) rows.push(...row);
    expect(rows).toEqual(numbers("alpha", 10));
  }
});

describe.each(DEFLATES)("an alpha plane by %s", (_, deflate) => {
  it("comes back to the last bit, by rows of any number, by either deflate", async () => {
    await fc.assert(
      fc.asyncProperty(planes, async ({ width, height, step, plane }) => {
        const encoder = new AlphaEncoder(width, deflate);
        for (let top = 0; top < height; top += step) {
          await encoder.write(plane.subarray(width * top, width * Math.min(height, top + step)));
        }
        const section = await encoder.finish();
        for (const [, other] of DEFLATES) {
          const rows: Uint8Array[] = [];
          for await (const row of alphaRows(section, { width, height, deflate: other })) rows.push(row);
          expect(Buffer.concat(rows).equals(plane)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  const size = { width: 3, height: 2, deflate };
  const lines = [0, 1, 2, 3, 4, 9, 9, 9];
  it.each([
    ["a row too few", lines.slice(0, 4)],
    ["a part of a row too few", lines.slice(0, 7)],
    ["a byte too many", [...lines, 0]],
    ["a filter that there is not", [5, ...lines.slice(1)]],
    ["nothing", []],
  ])("is refused with %s", async (_, bytes) => {
    expect(await failureOf(checkAlpha(deflateRawSync(Uint8Array.from(bytes)), size))).toBe("corrupt-payload");
  });

  it("is refused when its deflate is damaged, cut, or goes on after its end", async () => {
    const section = deflateRawSync(Uint8Array.from(lines));
    expect(await failureOf(checkAlpha(section, size))).toBe("no error");
    for (let length = 0; length < section.length; length++) {
      expect(await failureOf(checkAlpha(section.subarray(0, length), size)), `${length} bytes`).toBe("corrupt-payload");
    }
    // Node 20's web streams pass over what browsers refuse; web-entry.test.ts asks one.
    if (deflate === nodeDeflate) {
      expect(await failureOf(checkAlpha(Uint8Array.of(...section, 0), size))).toBe("corrupt-payload");
    }
    expect(await failureOf(checkAlpha(Uint8Array.of(255, 255, 255), size))).toBe("corrupt-payload");
  });

  it("that is a bomb ends at the first row too many, in little memory", async () => {
    const bomb = deflateRawSync(new Uint8Array(2 ** 28));
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 1);
    expect(await failureOf(checkAlpha(bomb, { width: 100, height: 100, deflate }))).toBe("corrupt-payload");
    clearInterval(watch);
    expect(Math.max(most, process.memoryUsage().arrayBuffers - before)).toBeLessThan(2 ** 25);
  });
});
