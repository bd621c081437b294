import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matrixProfile, pngChunk, pngFile } from "../../test/support/colour-files.ts";
import { failureOf } from "../../test/support/failure-of.ts";
import { SRGB } from "./colour/rgb-space.ts";
import type { Image } from "./image.ts";
import { decodeImage, encodePng, readImage } from "./read-image.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfstep-read-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Smooth but different in every pixel and channel, so that a swapped row, column or channel shows. */
function ramp(width: number, height: number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[at++] = 20 + (200 * x) / width;
      data[at++] = 20 + (200 * y) / height;
      data[at++] = 220 - (100 * (x + y)) / (width + height);
    }
  }
  return { width, height, data };
}

function pipeline({ width, height, data }: Image): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function largestDifference(a: Image, b: Image): number {
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  return a.data.reduce((most, level, i) => Math.max(most, Math.abs(level - b.data[i]!)), 0);
}

describe("decodeImage", () => {
  it("gives back what encodePng wrote, at every level and for odd sizes down to one pixel", async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 17],
      [33, 7],
    ] as const) {
      const image = ramp(width, height);
      for (const options of [{}, { compressionLevel: 0 }, { compressionLevel: 9, adaptiveFiltering: true }]) {
        expect(await decodeImage(await encodePng(image, options))).toEqual({ image, notes: [] });
      }
    }
  });

  it("reads the lossless formats exactly and the lossy ones closely, without a note", async () => {
    const image = ramp(48, 32);
    const source = pipeline(image);
    for (const file of [source.clone().webp({ lossless: true }), source.clone().tiff({ compression: "lzw" })]) {
      expect(await decodeImage(await file.toBuffer())).toEqual({ image, notes: [] });
    }
    for (const file of [
      source.clone().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
      source.clone().webp({ quality: 95 }),
      source.clone().avif({ quality: 90 }),
    ]) {
      const read = await decodeImage(await file.toBuffer());
      expect(read.notes).toEqual([]);
      expect(largestDifference(read.image, image)).toBeLessThan(16);
    }
  });

  it("reads the first frame of an animation and says so", async () => {
    const frames = await Promise.all(
      ["#c80000", "#00c800", "#0000c8"].map((background) =>
        sharp({ create: { width: 8, height: 6, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { image, notes } = await decodeImage(gif);
    expect([image.width, image.height, ...image.data.subarray(0, 3)]).toEqual([8, 6, 200, 0, 0]);
    expect(notes).toEqual(["only the first of 3 frames was read"]);
  });

  it("reduces 16-bit samples to the nearest level and says so", async () => {
    const { width, height } = { width: 9, height: 5 };
    const samples = Uint16Array.from({ length: 3 * width * height }, (_, i) => (i * 9973) & 0xffff);
    const raw = sharp(samples, { raw: { width, height, channels: 3 } });
    const { image, notes } = await decodeImage(await raw.toColourspace("rgb16").png().toBuffer());
    expect([...image.data]).toEqual([...samples].map((sample) => Math.round(sample / 257)));
    expect(notes).toEqual(["16-bit samples were reduced to 8-bit"]);
  });

  it("flattens alpha onto white, rounding to the nearest level, and says so only if a pixel is transparent", async () => {
    const rgba = Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0, 100, 101, 102, 128, 255, 255, 255, 3);
    const png = (data: Uint8Array): Promise<Buffer> =>
      sharp(data, { raw: { width: 2, height: 2, channels: 4 } })
        .png()
        .toBuffer();
    const { image, notes } = await decodeImage(await png(rgba));
    const over = (level: number, alpha: number): number => Math.round((level * alpha + 255 * (255 - alpha)) / 255);
    expect([...image.data]).toEqual([
      10,
      20,
      30,
      255,
      255,
      255,
      ...[100, 101, 102].map((v) => over(v, 128)),
      255,
      255,
      255,
    ]);
    expect(notes).toEqual(["transparent pixels were flattened onto white"]);

    const opaque = rgba.map((value, i) => (i % 4 === 3 ? 255 : value));
    expect((await decodeImage(await png(opaque))).notes).toEqual([]);
  });

  it("expands grey, with and without alpha, and says so", async () => {
    const grey = pipeline(ramp(6, 4)).toColourspace("b-w");
    const levels = await grey.clone().raw().toBuffer();
    const expanded = [...levels].flatMap((level) => [level, level, level]);
    const plain = await decodeImage(await grey.clone().png().toBuffer());
    expect([...plain.image.data]).toEqual(expanded);
    expect(plain.notes).toEqual(["grey was expanded to RGB"]);
    const withAlpha = await decodeImage(await grey.clone().ensureAlpha(1).png().toBuffer());
    expect([...withAlpha.image.data]).toEqual(expanded);
    expect(withAlpha.notes).toEqual(["grey was expanded to RGB"]);
  });

  it("converts a CMYK JPEG to sRGB near the original colours and says so", async () => {
    const original = { width: 16, height: 16, data: new Uint8Array(3 * 256).fill(128) };
    const cmyk = await pipeline(original).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(cmyk).metadata()).channels).toBe(4);
    const { image, notes } = await decodeImage(cmyk);
    expect(notes).toEqual(["the colours were converted from CMYK to sRGB"]);
    // The built-in ink profile moves a mid grey by up to 14 levels; the inks taken for RGB would be far further off.
    expect(largestDifference(image, original)).toBeLessThan(20);
  });

  it("says that a profile which is none of inks was left out of a CMYK picture, and reads it as without", async () => {
    const original = { width: 16, height: 16, data: new Uint8Array(3 * 256).fill(128) };
    const cmyk = await pipeline(original).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
    const plain = await decodeImage(cmyk);
    for (const profile of [matrixProfile("of light", SRGB.toXyzD50, 2.2), Buffer.alloc(300, "rubbish")]) {
      const body = Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), profile]);
      const segment = Buffer.alloc(4);
      segment.writeUInt16BE(0xffe2);
      segment.writeUInt16BE(body.length + 2, 2);
      const { image, notes } = await decodeImage(Buffer.concat([cmyk.subarray(0, 2), segment, body, cmyk.subarray(2)]));
      expect(notes).toEqual([
        "the colours were converted from CMYK to sRGB",
        expect.stringMatching(/^the embedded profile ".*" does not fit these samples and was left out$/),
      ]);
      expect(image).toEqual(plain.image);
    }
  });

  it("speaks of no conversion of greys that primaries do not move", async () => {
    const samples = Array.from({ length: 16 }, (_, i) => 17 * i);
    // Display P3 with the curve of sRGB.
    const told = pngChunk("cICP", Uint8Array.of(12, 13, 0, 1));
    const { image, notes } = await decodeImage(pngFile({ width: 4, height: 4, channels: 1, bits: 8, samples }, [told]));
    expect(notes).toEqual(["grey was expanded to RGB"]);
    expect([...image.data]).toEqual(samples.flatMap((level) => [level, level, level]));
  });

  it("converts an embedded wide-gamut profile and names it, and leaves an sRGB profile as it is", async () => {
    const original = ramp(24, 16);
    const wide = await decodeImage(await pipeline(original).withIccProfile("p3").png().toBuffer());
    expect(wide.notes).toEqual(['the colours were converted from the embedded profile "sP3C" to sRGB']);
    // There and back through 8 bits; without the conversion saturated pixels would differ by tens of levels.
    expect(largestDifference(wide.image, original)).toBeLessThanOrEqual(4);
    const plain = await pipeline(original).withIccProfile("srgb").png().toBuffer();
    expect(await decodeImage(plain)).toEqual({ image: original, notes: [] });
  });

  it("turns a rotated JPEG upright and says so", async () => {
    const upright = ramp(40, 24);
    // Orientation 6: the stored rows are the columns of the upright picture, so it is stored turned a quarter to the left.
    const stored = await pipeline(upright).rotate(-90).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer();
    const tagged = await sharp(stored).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
    const { image, notes } = await decodeImage(tagged);
    expect([image.width, image.height]).toEqual([40, 24]);
    expect(largestDifference(image, upright)).toBeLessThan(16);
    expect(notes).toEqual(["the pixels were turned upright (EXIF orientation 6)"]);
  });

  it("refuses truncated files of every format", async () => {
    const source = pipeline(ramp(64, 48));
    const files = [
      source.clone().png(),
      source.clone().jpeg(),
      source.clone().webp(),
      source.clone().avif(),
      source.clone().gif(),
    ];
    for (const file of files) {
      const bytes = await file.toBuffer();
      for (const part of [0, 0.05, 0.6, 0.95]) {
        const error = await failureOf(decodeImage(bytes.subarray(0, Math.floor(part * bytes.length)), "part.bin"));
        expect(error.code).toBe("not-an-image");
        expect(error.message).toMatch(/^part\.bin: got /);
      }
    }
  });

  it("refuses formats that are no photographs and images beyond the limits", async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    expect((await failureOf(decodeImage(svg))).message).toMatch(
      /got an SVG drawing, which is not read; expected JPEG, PNG/,
    );
    const wide = await sharp({ create: { width: 70_000, height: 1, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const error = await failureOf(decodeImage(wide, "wide.png"));
    expect(error.code).toBe("image-too-large");
    expect(error.message).toMatch(/70000 x 1 pixels, expected at most 65535/);
  });
});

describe("readImage", () => {
  it("reads a file by its contents, whatever its name", async () => {
    const image = ramp(5, 3);
    const path = join(folder, "photo.jpg");
    await writeFile(path, await encodePng(image));
    expect(await readImage(path)).toEqual({ image, notes: [] });
  });

  it("says cannot-read for a missing file and for a folder", async () => {
    const missing = await failureOf(readImage(join(folder, "missing.png")));
    expect([missing.code, missing.message]).toEqual([
      "cannot-read",
      expect.stringContaining("missing.png: no such file"),
    ]);
    await mkdir(join(folder, "folder.png"));
    const directory = await failureOf(readImage(join(folder, "folder.png")));
    expect([directory.code, directory.message]).toEqual(["cannot-read", expect.stringContaining("is a folder")]);
  });

  it("says not-an-image for a text file with an image's name, and shows what it found", async () => {
    const path = join(folder, "text.png");
    await writeFile(path, "Dear diary, ...");
    const error = await failureOf(readImage(path));
    expect(error.code).toBe("not-an-image");
    expect(error.message).toContain('start with "Dear diary, ..."');
    await writeFile(path, "");
    expect((await failureOf(readImage(path))).message).toMatch(/got an empty file/);
  });
});
