/** Pictures of 8 and 16 bits with profiles of look-up tables, which sharp has LittleCMS convert: the levels of LittleCMS itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openImage } from "../src/image/bands/open-image.ts";
import { readImage } from "../src/image/read-image.ts";
import { decodeTrainingImage } from "../src/train/data/image-folder.ts";
import { pngFile, profileChunk, tiffFile } from "./support/colour-files.ts";
import { tableSamples, turnedProfile } from "./support/table-colours.ts";
import vectors from "./vectors/littlecms-tables.json" with { type: "json" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-tables-"));
});
afterAll(() => rm(folder, { recursive: true }));

const SIZE = { width: 25, height: 5 };

function picture(kind: string, bits: 8 | 16, profile: Buffer): Buffer {
  const samples = tableSamples(bits);
  if (kind === "PNG") return pngFile({ ...SIZE, channels: 3, bits, samples }, [profileChunk(profile)]);
  const data = bits === 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer);
  return tiffFile({ ...SIZE, bits, photometric: 2, samplesPerPixel: 3, profile, data });
}

const CASES = vectors.flatMap(({ tableBits, srgb }) =>
  (["PNG", "TIFF"] as const).flatMap((kind) =>
    ([8, 16] as const).map((bits) => ({ kind, bits, tableBits: tableBits as 8 | 16, srgb })),
  ),
);

describe("a profile of look-up tables", () => {
  it.each(CASES)("of $tableBits bits converts a $kind of $bits bits", async ({ kind, bits, tableBits, srgb }) => {
    const file = path.join(folder, `${kind}-${bits}-${tableBits}`);
    await writeFile(file, picture(kind, bits, turnedProfile(tableBits)));
    const { image, notes } = await readImage(file);
    const apart = srgb.map((level, i) => Math.abs(level - image.data[i]!));
    // LittleCMS is asked for 8 bits by its usual, quicker way, in which a channel at the edge of sRGB may be three levels off.
    const rough = apart.filter((distance) => distance > 1).length;
    expect([rough <= (bits === 8 ? 2 : 0), Math.max(...apart) <= (bits === 8 ? 3.01 : 1)]).toEqual([true, true]);
    expect(notes.at(-1)).toBe(`the colours were converted from the embedded profile "Turned ${tableBits}" to sRGB`);
    // Passed over, it would not be a matter of levels.
    expect(Math.max(...srgb.map((level, i) => Math.abs(level - tableSamples(8)[i]!)))).toBeGreaterThan(150);

    // The other roads.
    const { source, close } = await openImage(file, { temporaryFolder: folder, wholeUpToPixels: 0 });
    expect(Buffer.compare(await source.readRows(0, SIZE.height), image.data)).toBe(0);
    await close();
    expect(await decodeTrainingImage(file)).toMatchObject({ image: { data: image.data } });
  });
});
