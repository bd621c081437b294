import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../../../test/support/failure-of.ts";
import { readImage } from "../read-image.ts";
import { openImage } from "./open-image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfstep-bands-"));
  await mkdir(join(folder, "temporary"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);

const [WIDTH, HEIGHT] = [41, 67];

/** Every sample another, with slopes that lossy formats keep. */
function samples(channels: 1 | 2 | 3 | 4, alpha: (i: number) => number = () => 255): Sharp {
  const data = Uint8Array.from({ length: channels * WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [Math.floor(i / channels) % WIDTH, Math.floor(i / channels / WIDTH)];
    if (channels % 2 === 0 && i % channels === channels - 1) return alpha(y * WIDTH + x);
    return (5 * x + 3 * y * ((i % channels) + 1) + ((x * y) & 7)) & 255;
  });
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

const FILES: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ["a PNG", () => samples(3).png().toBuffer()],
  ["an interlaced PNG", () => samples(3).png({ progressive: true }).toBuffer()],
  [
    "a PNG with transparent pixels",
    () =>
      samples(4, (i) => (i * 11) & 255)
        .png()
        .toBuffer(),
  ],
  [
    "a PNG whose last pixel alone is transparent",
    () =>
      samples(4, (i) => (i < WIDTH * HEIGHT - 1 ? 255 : 254))
        .png()
        .toBuffer(),
  ],
  ["a PNG with opaque alpha", () => samples(4).png().toBuffer()],
  ["a grey PNG", () => samples(1).toColourspace("b-w").png().toBuffer()],
  [
    "a grey PNG with alpha",
    () =>
      samples(2, (i) => i & 255)
        .toColourspace("b-w")
        .png()
        .toBuffer(),
  ],
  ["a PNG of 16 bits", () => samples(3).linear(0.7, 3).toColourspace("rgb16").png().toBuffer()],
  ["a PNG with a palette", () => samples(3).png({ palette: true, colours: 32 }).toBuffer()],
  ["a JPEG", () => samples(3).jpeg().toBuffer()],
  ["a progressive JPEG", () => samples(3).jpeg({ progressive: true }).toBuffer()],
  ["a JPEG that is turned upright", () => samples(3).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
  ["a mirrored JPEG", () => samples(3).withMetadata({ orientation: 2 }).jpeg().toBuffer()],
  ["a CMYK JPEG", () => samples(3).toColourspace("cmyk").jpeg().toBuffer()],
  ["a JPEG of another profile", () => samples(3).withIccProfile("p3").jpeg().toBuffer()],
  [
    "a WebP",
    () =>
      samples(4, (i) => i & 255)
        .webp({ lossless: true })
        .toBuffer(),
  ],
  ["a TIFF", () => samples(3).tiff({ compression: "lzw" }).toBuffer()],
  ["an AVIF", () => samples(3).avif({ effort: 0 }).toBuffer()],
  ["a GIF", () => samples(3).gif().toBuffer()],
];

/** All rows, in bands that overlap. */
async function rowsOf(path: string, wholeUpToPixels: number) {
  const { source, notes, close } = await openImage(path, { temporaryFolder: at("temporary"), wholeUpToPixels });
  expect(await readdir(at("temporary"))).toEqual([]);
  const { width, height } = source;
  const data = new Uint8Array(3 * width * height);
  for (let top = 0; top < height; top += 9) {
    data.set(await source.readRows(top, Math.min(13, height - top)), 3 * width * top);
  }
  await close();
  return { image: { width, height, data }, notes };
}

describe("openImage", () => {
  it.each(FILES)("reads the rows of %s as readImage does, with its notes, and leaves no file", async (_name, make) => {
    await writeFile(at("image"), await make());
    const expected = await readImage(at("image"));
    expect(expected.image.width * expected.image.height).toBe(WIDTH * HEIGHT);
    expect(await rowsOf(at("image"), 0)).toEqual(expected);
    expect(await rowsOf(at("image"), WIDTH * HEIGHT)).toEqual(expected);
  });

  it("takes the whole of a name, and a file that was replaced as it is now", async () => {
    for (const name of ["page[page=2]", "a [b].png", "plain.png"]) {
      for (const file of [samples(3).png(), samples(4, () => 90).png()]) {
        await writeFile(at(name), await file.toBuffer());
        expect(await rowsOf(at(name), 0)).toEqual(await readImage(at(name)));
      }
    }
  });

  it("refuses what readImage refuses, in the same words, and leaves no file", async () => {
    const whole = await samples(3).png().toBuffer();
    await writeFile(at("empty"), "");
    await writeFile(at("text"), "Dear diary, ...");
    await writeFile(at("svg"), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await writeFile(at("cut"), whole.subarray(0, whole.length - 500));
    await writeFile(at("cut.jpg"), (await samples(3).jpeg().toBuffer()).subarray(0, 900));
    for (const name of ["missing", "temporary", "empty", "text", "svg", "cut", "cut.jpg"]) {
      const expected = await failureOf(readImage(at(name)));
      const got = await failureOf(openImage(at(name), { temporaryFolder: at("temporary"), wholeUpToPixels: 0 }));
      // Where the file comes from is the only thing that sharp words differently.
      const words = expected.message.replace("Input buffer", "Input file");
      expect([got.code, got.message]).toEqual([expected.code, words]);
    }
    expect(await readdir(at("temporary"))).toEqual([]);
  });

  it("asks whether the size will do before it reads the pixels", async () => {
    await writeFile(at("in.png"), await samples(3).png().toBuffer());
    const sizes: (readonly number[])[] = [];
    const refused = openImage(at("in.png"), {
      // Not there: who wrote pixels first would fail by it.
      temporaryFolder: at("missing"),
      wholeUpToPixels: 1,
      accept({ width, height }) {
        sizes.push([width, height]);
        throw new RangeError("too large for me");
      },
    });
    await expect(refused).rejects.toThrow("too large for me");
    expect(sizes).toEqual([[WIDTH, HEIGHT]]);
  });

  it("says where the pixels cannot be kept", async () => {
    await writeFile(at("image"), await samples(3).png().toBuffer());
    const error = await failureOf(openImage(at("image"), { temporaryFolder: at("none"), wholeUpToPixels: 0 }));
    expect([error.code, error.message]).toEqual([
      "cannot-write",
      expect.stringMatching(/image: its pixels cannot be kept in .*none \(.*\), expected 1 MB of room/),
    ]);
    expect(await readFile(at("image"))).toEqual(await samples(3).png().toBuffer());
  });
});
