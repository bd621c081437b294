/**
 * Pictures as they come (test/pictures): what each is read as, by every road on which commands read pictures: as a whole, by bands of rows
 * (as a large one), and for training. Their colours are compared with Chromium's in pictures-in-chromium.test.ts.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HalfstepError } from "../src/errors.ts";
import { openImage } from "../src/image/bands/open-image.ts";
import { readProfile } from "../src/image/colour/icc-profile.ts";
import { spaceConverter } from "../src/image/colour/srgb-converter.ts";
import type { Image } from "../src/image/image.ts";
import { readImage } from "../src/image/read-image.ts";
import { decodeTrainingImage } from "../src/train/data/image-folder.ts";
import { PROJECT } from "./support/child-program.ts";
import {
  greyProfile,
  matrixProfile,
  numbersChunk,
  pngChunk,
  pngFile,
  profileChunk,
  tiffFile,
} from "./support/colour-files.ts";
import { failureOf } from "./support/failure-of.ts";

const caseFile = (name: string): string => path.join(PROJECT, "test/pictures", name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-cases-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}

interface Read {
  readonly image: Image;
  readonly notes: readonly string[];
}

/** As a large picture is read: from a temporary file of rows. */
async function readByBands(file: string): Promise<Read> {
  const { source, notes, close } = await openImage(file, { temporaryFolder: folder, wholeUpToPixels: 0 });
  const { width, height } = source;
  const data = new Uint8Array(3 * width * height);
  for (let top = 0; top < height; top += 7)
    data.set(await source.readRows(top, Math.min(7, height - top)), 3 * width * top);
  await close();
  return { image: { width, height, data }, notes };
}

/** That both are one picture with one set of notes; quicker than `toEqual`, which walks through every byte. */
function expectSame(got: unknown, expected: Read): void {
  if (typeof got !== "object" || got === null || !("image" in got)) expect(got).toEqual(expected);
  const { image, notes } = got as Read;
  expect([image.width, image.height, notes]).toEqual([expected.image.width, expected.image.height, expected.notes]);
  expect(Buffer.compare(image.data, expected.image.data)).toBe(0);
}

/** What all roads read. */
async function readEverywhere(file: string): Promise<Read> {
  const whole = await readImage(file);
  expectSame(await readByBands(file), whole);
  expectSame(await decodeTrainingImage(file), whole);
  return whole;
}

/** How all roads refuse: the code, and the message without the name of the file. */
async function refusedEverywhere(file: string): Promise<{ readonly code: string; readonly message: string }> {
  const errors: HalfstepError[] = [];
  for (const read of [readImage, readByBands]) {
    errors.push(await failureOf(read(file)));
  }
  const [first, second] = errors as [HalfstepError, HalfstepError];
  expect([second.code, second.message]).toEqual([first.code, first.message]);
  const message = first.message.slice(file.length + 2);
  expect(await decodeTrainingImage(file)).toEqual({ reason: message });
  return { code: first.code, message };
}

function largestDifference(a: Image, b: Image): number {
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  return a.data.reduce((most, level, i) => Math.max(most, Math.abs(level - b.data[i]!)), 0);
}

const SIXTEEN = "16-bit samples were reduced to 8-bit";

