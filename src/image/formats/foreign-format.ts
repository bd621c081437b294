/**
 * Names of picture formats that are not read, by the first bytes of a file. So nobody hears that a file is damaged when it is not.
 * Based on the signatures in the formats' own specifications.
 */
import { latin1, viewOf } from "./byte-reader.ts";

/** First bytes that {@link foreignFormat} looks at. */
export const SIGNATURE_BYTES = 64;

const SIGNATURES: readonly (readonly [signature: string, name: string])[] = [
  ["BM", "a BMP picture"],
  ["8BPS", "a Photoshop document (PSD)"],
  ["\xff\x0a", "a JPEG XL picture"],
  ["\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"],
  ["\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"],
  ["\xff\x4f\xff\x51", "a JPEG 2000 picture"],
  ["v/1\x01", "an OpenEXR picture"],
  ["#?RADIANCE", "a Radiance HDR picture"],
  ["#?RGBE", "a Radiance HDR picture"],
  ["qoif", "a QOI picture"],
  ["\0\0\x01\0", "a Windows icon"],
  ["FLIF", "a FLIF picture"],
  ["BPG\xfb", "a BPG picture"],
  ["gimp xcf", "a GIMP picture (XCF)"],
  ["II*\0\x10\0\0\0CR", "a camera's raw picture (CR2)"],
  ["FUJIFILMCCD-RAW", "a camera's raw picture (RAF)"],
  ["IIRO", "a camera's raw picture (ORF)"],
  ["SIMPLE  =", "a FITS picture"],
  ["%PDF", "a PDF document"],
  ["\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"],
  ["\x89HS\n", "a Halfstep stream, for decompress"],
];

const NETPBM = /^P[1-7fF][\s#]/;

/** Brands of ISO media files (ISO/IEC 14496-12, 23008-12, and AV1 Image File Format 1.2). */
const MEDIA_BRANDS: ReadonlyMap<string, string> = new Map([
  ...["heic", "heix", "heim", "heis"].map((brand) => [brand, "a HEIC picture"] as const),
  ...["hevc", "hevx", "hevm", "hevs"].map((brand) => [brand, "a sequence of HEIC pictures"] as const),
  ["avis", "a sequence of AVIF pictures"],
  ["crx ", "a camera's raw picture (CR3)"],
  ["jxl ", "a JPEG XL picture"],
  ["qt  ", "a video (QuickTime)"],
  ...["isom", "iso2", "mp41", "mp42", "M4V "].map((brand) => [brand, "a video (MP4)"] as const),
]);

/** What a file is, if it has none of the formats that are read here; null if it may have one of them. */
export function foreignFormat(start: Uint8Array): string | null {
  const text = latin1(start.subarray(0, SIGNATURE_BYTES));
  for (const [signature, name] of SIGNATURES) if (text.startsWith(signature)) return name;
  if (NETPBM.test(text)) return "a Netpbm picture (PBM, PGM, PPM, PAM or PFM)";
  return text.slice(4, 8) === "ftyp" ? mediaFormat(start.subarray(0, SIGNATURE_BYTES)) : null;
}

function mediaFormat(start: Uint8Array): string | null {
  const text = latin1(start);
  const main = MEDIA_BRANDS.get(text.slice(8, 12));
  if (main !== undefined) return main;
  const end = Math.min(viewOf(start).getUint32(0), text.length);
  const others: string[] = [];
  for (let at = 16; at + 4 <= end; at += 4) others.push(text.slice(at, at + 4));
  // A still AVIF names its brand among the compatible ones, whatever comes first.
  if (text.slice(8, 12) === "avif" || others.includes("avif")) return null;
  return others.map((brand) => MEDIA_BRANDS.get(brand)).find((name) => name !== undefined) ?? null;
}
