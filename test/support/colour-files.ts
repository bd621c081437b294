/**
 * Picture files whose colours are told in a chosen way: ICC profiles of primaries and a curve, chunks of a PNG, and plain TIFF files of any kind of samples.
 * Made here, byte by byte, because sharp converts what it is given a profile for.
 */
import { crc32, deflateSync } from "node:zlib";
import type { Matrix3 } from "../../src/image/colour/rgb-space.ts";

/** A profile of primaries and one curve (a power, or entries of a table 0..65535), with a name. ICC version 2. */
export function matrixProfile(name: string, toXyzD50: Matrix3, curve: number | readonly number[]): Buffer {
  const column = (at: number): Buffer =>
    typed("XYZ ", fixedNumbers([toXyzD50[at]!, toXyzD50[at + 3]!, toXyzD50[at + 6]!]));
  const tags: readonly (readonly [string, Buffer])[] = [
    ["desc", descriptionOf(name)],
    ["wtpt", typed("XYZ ", fixedNumbers([0.9642, 1, 0.8249]))],
    ["rXYZ", column(0)],
    ["gXYZ", column(1)],
    ["bXYZ", column(2)],
    ...["rTRC", "gTRC", "bTRC"].map((tag) => [tag, sampledCurve(curve)] as const),
  ];
  return profileOf("RGB ", tags);
}

/** A profile of grey with one curve. */
export function greyProfile(name: string, curve: number | readonly number[]): Buffer {
  return profileOf("GRAY", [
    ["desc", descriptionOf(name)],
    ["kTRC", sampledCurve(curve)],
  ]);
}

/** Signed numbers of 16 bits before and 16 behind the point. */
export function fixedNumbers(values: readonly number[]): Buffer {
  const data = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) data.writeInt32BE(Math.round(value * 65536), 4 * i);
  return data;
}

