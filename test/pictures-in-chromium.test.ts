/**
 * Colours as Chromium draws them to an sRGB canvas: the reference for every way in which a file can tell what its numbers mean.
 * What Chromium does not read (TIFF) is compared with the same picture in a PNG.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DISPLAY_P3_PRIMARIES, primariesToXyzD50 } from "../src/image/colour/rgb-space.ts";
import type { Image } from "../src/image/image.ts";
import { decodeImage } from "../src/image/read-image.ts";
import { missingChromium } from "./support/browser-page.ts";
import { PROJECT } from "./support/child-program.ts";
import {
  greyProfile,
  matrixProfile,
  numbersChunk,
  pngChunk,
  pngFile,
  profileChunk,
  type SampleImage,
  tiffFile,
} from "./support/colour-files.ts";

const missing = missingChromium();
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (missing !== null) {
    process.stderr.write(`pictures-in-chromium.test.ts: not tested here: it needs ${missing}\n`);
    return;
  }
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  page = await browser.newPage();
}, 120_000);
afterAll(() => browser?.close());

/** r, g, b of every pixel as a canvas gives them. */
async function drawn(file: Uint8Array, type: string): Promise<Uint8Array> {
  const levels = await page.evaluate<number[]>(`(async () => {
    const picture = new Image();
    picture.src = "data:${type};base64,${Buffer.from(file).toString("base64")}";
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
  })()`);
  return Uint8Array.from(levels.filter((_, i) => i % 4 !== 3));
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, level, i) => Math.max(most, Math.abs(level - b[i]!)), 0);
}

/** Every 17th level of each channel beside every other. */
const SIDE = 16;
const WIDTH = 64;
function colours(bits: 8 | 16): SampleImage {
  const samples = Array.from({ length: 3 * SIDE ** 3 }, (_, i) => {
    const level = 17 * (Math.floor(Math.floor(i / 3) / SIDE ** (i % 3)) % SIDE);
    return bits === 8 ? level : 257 * level;
  });
  return { width: WIDTH, height: SIDE ** 3 / WIDTH, channels: 3, bits, samples };
}

/** A picture that 8, 10, 12 and 16 bits hold alike: all colours of 0, 1/3, 2/3 and 1 in patches of 8 x 8 pixels. */
function patches(bits: 8 | 16): SampleImage {
  const [size, third] = [64, bits === 8 ? 85 : 21845];
  const samples = Array.from({ length: 3 * size * size }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const patch = ((pixel >> 3) % 8) + 8 * (pixel >> 9);
    return third * ((patch >> (2 * (i % 3))) & 3);
  });
  return { width: size, height: size, channels: 3, bits, samples };
}

const P3 = primariesToXyzD50(DISPLAY_P3_PRIMARIES)!;
const P3_PROFILE = matrixProfile("Some display", P3, 2.2);

const ADOBE_CHROMATICITIES = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06];
const cicp = (primaries: number, transfer: number): Buffer =>
  pngChunk("cICP", Uint8Array.of(primaries, transfer, 0, 1));

const FILES: readonly (readonly [string, () => Buffer])[] = [
  ["no colour at all", () => pngFile(colours(8))],
  [
    "the chunk sRGB and a gamma that it overrules",
    () => pngFile(colours(8), [pngChunk("sRGB", Uint8Array.of(0)), numbersChunk("gAMA", [0.7])]),
  ],
  ["a profile of primaries and a power", () => pngFile(colours(8), [profileChunk(P3_PROFILE)])],
  ["the same in 16 bits", () => pngFile(colours(16), [profileChunk(P3_PROFILE)])],
  ["a linear profile in 16 bits", () => pngFile(colours(16), [profileChunk(matrixProfile("Linear", P3, 1))])],
  [
    "gamma and chromaticities",
    () => pngFile(colours(8), [numbersChunk("gAMA", [1 / 2.2]), numbersChunk("cHRM", ADOBE_CHROMATICITIES)]),
  ],
  ["a linear gamma in 16 bits", () => pngFile(colours(16), [numbersChunk("gAMA", [1])])],
  ["a gamma of 1.8", () => pngFile(colours(8), [numbersChunk("gAMA", [1 / 1.8])])],
  ["the usual gamma of 0.45455", () => pngFile(colours(8), [numbersChunk("gAMA", [0.45455])])],
  ["chromaticities alone", () => pngFile(colours(8), [numbersChunk("cHRM", ADOBE_CHROMATICITIES)])],
  ["cICP of Display P3", () => pngFile(colours(8), [cicp(12, 13)])],
  ["cICP of Display P3 in 16 bits", () => pngFile(colours(16), [cicp(12, 13)])],
  ["cICP of BT.709 with its own curve", () => pngFile(colours(8), [cicp(1, 1)])],
  ["cICP of BT.2020", () => pngFile(colours(8), [cicp(9, 14)])],
  ["cICP of gamma 2.8", () => pngFile(colours(8), [cicp(5, 5)])],
  ["cICP of linear light", () => pngFile(colours(16), [cicp(1, 8)])],
  [
    "cICP and a profile that it overrules",
    () => pngFile(colours(8), [cicp(12, 13), profileChunk(matrixProfile("Other", P3, 1))]),
  ],
  [
    "a grey profile",
    () =>
      pngFile({ width: 64, height: 4, channels: 1, bits: 8, samples: Array.from({ length: 256 }, (_, i) => i) }, [
        profileChunk(greyProfile("Some grey", 1.4)),
      ]),
  ],
];