describe("colour", () => {
  it.each(["s16-other.png", "s16-lcms.png"])(
    "reads %s, 16 bits with a profile that is sRGB, as the same picture of 8 bits",
    async (name) => {
      const { image, notes } = await readEverywhere(caseFile(name));
      expect(largestDifference(image, (await readImage(caseFile("base.png"))).image)).toBeLessThanOrEqual(1);
      expect(notes).toEqual([SIXTEEN]);
    },
  );

  it("judges a profile by what it does: one called sRGB that is Adobe RGB is converted", async () => {
    const { image, notes } = await readEverywhere(caseFile("icc-adobe-called-srgb.png"));
    expect(notes).toEqual(['the colours were converted from the embedded profile "sRGB" to sRGB']);
    const { data } = await sharp(caseFile("icc-adobe-called-srgb.png")).raw().toBuffer({ resolveWithObject: true });
    // sharp has 8 bits converted by LittleCMS.
    expect(largestDifference(image, { ...image, data })).toBeLessThanOrEqual(1);
  });

  it("converts 10 bits from all of them", async () => {
    const file = caseFile("avif10-adobe.avif");
    const { image, notes } = await readEverywhere(file);
    const profile = readProfile((await sharp(file).metadata()).icc as Buffer);
    if (profile.kind !== "space") throw new Error("the profile is not of primaries");
    const raw = await sharp(file, { ignoreIcc: true }).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
    const samples = new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2).map((sample) => sample >> 6);
    const data = new Uint8Array(samples.length);
    spaceConverter(profile.space, 1023).convert(samples, 3, data);
    expect(largestDifference(image, { ...image, data })).toBe(0);
    expect(notes).toEqual([
      "10-bit samples were reduced to 8-bit",
      'the colours were converted from the embedded profile "Compatible with Adobe RGB (1998)" to sRGB',
    ]);
  });

  it.each([
    ["avif-nclx-p3.avif", "Display P3"],
    ["avif-linear.avif", "linear BT.709"],
    ["png-cicp-p3.png", "Display P3"],
  ])("converts %s, which tells its colours by numbers, and names them", async (name, colours) => {
    const { image, notes } = await readEverywhere(caseFile(name));
    expect(notes).toEqual([`the colours were converted from ${colours} to sRGB`]);
    expect(largestDifference(image, (await readImage(caseFile("base.png"))).image)).toBeGreaterThan(20);
  });

  it.each([
    ["avif-hlg10.avif", "HLG"],
    ["png-cicp-pq16.png", "PQ"],
  ])("refuses %s, which is of high dynamic range", async (name, curve) => {
    expect(await refusedEverywhere(caseFile(name))).toEqual({
      code: "unsupported-colours",
      message: `got high dynamic range (${curve}), expected a picture of standard dynamic range; map its tones to sRGB first`,
    });
  });

  it("refuses code points that name no colours", async () => {
    const png = pngFile({ width: 1, height: 1, channels: 3, bits: 8, samples: [1, 2, 3] }, [
      pngChunk("cICP", Uint8Array.of(77, 13, 0, 1)),
    ]);
    const { code, message } = await refusedEverywhere(await written("code-points.png", png));
    expect([code, message]).toEqual([
      "unsupported-colours",
      expect.stringContaining("colour primaries 77 and transfer 13"),
    ]);
  });

  it("leaves out a profile that does not fit, and does not call the colours converted", async () => {
    const { image, notes } = await readEverywhere(caseFile("icc-rgb-on-grey.jpg"));
    expect(notes).toEqual([
      "grey was expanded to RGB",
      'the embedded profile "Compatible with Adobe RGB (1998)" does not fit these samples and was left out; the colours were taken for sRGB',
    ]);
    const data = await sharp(caseFile("icc-rgb-on-grey.jpg"), { ignoreIcc: true })
      .toColourspace("srgb")
      .raw()
      .toBuffer();
    expect(largestDifference(image, { ...image, data })).toBe(0);
    const samples = [10, 20, 30];
    const damaged = pngFile({ width: 1, height: 1, channels: 3, bits: 8, samples }, [
      profileChunk(matrixProfile("Short", [1, 0, 0, 0, 1, 0, 0, 0, 1], 2).fill(0, 400)),
    ]);
    expect((await readEverywhere(await written("damaged-profile.png", damaged))).image.data).toEqual(
      Uint8Array.from(samples),
    );
  });

  it("converts by a grey profile in 8 and in 16 bits alike", async () => {
    const ramp = (bits: 8 | 16) =>
      pngFile(
        {
          width: 16,
          height: 16,
          channels: 1,
          bits,
          samples: Array.from({ length: 256 }, (_, i) => (bits === 8 ? i : 257 * i)),
        },
        [profileChunk(greyProfile("Some grey", 1.4))],
      );
    const eight = await readEverywhere(await written("grey8.png", ramp(8)));
    const sixteen = await readEverywhere(await written("grey16.png", ramp(16)));
    expect(sixteen.image).toEqual(eight.image);
    expect(eight.notes).toEqual([
      "grey was expanded to RGB",
      'the colours were converted from the embedded profile "Some grey" to sRGB',
    ]);
    expect(eight.image.data[3 * 128]).toBeGreaterThan(150);
  });

  it("does not take the words of a picture for a decision: gamma and chromaticities count only together", async () => {
    const samples = Array.from({ length: 3 * 64 }, (_, i) => 4 * Math.floor(i / 3));
    const picture = { width: 8, height: 8, channels: 3, bits: 8, samples } as const;
    const linear = await readEverywhere(await written("linear.png", pngFile(picture, [numbersChunk("gAMA", [1])])));
    expect(linear.notes).toEqual(["the colours were converted by the gamma and chromaticities in the file to sRGB"]);
    const usual = await readEverywhere(await written("usual.png", pngFile(picture, [numbersChunk("gAMA", [0.45455])])));
    expect([usual.notes, [...usual.image.data]]).toEqual([[], samples]);
  });
});