/** A tag: its type and four bytes of nothing, then what it holds. */
export function typed(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${type}\0\0\0\0`, "latin1"), body]);
}

/** The tag of a profile's name. */
export function descriptionOf(name: string): Buffer {
  const description = Buffer.alloc(4 + name.length + 1 + 78);
  description.writeUInt32BE(name.length + 1);
  description.write(name, 4, "latin1");
  return typed("desc", description);
}

function sampledCurve(curve: number | readonly number[]): Buffer {
  const entries = typeof curve === "number" ? [Math.round(curve * 256)] : curve;
  const data = Buffer.alloc(12 + 2 * entries.length);
  data.write("curv", 0, "latin1");
  data.writeUInt32BE(entries.length, 8);
  for (const [i, entry] of entries.entries()) data.writeUInt16BE(entry, 12 + 2 * i);
  return data;
}

/** A profile of tags. @param connection the connection space @param version of the profile, 2 or 4 */
export function profileOf(
  colours: string,
  tags: readonly (readonly [string, Buffer])[],
  connection: "XYZ " | "Lab " = "XYZ ",
  version: 2 | 4 = 2,
): Buffer {
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length);
  const parts: Buffer[] = [];
  let at = 128 + table.length;
  for (const [i, [tag, body]] of tags.entries()) {
    table.write(tag, 4 + 12 * i, "latin1");
    table.writeUInt32BE(at, 8 + 12 * i);
    table.writeUInt32BE(body.length, 12 + 12 * i);
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    parts.push(padded);
    at += padded.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(at);
  header.writeUInt32BE(version === 2 ? 0x02100000 : 0x04200000, 8);
  header.write(`mntr${colours}${connection}`, 12, "latin1");
  header.write("acsp", 36, "latin1");
  header.writeInt32BE(Math.round(0.9642 * 65536), 68);
  header.writeInt32BE(65536, 72);
  header.writeInt32BE(Math.round(0.8249 * 65536), 76);
  return Buffer.concat([header, table, ...parts]);
}

/** Samples of an image, interleaved. */
export interface SampleImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly bits: 8 | 16;
  readonly samples: readonly number[] | Uint8Array | Uint16Array;
}

/** A chunk of a PNG. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, "latin1");
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data, crc32(head.subarray(4))));
  return Buffer.concat([head, data, checksum]);
}

/** The chunk iCCP of a profile. */
export function profileChunk(profile: Uint8Array): Buffer {
  return pngChunk("iCCP", Buffer.concat([Buffer.from("profile\0\0", "latin1"), deflateSync(profile)]));
}

/** The chunk gAMA or cHRM: numbers times 100,000. */
export function numbersChunk(type: "gAMA" | "cHRM", numbers: readonly number[]): Buffer {
  const data = Buffer.alloc(4 * numbers.length);
  for (const [i, number] of numbers.entries()) data.writeUInt32BE(Math.round(number * 100_000), 4 * i);
  return pngChunk(type, data);
}

const PNG_COLOUR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** A PNG with chunks before its pixels. */
export function pngFile(
  { width, height, channels, bits, samples }: SampleImage,
  chunks: readonly Buffer[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([bits, PNG_COLOUR_TYPES[channels]], 8);
  const rowSamples = channels * width;
  const rows = Array.from({ length: height }, (_, row) => {
    const line = Array.from(samples.slice(rowSamples * row, rowSamples * (row + 1)));
    return Buffer.from([0, ...(bits === 8 ? line : line.flatMap((value) => [value >> 8, value & 255]))]);
  });
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk("IHDR", header),
    ...chunks,
    pngChunk("IDAT", deflateSync(Buffer.concat(rows))),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** What a TIFF file is made of. */
export interface TiffContents {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** 1 unsigned, 2 signed, 3 floating point. Default 1. */
  readonly sampleFormat?: number;
  /** 1 grey, 2 RGB, 8 CIELAB. */
  readonly photometric: number;
  readonly samplesPerPixel: number;
  readonly extraSamples?: readonly number[];
  readonly profile?: Uint8Array;
  /** The samples as they lie in the file. */
  readonly data: Uint8Array;
}

/** An uncompressed TIFF file in one strip, least significant byte first. */
export function tiffFile(contents: TiffContents): Buffer {
  const { width, height, bits, sampleFormat = 1, photometric, samplesPerPixel, extraSamples, profile, data } = contents;
  const shorts = (values: readonly number[]): Buffer => Buffer.from(Uint16Array.from(values).buffer);
  const same = (value: number): Buffer => shorts(Array.from({ length: samplesPerPixel }, () => value));
  const long = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const PIXELS = Buffer.from(data);
  const entries: (readonly [tag: number, type: number, count: number, value: Buffer])[] = [
    [256, 4, 1, long(width)],
    [257, 4, 1, long(height)],
    [258, 3, samplesPerPixel, same(bits)],
    [259, 3, 1, shorts([1])],
    [262, 3, 1, shorts([photometric])],
    [273, 4, 1, PIXELS],
    [277, 3, 1, shorts([samplesPerPixel])],
    [278, 4, 1, long(height)],
    [279, 4, 1, long(data.length)],
  ];
  if (extraSamples !== undefined) entries.push([338, 3, extraSamples.length, shorts(extraSamples)]);
  entries.push([339, 3, samplesPerPixel, same(sampleFormat)]);
  if (profile !== undefined) entries.push([34675, 7, profile.length, Buffer.from(profile)]);
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length);
  const parts: Buffer[] = [];
  let at = 8 + directory.length;
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const place = 2 + 12 * i;
    directory.writeUInt16LE(tag, place);
    directory.writeUInt16LE(type, place + 2);
    directory.writeUInt32LE(count, place + 4);
    if (value.length <= 4 && value !== PIXELS) value.copy(directory, place + 8);
    else {
      directory.writeUInt32LE(at, place + 8);
      const padded = Buffer.concat([value, Buffer.alloc(value.length & 1)]);
      parts.push(padded);
      at += padded.length;
    }
  }
  return Buffer.concat([Buffer.from("II*\0\x08\0\0\0", "latin1"), directory, ...parts]);
}
