/**
 * What the chunks of a PNG file say beside its pixels: colour told without a profile, animation, and whether the end is there. Based on the
 * PNG specification, third edition (W3C 2025), sections 5 and 11.3.
 */
import type { CodePoints } from "../colour/code-points.ts";
import { type Primaries, primariesToXyzD50, type RgbSpace, SRGB_PRIMARIES } from "../colour/rgb-space.ts";
import { gammaCurve } from "../colour/transfer-curve.ts";
import { type ByteReader, bufferedReader, latin1, viewOf } from "./byte-reader.ts";

/** What is known of a PNG file. */
export interface PngFacts {
  /** cICP, which counts before any profile. */
  readonly codePoints: CodePoints | null;
  /** iCCP: the profile itself comes from sharp. */
  readonly hasProfile: boolean;
  /** The chunk sRGB. */
  readonly isSrgb: boolean;
  /** gAMA and cHRM; null if they say nothing, or are those of no display. */
  readonly space: RgbSpace | null;
  /** Pictures of the animation; 1 if there is no animation. */
  readonly frames: number;
  /** IEND is there. */
  readonly complete: boolean;
}

const SIGNATURE_LENGTH = 8;
/** gAMA and cHRM count in these. */
const UNITS = 100_000;

/** Reads the chunks. A damaged file ends the reading; what was found counts. */
export async function readPngFacts(file: ByteReader): Promise<PngFacts> {
  const reader = bufferedReader(file);
  const chunks = new Map<string, DataView>();
  const wanted: ReadonlyMap<string, number> = new Map([
    ["cICP", 4],
    ["gAMA", 4],
    ["cHRM", 32],
    ["acTL", 8],
  ]);
  const seen = new Set<string>();
  for (let at = SIGNATURE_LENGTH; at + 8 <= reader.byteLength && !seen.has("IEND"); ) {
    const head = await reader.read(at, 8);
    const length = viewOf(head).getUint32(0);
    const type = latin1(head.subarray(4));
    const bytes = wanted.get(type);
    // Colour chunks behind the pixels do not count.
    if (bytes === length && !seen.has("IDAT")) {
      chunks.set(type, viewOf(Uint8Array.from(await reader.read(at + 8, length))));
    }
    seen.add(type);
    at += 12 + length;
  }
  const cicp = intact(chunks.get("cICP"), 4);
  const actl = intact(chunks.get("acTL"), 8);
  return {
    codePoints: cicp && { primaries: cicp.getUint8(0), transfer: cicp.getUint8(1) },
    hasProfile: seen.has("iCCP"),
    isSrgb: seen.has("sRGB"),
    space: toldSpace(intact(chunks.get("gAMA"), 4), intact(chunks.get("cHRM"), 32)),
    frames: actl?.getUint32(0) ?? 1,
    complete: seen.has("IEND"),
  };
}

/** The chunk if the file does not end within it. */
function intact(chunk: DataView | undefined, length: number): DataView | null {
  return chunk?.byteLength === length ? chunk : null;
}

/** Gammas that programs write for sRGB. A power of 2.2 is the nearest to it. */
const SRGB_GAMMA = { least: 0.45, most: 0.46 } as const;

/** As Chromium takes them: chromaticities without a gamma do not count, and the gamma of sRGB alone stands for sRGB. */
function toldSpace(gama: DataView | null, chrm: DataView | null): RgbSpace | null {
  const gamma = gama === null ? 0 : gama.getUint32(0) / UNITS;
  if (gamma === 0 || (chrm === null && gamma >= SRGB_GAMMA.least && gamma <= SRGB_GAMMA.most)) return null;
  const toXyzD50 = primariesToXyzD50(chrm === null ? SRGB_PRIMARIES : primariesOf(chrm));
  if (toXyzD50 === null) return null;
  const curve = gammaCurve(1 / gamma);
  return { toXyzD50, curves: [curve, curve, curve] };
}

function primariesOf(chrm: DataView): Primaries {
  const at = (place: number) => ({
    x: chrm.getUint32(8 * place) / UNITS,
    y: chrm.getUint32(8 * place + 4) / UNITS,
  });
  return { white: at(0), red: at(1), green: at(2), blue: at(3) };
}