describe("kinds of samples", () => {
  it.each([
    ["tiff-float32-grey.tif", "floating-point samples"],
    ["large-float-grey.tif", "floating-point samples"],
    ["tiff-uint32-grey.tif", "samples of 32 bits"],
    ["tiff-int16-grey.tif", "signed samples"],
  ])("refuses %s at every size: what is white is not known", async (name, what) => {
    expect(await refusedEverywhere(caseFile(name))).toEqual({
      code: "unsupported-samples",
      message: `got ${what}, which do not say what is black and what is white, expected unsigned samples of 8 or 16 bits; convert it first`,
    });
  });

  it.each([
    ["tiff-5bands.tif", "2 channels that are neither colour nor transparency were left out"],
    ["tiff-extra-unspecified.tif", "a channel that is neither colour nor transparency was left out"],
  ])("leaves out the channels of %s that have no meaning", async (name, note) => {
    const { image, notes } = await readEverywhere(caseFile(name));
    expect(notes).toEqual([note]);
    expect(image).toEqual((await readImage(caseFile("base.png"))).image);
  });

  it("reads signed and floating-point RGB of 8 to 64 bits never", async () => {
    for (const [bits, sampleFormat] of [
      [8, 2],
      [32, 2],
      [32, 1],
      [64, 3],
    ] as const) {
      const tiff = tiffFile({
        width: 2,
        height: 2,
        bits,
        sampleFormat,
        photometric: 2,
        samplesPerPixel: 3,
        data: new Uint8Array((12 * bits) / 8),
      });
      const { code } = await refusedEverywhere(await written(`${bits}-${sampleFormat}.tif`, tiff));
      expect(code, `${bits} bits, format ${sampleFormat}`).toBe("unsupported-samples");
    }
  });

  it("takes alpha of a TIFF as it is told: straight, multiplied into the colours, or not at all", async () => {
    const data = Uint8Array.of(100, 50, 20, 128, 0, 0, 0, 0, 10, 20, 30, 255, 64, 64, 64, 64);
    const tiff = (kind: number) =>
      tiffFile({ width: 2, height: 2, bits: 8, photometric: 2, samplesPerPixel: 4, extraSamples: [kind], data });
    const read = async (kind: number) =>
      (await readImage(await written(`alpha-${kind}.tif`, tiff(kind)), { background: null })).image;
    const colours = [100, 50, 20, 0, 0, 0, 10, 20, 30, 64, 64, 64];
    expect(await read(0)).toEqual({ width: 2, height: 2, data: Uint8Array.from(colours) });
    expect(await read(2)).toEqual({
      width: 2,
      height: 2,
      data: Uint8Array.from(colours),
      alpha: Uint8Array.of(128, 0, 255, 64),
    });
    const divided = await read(1);
    expect(divided.alpha).toEqual(Uint8Array.of(128, 0, 255, 64));
    for (const [i, level] of [199, 100, 40, 0, 0, 0, 10, 20, 30, 255, 255, 255].entries()) {
      expect(Math.abs(divided.data[i]! - level)).toBeLessThanOrEqual(1);
    }
    for (const kind of [0, 1, 2]) await readEverywhere(path.join(folder, `alpha-${kind}.tif`));
  });
});

