/**
 * ICC colour profiles, as far as primaries and curves go: what a profile does to colours, not what it is called. Based on ICC.1:2022
 * (profile version 4.4), sections 7.2 (header), 9.2 (tags), 10.3 (cicpType), 10.6 (curveType), 10.18
 * (parametricCurveType) and 10.31 (XYZType). Profiles of look-up tables are LittleCMS' affair, through sharp; here they are only told apart.
 * Never fails: a profile that it cannot read is "unusable".
 */
import type { CodePoints } from "./code-points.ts";
import { fourLetters, profileTags, tagType } from "./icc-tags.ts";
import type { Matrix3, RgbSpace } from "./rgb-space.ts";
import { gammaCurve, linearCurve, type TransferCurve } from "./transfer-curve.ts";

/** What a profile holds. */
export type IccProfile =
  /** Primaries and curves. */
  | { readonly kind: "space"; readonly space: RgbSpace; readonly codePoints: CodePoints | null }
  /** One curve, of grey. */
  | { readonly kind: "grey"; readonly curve: TransferCurve }
  /** Look-up tables. */
  | { readonly kind: "tables"; readonly colours: ProfileColours; readonly codePoints: CodePoints | null }
  | { readonly kind: "unusable" };

/** Samples that profiles of look-up tables are for. */
export type ProfileColours = "RGB" | "CMYK" | "grey";

/** The longest curve that is read, in entries; the field is 32 bits wide. */
const MAX_CURVE_ENTRIES = 65536;
const COLOURS: ReadonlyMap<string, ProfileColours> = new Map([
  ["RGB ", "RGB"],
  ["CMYK", "CMYK"],
  ["GRAY", "grey"],
]);
/** Tags from which pixels are made where a profile has them, in place of primaries and curves. */
const TABLE_TAGS = ["A2B0", "A2B1", "A2B2", "D2B0", "D2B1"];

/** Reads a profile. */
export function readProfile(bytes: Uint8Array): IccProfile {
  const tags = profileTags(bytes);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (tags === null || fourLetters(header, 36) !== "acsp") return { kind: "unusable" };
  const colours = COLOURS.get(fourLetters(header, 16));
  if (colours === undefined) return { kind: "unusable" };
  const find = (name: string): DataView | null => tags.get(name) ?? null;
  const codePoints = readCodePoints(find("cicp"));
  if (TABLE_TAGS.some((name) => tags.has(name))) return { kind: "tables", colours, codePoints };
  if (colours === "CMYK" || fourLetters(header, 20) !== "XYZ ") {
    // Grey may have the connection space Lab, with one curve.
    if (colours !== "grey") return { kind: "unusable" };
  }
  if (colours === "grey") {
    const curve = readCurve(find("kTRC"));
    return curve === null ? { kind: "unusable" } : { kind: "grey", curve };
  }
  const columns = ["rXYZ", "gXYZ", "bXYZ"].map((name) => readXyz(find(name)));
  const curves = ["rTRC", "gTRC", "bTRC"].map((name) => readCurve(find(name)));
  const [r, g, b] = columns;
  const [red, green, blue] = curves;
  if (!r || !g || !b || !red || !green || !blue) return { kind: "unusable" };
  const toXyzD50: Matrix3 = [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
  return { kind: "space", space: { toXyzD50, curves: [red, green, blue] }, codePoints };
}

/** A signed number of 16 bits before and 16 behind the point. */
function fixed(view: DataView, at: number): number {
  return view.getInt32(at) / 65536;
}

function readXyz(view: DataView | null): readonly [number, number, number] | null {
  if (view === null || view.byteLength < 20 || tagType(view) !== "XYZ ") return null;
  return [fixed(view, 8), fixed(view, 12), fixed(view, 16)];
}

function readCodePoints(view: DataView | null): CodePoints | null {
  if (view === null || view.byteLength < 12 || tagType(view) !== "cicp") return null;
  return { primaries: view.getUint8(8), transfer: view.getUint8(9) };
}

function readCurve(view: DataView | null): TransferCurve | null {
  if (view === null || view.byteLength < 12) return null;
  if (tagType(view) === "curv") return readSampledCurve(view);
  return tagType(view) === "para" ? readParametricCurve(view) : null;
}

function readSampledCurve(view: DataView): TransferCurve | null {
  const count = view.getUint32(8);
  if (count === 0) return linearCurve;
  if (count > MAX_CURVE_ENTRIES || view.byteLength < 12 + 2 * count) return null;
  if (count === 1) return gammaCurve(view.getUint16(12) / 256);
  const entries = Float64Array.from({ length: count }, (_, i) => view.getUint16(12 + 2 * i) / 65535);
  return (sample) => {
    const place = Math.min(Math.max(sample, 0), 1) * (count - 1);
    const below = Math.min(Math.floor(place), count - 2);
    const [low, high] = [entries[below]!, entries[below + 1]!];
    return low + (place - below) * (high - low);
  };
}

/** Numbers of each of the five functions. */
const PARAMETERS = [1, 3, 4, 5, 7];

function readParametricCurve(view: DataView): TransferCurve | null {
  const type = view.getUint16(8);
  const count = PARAMETERS[type];
  if (count === undefined || view.byteLength < 12 + 4 * count) return null;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: count }, (_, i) =>
    fixed(view, 12 + 4 * i),
  );
  const power = (base: number): number => Math.max(base, 0) ** g;
  if (type === 0) return (x) => power(x);
  if (type === 1) return (x) => (x >= -b / a ? power(a * x + b) : 0);
  if (type === 2) return (x) => (x >= -b / a ? power(a * x + b) + c : c);
  if (type === 3) return (x) => (x >= d ? power(a * x + b) : c * x);
  return (x) => (x >= d ? power(a * x + b) + e : c * x + f);
}
