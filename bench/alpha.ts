/**
 * Bytes of the alpha plane of a drawn logo, beside the alpha of a WebP file (chunk ALPH, lossless) and a grey PNG. This is the table of
 * docs/decisions/0021-alpha.md. Each plane is first read back and compared.
 * Run: `npm run bench -- alpha`.
 */
import sharp from "sharp";
import { AlphaEncoder, alphaRows } from "../src/codec/alpha/alpha-plane.ts";
import { nodeDeflate } from "../src/models/node-deflate.ts";
import { drawnLogo } from "../test/support/drawn-logo.ts";
import type { BenchReport } from "./report.ts";

const SIZES = [
  [150, 90],
  [512, 512],
  [1024, 768],
] as const;

/** Bytes of data in a chunk of a WebP file. @throws {Error} if there is no chunk of that name */
function chunkBytes(webp: Buffer, name: string): number {
  for (let at = 12; at + 8 <= webp.length; ) {
    const bytes = webp.readUInt32LE(at + 4);
    if (webp.toString("latin1", at, at + 4) === name) return bytes;
    at += 8 + bytes + (bytes & 1);
  }
  throw new Error(`the WebP file has no chunk ${name}`);
}

function checkSame(what: string, got: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(got, expected) !== 0) throw new Error(`${what}: alpha did not come back as it was`);
}

/** Measures all sizes. */
export async function benchAlpha(): Promise<BenchReport> {
  const rows: Record<string, string | number>[] = [];
  for (const [width, height] of SIZES) {
    const { data, alpha } = drawnLogo(width, height);
    if (alpha === undefined) throw new Error("internal: the logo has no alpha");
    const encoder = new AlphaEncoder(width, nodeDeflate);
    await encoder.write(alpha);
    const section = await encoder.finish();
    const back: Uint8Array[] = [];
    for await (const row of alphaRows(section, { width, height, deflate: nodeDeflate })) back.push(row);
    checkSame("Halfstep", Buffer.concat(back), alpha);

    const plane = { raw: { width, height, channels: 1 } } as const;
    const webp = await sharp(data, { raw: { width, height, channels: 3 } })
      .joinChannel(Buffer.from(alpha), plane)
      .webp({ alphaQuality: 100, effort: 6 })
      .toBuffer();
    checkSame("WebP", await sharp(webp).extractChannel(3).raw().toBuffer(), alpha);
    const png = await sharp(alpha, plane)
      .toColourspace("b-w")
      .png({ compressionLevel: 9, adaptiveFiltering: true })
      .toBuffer();
    checkSame("PNG", await sharp(png).extractChannel(0).raw().toBuffer(), alpha);
    rows.push({
      pixels: `${width} x ${height}`,
      Halfstep: section.length,
      WebP: chunkBytes(webp, "ALPH"),
      PNG: png.length,
    });
  }
  return {
    name: "Bytes of alpha, without loss",
    rows,
    notes: [
      `WebP: data of the chunk ALPH, effort 6; PNG: a whole grey file, level 9, adaptive filters. sharp ${sharp.versions.sharp}.`,
    ],
  };
}