describe("what is dropped", () => {
  it.each([
    ["anim.png", "only the first of 3 frames was read"],
    ["ultrahdr.jpg", "the gain map was left out; the picture of standard dynamic range was read"],
  ])("is said of %s", async (name, note) => {
    expect((await readEverywhere(caseFile(name))).notes).toEqual([note]);
  });

  it("is said of further pictures that the index of a JPEG names", async () => {
    const jpeg = await sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
    const index = Buffer.alloc(4 + 8 + 2 + 12 + 4);
    index.write("MPF\0MM\0*", "latin1");
    index.writeUInt32BE(8, 8);
    index.writeUInt16BE(1, 12);
    index.writeUInt16BE(0xb001, 14);
    index.writeUInt16BE(4, 16);
    index.writeUInt32BE(1, 18);
    index.writeUInt32BE(3, 22);
    const head = Buffer.from([0xff, 0xe2, 0, index.length + 2]);
    const file = Buffer.concat([jpeg.subarray(0, 2), head, index, jpeg.subarray(2), jpeg, jpeg]);
    expect((await readEverywhere(await written("three.jpg", file))).notes).toEqual([
      "2 further pictures in the file were left out",
    ]);
  });
});

describe("formats that are not read", () => {
  const bytes = (text: string): Buffer => Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(64)]);
  const made: readonly (readonly [string, () => Promise<Buffer>, string])[] = [
    ["heic-called.jpg", () => readFile(caseFile("heic-called.jpg")), "a HEIC picture"],
    ["avif-seq.avif", () => readFile(caseFile("avif-seq.avif")), "a sequence of AVIF pictures"],
    ["picture.jxl", async () => bytes("\xff\x0a"), "a JPEG XL picture"],
    ["boxed.jxl", async () => bytes("\0\0\0\x0cJXL \r\n\x87\n"), "a JPEG XL picture"],
    ["picture.bmp", async () => bytes("BM"), "a BMP picture"],
    ["picture.psd", async () => bytes("8BPS"), "a Photoshop document (PSD)"],
    ["film.mp4", async () => bytes("\0\0\0\x18ftypisom\0\0\0\0isommp41"), "a video (MP4)"],
    [
      "lab.tif",
      async () =>
        tiffFile({ width: 2, height: 2, bits: 8, photometric: 8, samplesPerPixel: 3, data: new Uint8Array(12) }),
      "a picture in CIELAB",
    ],
  ];
  it.each(made)("%s is called by its name", async (name, make, what) => {
    expect(await refusedEverywhere(await written(name, await make()))).toEqual({
      code: "not-an-image",
      message: `got ${what}, which is not read; expected JPEG, PNG, WebP, AVIF, TIFF, GIF; convert it first`,
    });
  });
});

describe("files that end too early", () => {
  const NOTE = "the end marker of the file (EOI) is missing; all pixels are there";

  it("reads a JPEG without its end marker, with a note, as it would be with it", async () => {
    const { image, notes } = await readEverywhere(caseFile("jpeg-no-eoi.jpg"));
    expect(notes).toEqual([NOTE]);
    const whole = await written(
      "whole.jpg",
      Buffer.concat([await readFile(caseFile("jpeg-no-eoi.jpg")), Buffer.from([0xff, 0xd9])]),
    );
    expectSame(await readEverywhere(whole), { image, notes: [] });
  });

  it.each([
    ["baseline", { progressive: false }],
    ["progressive", { progressive: true }],
  ])("refuses a %s JPEG that is cut anywhere before", async (name, options) => {
    const noise = Uint8Array.from({ length: 3 * 60 * 44 }, (_, i) => (i * 7919) & 255);
    const whole = await sharp(noise, { raw: { width: 60, height: 44, channels: 3 } })
      .jpeg({ quality: 60, ...options })
      .toBuffer();
    const cut = await written("cut.jpg", whole.subarray(0, -2));
    expect((await readEverywhere(cut)).notes).toEqual([NOTE]);
    // Ends of scans are the places where a cut looks most like a whole file.
    const scans = [...whole.keys()].filter(
      (at) => whole[at] === 0xff && (whole[at + 1] === 0xc4 || whole[at + 1] === 0xda),
    );
    for (const end of [...scans.slice(1), 0.5 * whole.length, whole.length - 40]) {
      const file = await written(`${name}-${end}.jpg`, whole.subarray(0, end));
      expect((await refusedEverywhere(file)).code, `${end} of ${whole.length}`).toBe("not-an-image");
    }
  });

  it("reads a PNG without its end marker, with a note", async () => {
    const whole = await readFile(caseFile("base.png"));
    const file = await written("no-end.png", whole.subarray(0, whole.length - 12));
    const { image, notes } = await readEverywhere(file);
    expect(image).toEqual((await readImage(caseFile("base.png"))).image);
    expect(notes).toEqual(["the end marker of the file (IEND) is missing; all pixels are there"]);
  });
});
