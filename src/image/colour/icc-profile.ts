/**
 * ICC colour profiles, as far as primaries and curves go: what a profile does to colours, not what it is called. Based on ICC.1:2022
 * (profile version 4.4), sections 7.2 (header), 9.2 (tags), 10.3 (cicpType) and 10.31 (XYZType). Look-up tables are read in `icc-tables.ts`; here
 * they are only found.
 * Never fails: a profile that it cannot read is "unusable".
 */
import type { CodePoints } from "./code-points.ts";
import { readCurve } from "./icc-curves.ts";
import { fixedNumber, fourLetters, profileTags, tagType } from "./icc-tags.ts";
import type { Matrix3, RgbSpace } from "./rgb-space.ts";
import type { TransferCurve } from "./transfer-curve.ts";

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

const COLOURS: ReadonlyMap<string, ProfileColours> = new Map([
  ["RGB ", "RGB"],
  ["CMYK", "CMYK"],
  ["GRAY", "grey"],
]);
/** Another one is that of a link between two devices, which tells no colours. */
const CONNECTIONS: ReadonlyMap<string, "Lab" | "XYZ"> = new Map([
  ["Lab ", "Lab"],
  ["XYZ ", "XYZ"],
]);
/**
 * Tags of tables, which count before primaries and curves: for relative colorimetric rendering, else for another one. Those of floating point (D2B0
 * to D2B3) may be passed over where there are others (section 9.2.17), and so they are.
 */
const TABLE_TAGS = ["A2B1", "A2B0", "A2B2"];

/** Reads a profile. */
export function readProfile(bytes: Uint8Array): IccProfile {
  const tags = profileTags(bytes);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (tags === null || fourLetters(header, 36) !== "acsp") return { kind: "unusable" };
  const colours = COLOURS.get(fourLetters(header, 16));
  if (colours === undefined) return { kind: "unusable" };
  const find = (name: string): DataView | null => tags.get(name) ?? null;
  const codePoints = readCodePoints(find("cicp"));
  const table = TABLE_TAGS.map(find).find((tag) => tag !== null);
  if (table !== undefined) {
    const connection = CONNECTIONS.get(fourLetters(header, 20));
    return connection === undefined ? { kind: "unusable" } : { kind: "tables", colours, table, connection, codePoints };
  }
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

function readXyz(view: DataView | null): readonly [number, number, number] | null {
  if (view === null || view.byteLength < 20 || tagType(view) !== "XYZ ") return null;
  return [fixedNumber(view, 8), fixedNumber(view, 12), fixedNumber(view, 16)];
}

function readCodePoints(view: DataView | null): CodePoints | null {
  if (view === null || view.byteLength < 12 || tagType(view) !== "cicp") return null;
  return { primaries: view.getUint8(8), transfer: view.getUint8(9) };
}
