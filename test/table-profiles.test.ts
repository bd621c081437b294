/** Pictures of 8 and 16 bits with profiles of look-up tables: the levels of LittleCMS where it makes no coarser table of the conversion first. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openImage } from "../src/image/bands/open-image.ts";
import { readProfile } from "../src/image/colour/icc-profile.ts";
import { readTables } from "../src/image/colour/icc-tables.ts";
import { spaceConverter } from "../src/image/colour/srgb-converter.ts";
import { decodeImage, readImage } from "../src/image/read-image.ts";
import { decodeTrainingImage } from "../src/train/data/image-folder.ts";
import { pngFile, profileChunk, tiffFile } from "./support/colour-files.ts";
import {
  GREY_TABLE_PROFILES,
  GREYS,
  NAME,
  TABLE_COLOURS,
  TABLE_PROFILES,
  tableSamples,
} from "./support/table-colours.ts";
import vectors from "./vectors/littlecms-tables.json" with { type: "json" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-tables-"));
});
afterAll(() => rm(folder, { recursive: true }));

const WIDTH = 49;
const SIZE = { width: WIDTH, height: TABLE_COLOURS / WIDTH };

function picture(kind: string, bits: 8 | 16, profile: Buffer): Buffer {
  const samples = tableSamples(bits);
  if (kind === "PNG") return pngFile({ ...SIZE, channels: 3, bits, samples }, [profileChunk(profile)]);
  const data = bits === 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer);
  return tiffFile({ ...SIZE, bits, photometric: 2, samplesPerPixel: 3, profile, data });
}

const COLOUR_VECTORS = vectors.filter(({ tables }) => TABLE_PROFILES.has(tables));
const GREY_VECTORS = vectors.filter(({ tables }) => GREY_TABLE_PROFILES.has(tables));
const CASES = COLOUR_VECTORS.flatMap(({ tables, srgb }) =>
  (["PNG", "TIFF"] as const).flatMap((kind) => ([8, 16] as const).map((bits) => ({ kind, bits, tables, srgb }))),
);

/** Whole numbers below a limit, the same ones for the same seed. */
function drawnNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

describe("a profile of look-up tables", () => {
  it.each(CASES)("$tables converts a $kind of $bits bits", async ({ kind, bits, tables, srgb }) => {
    const file = path.join(folder, `${kind}-${bits}-${tables}`);
    await writeFile(file, picture(kind, bits, TABLE_PROFILES.get(tables)!));
    const { image, notes } = await readImage(file);
    const apart = srgb.map((level, i) => Math.abs(level - image.data[i]!));
    // Half a level is the rounding to whole ones; LittleCMS rounds between the steps of a table too, to 16 bits.
    expect(Math.max(...apart)).toBeLessThan(1);
    expect(notes.at(-1)).toBe(`the colours were converted from the embedded profile "${NAME}" to sRGB`);
    // Passed over, it would not be a matter of levels.
    expect(Math.max(...srgb.map((level, i) => Math.abs(level - tableSamples(8)[i]!)))).toBeGreaterThan(150);

    // The other roads.
    const { source, close } = await openImage(file, { temporaryFolder: folder, wholeUpToPixels: 0 });
    expect(Buffer.compare(await source.readRows(0, SIZE.height), image.data)).toBe(0);
    await close();
    expect(await decodeTrainingImage(file)).toMatchObject({ image: { data: image.data } });
  });

  it.each(GREY_VECTORS)("$tables converts greys of 8 and of 16 bits", async ({ tables, srgb }) => {
    const profile = profileChunk(GREY_TABLE_PROFILES.get(tables)!);
    for (const bits of [8, 16] as const) {
      const samples = bits === 8 ? GREYS : GREYS.map((level) => 257 * level);
      const { image, notes } = await decodeImage(
        pngFile({ width: 16, height: 16, channels: 1, bits, samples }, [profile]),
      );
      expect(Math.max(...srgb.map((level, i) => Math.abs(level - image.data[i]!)))).toBeLessThan(1);
      expect(notes).toContain(`the colours were converted from the embedded profile "${NAME}" to sRGB`);
    }
  });

  it("that leads to another device, and not to colours, is left out", async () => {
    const link = Buffer.from(TABLE_PROFILES.get("lut16Type")!);
    link.write("RGB ", 20, "latin1");
    const { image, notes } = await decodeImage(picture("TIFF", 8, link));
    expect(Buffer.compare(image.data, Uint8Array.from(tableSamples(8)))).toBe(0);
    expect(notes).toEqual([
      `the embedded profile "${NAME}" does not fit these samples and was left out; the colours were taken for sRGB`,
    ]);
  });

  it("that cannot be read is left out with a note, and no damage to one makes reading fail", async () => {
    const samples = tableSamples(8);
    for (const [tables, whole] of TABLE_PROFILES) {
      const random = drawnNumbers(tables.length);
      let leftOut = 0;
      for (let round = 0; round < 40; round++) {
        const profile = Buffer.from(whole);
        // The first bytes of the tags of tables have lengths, offsets and types.
        const at = profile.indexOf(/lutA/.test(tables) ? "mAB " : "mft");
        for (let k = 0; k < 3; k++) profile[at + random(64)] = random(256);
        const spaceOfDamaged = readProfile(profile);
        if (spaceOfDamaged.kind !== "tables") throw new Error("the table of tags was not touched");
        const space = readTables(spaceOfDamaged.table, spaceOfDamaged.connection, 3);
        if (space === null) leftOut++;
        else spaceConverter(space, 255).convert(Uint8Array.from(samples), 3, new Uint8Array(samples.length));
      }
      expect(leftOut, tables).toBeGreaterThan(0);
      const profile = Buffer.from(whole);
      profile.write("what", profile.indexOf(/lutA/.test(tables) ? "mAB " : "mft"));
      const { image, notes } = await decodeImage(picture("PNG", 8, profile));
      expect(Buffer.compare(image.data, Uint8Array.from(samples))).toBe(0);
      expect(notes).toEqual([
        `the embedded profile "${NAME}" holds tables that cannot be read and was left out; the colours were taken for sRGB`,
      ]);
    }
  });
});