describe.skipIf(missing !== null)("pictures as Chromium draws them", () => {
  it.each(FILES)("a PNG with %s", async (_, make) => {
    const file = make();
    const { image } = await decodeImage(file);
    expect(largestDifference(image.data, await drawn(file, "image/png"))).toBeLessThanOrEqual(1);
  });

  it("a PNG with a gamma of no display, alone and with chromaticities", async () => {
    const [alone, told] = [[], [numbersChunk("cHRM", ADOBE_CHROMATICITIES)]];
    for (const [gamma, chunks] of [
      [0, told],
      [1, alone],
      [2000, told],
      [700_000, told],
      [2 ** 31, alone],
      [2 ** 32 - 1, told],
    ] as const) {
      const file = pngFile(colours(8), [numbersChunk("gAMA", [gamma / 100_000]), ...chunks]);
      const { image } = await decodeImage(file);
      expect(largestDifference(image.data, await drawn(file, "image/png")), `${gamma}`).toBeLessThanOrEqual(1);
    }
  });

  it.each(["icc-adobe-called-srgb.png", "s16-other.png", "s16-lcms.png", "png-cicp-p3.png", "base.png"])(
    "%s",
    async (name) => {
      const file = await readFile(path.join(PROJECT, "test/pictures", name));
      const { image } = await decodeImage(file, name);
      expect(largestDifference(image.data, await drawn(file, "image/png"))).toBeLessThanOrEqual(1);
    },
  );

  // Chromium's decoder and sharp's differ by a level in what these say before colours are converted; conversion makes more of it in the
  // darks. So Chromium gets sharp's samples, in a PNG that tells their colours in the same way.
  it.each([
    ["avif-nclx-p3.avif", cicp(12, 13)],
    ["avif-linear.avif", cicp(1, 8)],
  ])("%s", async (name, told) => {
    const file = await readFile(path.join(PROJECT, "test/pictures", name));
    const samples = await sharp(file).raw().toBuffer();
    const { image } = await decodeImage(file, name);
    const png = pngFile({ width: image.width, height: image.height, channels: 3, bits: 8, samples }, [told]);
    expect(largestDifference(image.data, await drawn(png, "image/png"))).toBeLessThanOrEqual(1);
  });

  it("an AVIF that names the curve of BT.709 is shown as sRGB", async () => {
    const file = await readFile(path.join(PROJECT, "test/pictures/avif-nclx-p3.avif"));
    file.writeUInt16BE(1, file.indexOf("nclx") + 4);
    file.writeUInt16BE(1, file.indexOf("nclx") + 6);
    const { image, notes } = await decodeImage(file);
    expect(notes).toEqual([]);
    expect(largestDifference(image.data, await drawn(file, "image/avif"))).toBeLessThanOrEqual(1);
  });

  it("8, 10, 12 and 16 bits of one picture of wide gamut, in PNG, TIFF, AVIF and WebP, are one picture", async () => {
    const [eight, sixteen] = [8, 16].map((bits) => pngFile(patches(bits as 8 | 16), [profileChunk(P3_PROFILE)]));
    const reference = await drawn(eight!, "image/png");
    // Kept, not converted: the profile goes along with the samples as they are.
    const kept = (bits: 8 | 16) => sharp(bits === 8 ? eight : sixteen).keepIccProfile();
    const tiff = (bits: 8 | 16): Buffer => {
      const { width, height, samples } = patches(bits);
      const data = bits === 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer);
      return tiffFile({ width, height, bits, photometric: 2, samplesPerPixel: 3, profile: P3_PROFILE, data });
    };
    const avif = { lossless: true, chromaSubsampling: "4:4:4", effort: 0 } as const;
    const renditions: readonly (readonly [string, Buffer])[] = [
      ["PNG 8", eight!],
      ["PNG 16", sixteen!],
      ["TIFF 8", tiff(8)],
      ["TIFF 16", tiff(16)],
      ["AVIF 8", await kept(8).avif(avif).toBuffer()],
      ...(await Promise.all(
        ([10, 12] as const).map(
          async (bitdepth) =>
            [
              `AVIF ${bitdepth}`,
              await kept(16)
                .toColourspace("rgb16")
                .avif({ ...avif, bitdepth })
                .toBuffer(),
            ] as const,
        ),
      )),
      ["WebP 8", await kept(8).webp({ lossless: true, exact: true }).toBuffer()],
    ];
    const pictures: Image[] = [];
    for (const [name, file] of renditions) {
      const { image, notes } = await decodeImage(file, name);
      expect(notes.join(), name).toContain('converted from the embedded profile "Some display" to sRGB');
      expect(largestDifference(image.data, reference), `${name} and Chromium`).toBeLessThanOrEqual(1);
      for (const other of pictures) expect(largestDifference(image.data, other.data), name).toBeLessThanOrEqual(1);
      pictures.push(image);
    }
  });
});
