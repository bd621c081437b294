/**
 * Which samples a file has: bits, sign, and what its channels are. Refuses samples without a stated range (floating point, signed, more than
 * 16 bits) at every size alike, and colours that are not those of a display (CIELAB).
 */
import type { Metadata } from "sharp";
import { HalfstepError } from "../../errors.ts";
import { latin1 } from "../formats/byte-reader.ts";
import { readTiffFacts, type TiffFacts } from "../formats/tiff-facts.ts";
import { type ImageFile, notRead } from "./image-file.ts";

/** What sharp gives for a file. */
export interface SampleLayout {
  /** Bits that sharp gives a sample in. */
  readonly bits: 8 | 16;
  /** The largest sample among them. */
  readonly maxSample: number;
  /** As in `PixelLayout`. */
  readonly channels: number;
  readonly alphaChannel: number | null;
  /** One sentence for each change. */
  readonly notes: readonly string[];
  /** Why the samples cannot be read; null if they can. */
  readonly problem: string | null;
}

const COLOUR_CHANNELS = 3;

const TIFF_SIGNATURES = ["II*\0", "MM\0*", "II+\0", "MM\0+"];
/** TIFF's numbers of CIELAB in three spellings. */
const CIELAB = [8, 9, 10];

/**
 * The tags of a TIFF file; null for another format.
 * @throws {HalfstepError} `not-an-image` for a camera's raw picture and for CIELAB; `unsupported-samples` by the tags: what decodes a file may
 *   call some of these damaged
 */
export async function tiffFactsOf({ name, start, reader }: ImageFile): Promise<TiffFacts | null> {
  if (!TIFF_SIGNATURES.includes(latin1(start.subarray(0, 4)))) return null;
  const facts = await readTiffFacts(reader);
  if (facts?.isRaw) throw notRead(name, "a camera's raw picture (DNG)");
  if (facts !== null && CIELAB.includes(facts.photometric ?? -1)) throw notRead(name, "a picture in CIELAB");
  if (facts !== null) checkSamples(name, { problem: problemOfTags(facts) });
  return facts;
}

/** Reads what metadata and tags say. */
export function sampleLayout(metadata: Metadata, tiff: TiffFacts | null): SampleLayout {
  const { format, space, depth, hasAlpha, channels, bitsPerSample } = metadata;
  const notes: string[] = [];
  const bits = depth === "uchar" ? 8 : 16;
  // An AVIF of 10 or 12 bits comes moved up to 16, with zeros below.
  const stated = format === "heif" && bits === 16 && bitsPerSample !== undefined ? bitsPerSample : bits;
  const maxSample = (2 ** stated - 1) * 2 ** (bits - stated);
  if (bits === 16) notes.push(`${stated}-bit samples were reduced to 8-bit`);
  if (space === "b-w" || space === "grey16") notes.push("grey was expanded to RGB");
  const own = space === "cmyk" ? 4 : space === "b-w" || space === "grey16" ? 1 : COLOUR_CHANNELS;
  const further = channels - own;
  const common = { bits, maxSample, channels: COLOUR_CHANNELS + further, problem: problemOf(metadata) } as const;
  if (tiff === null) {
    return { ...common, alphaChannel: hasAlpha ? COLOUR_CHANNELS : null, notes };
  }
  const kinds = Array.from({ length: further }, (_, i) => tiff.extraSamples[i] ?? "unspecified");
  const alpha = kinds.findIndex((kind) => kind !== "unspecified");
  const left = further - (alpha < 0 ? 0 : 1);
  if (left > 0) {
    const what =
      left === 1
        ? "a channel that is neither colour nor transparency was"
        : `${left} channels that are neither colour nor transparency were`;
    notes.push(`${what} left out`);
  }
  return {
    ...common,
    alphaChannel: alpha < 0 ? null : COLOUR_CHANNELS + alpha,
    notes,
  };
}

const KINDS_BY_FORMAT: ReadonlyMap<number, string> = new Map([
  [2, "signed samples"],
  [3, "floating-point samples"],
  [5, "complex samples"],
  [6, "complex samples"],
]);

function problemOfTags({ bitsPerSample, sampleFormat }: TiffFacts): string | null {
  return KINDS_BY_FORMAT.get(sampleFormat) ?? (bitsPerSample > 16 ? `samples of ${bitsPerSample} bits` : null);
}

const DEPTHS: ReadonlyMap<string, string> = new Map([
  ["char", "signed samples"],
  ["short", "signed samples"],
  ["int", "signed samples"],
  ["uint", "samples of 32 bits"],
  ["float", "floating-point samples"],
  ["double", "floating-point samples"],
  ["complex", "complex samples"],
  ["dpcomplex", "complex samples"],
]);

function problemOf({ depth }: Metadata): string | null {
  if (depth === "uchar" || depth === "ushort") return null;
  return DEPTHS.get(depth ?? "") ?? `samples of the type ${depth}`;
}

/** @throws {HalfstepError} `unsupported-samples` */
export function checkSamples(name: string, { problem }: Pick<SampleLayout, "problem">): void {
  if (problem === null) return;
  throw new HalfstepError(
    "unsupported-samples",
    `${name}: got ${problem}, which do not say what is black and what is white, expected unsigned samples of 8 or 16 bits; convert it first`,
  );
}
