/**
 * What the first directory of a TIFF file says about its samples. Based on TIFF 6.0, sections 2, 18 and 19 (ExtraSamples, SampleFormat), on
 * its first supplement, BigTIFF, and DNG 1.6 for the signs of a camera's raw picture.
 */
import { type ByteReader, bufferedReader, viewOf } from "./byte-reader.ts";

/** A channel beyond those of colour: TIFF's ExtraSamples. libvips divides colours by an alpha that they are multiplied by. */
export type ExtraSample = "unspecified" | "alpha";

/** What is known of a TIFF file. */
export interface TiffFacts {
  /** TIFF's PhotometricInterpretation; null if it is not there. */
  readonly photometric: number | null;
  readonly bitsPerSample: number;
  /** TIFF's SampleFormat: 1 unsigned, 2 signed, 3 floating point, 4 undefined, 5 and 6 complex. */
  readonly sampleFormat: number;
  readonly samplesPerPixel: number;
  /** One for each channel beyond those of colour. */
  readonly extraSamples: readonly ExtraSample[];
  /** It is a raw picture of a camera (DNG), whose first directory may be a small preview. */
  readonly isRaw: boolean;
}

const TAGS = {
  bitsPerSample: 258,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  sampleFormat: 339,
  dngVersion: 50706,
} as const;
/** Entries of a directory that are looked through at most. */
const MAX_ENTRIES = 4096;
/** Bytes of a value of TIFF's types 1 (BYTE), 3 (SHORT) and 4 (LONG), which are all that is asked for. */
const TYPE_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [3, 2],
  [4, 4],
]);
const MAX_VALUES = 64;

/** Channels of colour of the interpretations that have more than one. */
const COLOUR_CHANNELS: ReadonlyMap<number, number> = new Map([
  [2, 3],
  [5, 4],
  [6, 3],
  [8, 3],
  [9, 3],
  [10, 3],
]);
const KINDS: readonly ExtraSample[] = ["unspecified", "alpha", "alpha"];

/** Reads the directory; null if it cannot be read. */
export async function readTiffFacts(file: ByteReader): Promise<TiffFacts | null> {
  const tags = await readDirectory(bufferedReader(file));
  if (tags === null) return null;
  const first = (tag: number): number | undefined => tags.get(tag)?.[0];
  const photometric = first(TAGS.photometric) ?? null;
  const samplesPerPixel = first(TAGS.samplesPerPixel) ?? 1;
  const colours = COLOUR_CHANNELS.get(photometric ?? -1) ?? 1;
  const extras = tags.get(TAGS.extraSamples) ?? [];
  return {
    photometric,
    bitsPerSample: Math.max(1, ...(tags.get(TAGS.bitsPerSample) ?? [])),
    sampleFormat: Math.max(1, ...(tags.get(TAGS.sampleFormat) ?? [])),
    samplesPerPixel,
    extraSamples: Array.from(
      { length: Math.max(0, Math.min(samplesPerPixel - colours, MAX_VALUES)) },
      (_, i) => KINDS[extras[i] ?? 0] ?? "unspecified",
    ),
    isRaw: tags.has(TAGS.dngVersion),
  };
}

async function readDirectory(reader: ByteReader): Promise<ReadonlyMap<number, readonly number[]> | null> {
  const head = await reader.read(0, 16);
  if (head.length < 16) return null;
  const view = viewOf(head);
  const little = head[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const longAt = (at: DataView, position: number): number => Number(at.getBigUint64(position, little));
  const start = big ? longAt(view, 8) : view.getUint32(4, little);
  const [countBytes, entryBytes, inlineBytes] = big ? [8, 20, 8] : [2, 12, 4];
  const counted = await reader.read(start, countBytes);
  if (counted.length < countBytes) return null;
  const count = big ? longAt(viewOf(counted), 0) : viewOf(counted).getUint16(0, little);
  if (count > MAX_ENTRIES) return null;
  const entries = Uint8Array.from(await reader.read(start + countBytes, count * entryBytes));
  const wanted: readonly number[] = Object.values(TAGS);
  const tags = new Map<number, readonly number[]>();
  for (let at = 0; at + entryBytes <= entries.length; at += entryBytes) {
    const entry = viewOf(entries.subarray(at, at + entryBytes));
    const tag = entry.getUint16(0, little);
    const bytes = TYPE_BYTES.get(entry.getUint16(2, little));
    if (!wanted.includes(tag) || bytes === undefined) continue;
    const values = Math.min(big ? longAt(entry, 4) : entry.getUint32(4, little), MAX_VALUES);
    const inline = entryBytes - inlineBytes;
    const place = big ? longAt(entry, inline) : entry.getUint32(inline, little);
    const data = viewOf(
      values * bytes <= inlineBytes
        ? entries.subarray(at + inline, at + entryBytes)
        : Uint8Array.from(await reader.read(place, values * bytes)),
    );
    tags.set(tag, numbersOf(data, values, bytes, little));
  }
  return tags;
}

function numbersOf(data: DataView, count: number, bytes: number, little: boolean): readonly number[] {
  const read = (at: number): number => {
    if (bytes === 1) return data.getUint8(at);
    return bytes === 2 ? data.getUint16(at, little) : data.getUint32(at, little);
  };
  return Array.from({ length: Math.min(count, Math.floor(data.byteLength / bytes)) }, (_, i) => read(i * bytes));
}
