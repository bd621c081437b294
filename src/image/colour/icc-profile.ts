/**
 * ICC colour profiles, as far as primaries and curves go: what a profile does to colours, not what it is called. Based on ICC.1:2022
 * (profile version 4.4), sections 7.2 (header), 7.3 (tag table), 9.2 (tags), 10.3 (cicpType), 10.6 (curveType), 10.18
 * (parametricCurveType) and 10.31 (XYZType). Look-up tables are read in `icc-tables.ts`; here they are only found.
 * Never fails: a profile that it cannot read is "unusable".
 */
import type { CodePoints } from "./code-points.ts";
import type { Matrix3, RgbSpace } from "./rgb-space.ts";
import { gammaCurve, linearCurve, type TransferCurve } from "./transfer-curve.ts";

/** What a profile holds. */
export type IccProfile =
  /** Primaries and curves. */
  | { readonly kind: "space"; readonly space: RgbSpace; readonly codePoints: CodePoints | null }
  /** One curve, of grey. */
  | { readonly kind: "grey"; readonly curve: TransferCurve }
  /** Look-up tables: a tag for `readTables`, and the connection space that it leads to. */
  | {
      readonly kind: "tables";
      readonly colours: ProfileColours;
      readonly table: DataView;
      readonly connection: "Lab" | "XYZ";
      readonly codePoints: CodePoints | null;
    }
  | { readonly kind: "unusable" };

/** Samples that profiles of look-up tables are for. */
export type ProfileColours = "RGB" | "CMYK" | "grey";

const HEADER_BYTES = 128;
/** Real profiles carry 9 to 30 tags; a larger count is damage. */
const MAX_TAGS = 200;
/** The longest curve that is read, in entries; the field is 32 bits wide. */
const MAX_CURVE_ENTRIES = 65536;
const COLOURS: ReadonlyMap<string, ProfileColours> = new Map([
  ["RGB ", "RGB"],
  ["CMYK", "CMYK"],
  ["GRAY", "grey"],
]);
/**
 * Tags of tables, which count before primaries and curves: for relative colorimetric rendering, else for another one. Those of floating point (D2B0
 * to D2B3) may be passed over where there are others (section 9.2.17), and so they are.
 */
const TABLE_TAGS = ["A2B1", "A2B0", "A2B2"];

/** Reads a profile. */
export function readProfile(bytes: Uint8Array): IccProfile {
  const tags = tagsOf(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (tags === null || ascii(bytes, 36) !== "acsp") return { kind: "unusable" };
  const colours = COLOURS.get(ascii(bytes, 16));
  if (colours === undefined) return { kind: "unusable" };
  const find = (name: string): DataView | null => {
    const place = tags.get(name);
    return place === undefined ? null : new DataView(view.buffer, view.byteOffset + place.offset, place.length);
  };
  const codePoints = readCodePoints(find("cicp"));
  const table = TABLE_TAGS.map(find).find((tag) => tag !== null);
  if (table !== undefined) {
    const connection = ascii(bytes, 20) === "XYZ " ? "XYZ" : "Lab";
    return { kind: "tables", colours, table, connection, codePoints };
  }
  if (colours === "CMYK" || ascii(bytes, 20) !== "XYZ ") {
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

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

interface TagPlace {
  readonly offset: number;
  readonly length: number;
}

/** The tags that lie within the profile; null if that has no table. */
function tagsOf(bytes: Uint8Array): ReadonlyMap<string, TagPlace> | null {
  if (bytes.length < HEADER_BYTES + 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(HEADER_BYTES);
  if (count > MAX_TAGS || HEADER_BYTES + 4 + 12 * count > bytes.length) return null;
  const tags = new Map<string, TagPlace>();
  for (let i = 0, at = HEADER_BYTES + 4; i < count; i++, at += 12) {
    const [offset, length] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    if (offset + length <= bytes.length) tags.set(ascii(bytes, at), { offset, length });
  }
  return tags;
}

/** A signed number of 16 bits before and 16 behind the point. */
export function fixed(view: DataView, at: number): number {
  return view.getInt32(at) / 65536;
}

/** The type of a tag. */
export function typeOf(view: DataView): string {
  return view.byteLength < 4 ? "" : ascii(new Uint8Array(view.buffer, view.byteOffset, 4), 0);
}

function readXyz(view: DataView | null): readonly [number, number, number] | null {
  if (view === null || view.byteLength < 20 || typeOf(view) !== "XYZ ") return null;
  return [fixed(view, 8), fixed(view, 12), fixed(view, 16)];
}

function readCodePoints(view: DataView | null): CodePoints | null {
  if (view === null || view.byteLength < 12 || typeOf(view) !== "cicp") return null;
  return { primaries: view.getUint8(8), transfer: view.getUint8(9) };
}

/** A curve that begins where the view does; null for none. */
export function readCurve(view: DataView | null): TransferCurve | null {
  if (view === null || view.byteLength < 12) return null;
  if (typeOf(view) === "curv") return readSampledCurve(view);
  return typeOf(view) === "para" ? readParametricCurve(view) : null;
}

/** Bytes of a curve that {@link readCurve} reads. */
export function curveByteLength(view: DataView): number {
  return typeOf(view) === "curv" ? 12 + 2 * view.getUint32(8) : 12 + 4 * (PARAMETERS[view.getUint16(8)] ?? 0);
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
