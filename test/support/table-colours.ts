/**
 * Pictures in colours of look-up tables, for a comparison with LittleCMS: profiles written by table-profiles.ts, and the colours that are asked for.
 */
import {
  DISPLAY_P3_PRIMARIES,
  type Matrix3,
  multiply,
  type Primaries,
  primariesToXyzD50,
} from "../../src/image/colour/rgb-space.ts";
import { type ColourOf, greyTableProfile, newTableProfile, tableProfile, tableTag } from "./table-profiles.ts";

/** Red becomes mostly green, green mostly blue, blue mostly red: who passes over the profile is far off. */
const TURN: Matrix3 = [0.1, 0.1, 0.8, 0.8, 0.1, 0.1, 0.1, 0.8, 0.1];
const WHITE = [0.9642, 1, 0.8249] as const;
/** ROMM RGB (ISO 22028-2), which reaches beyond all displays: most colours leave sRGB. */
const ROMM_PRIMARIES: Primaries = {
  red: { x: 0.7347, y: 0.2653 },
  green: { x: 0.1596, y: 0.8404 },
  blue: { x: 0.0366, y: 0.0001 },
  white: { x: 0.3457, y: 0.3585 },
};

/** CIE XYZ of colours of primaries, which are turned, and whose curve is a power of 1.9. */
function turnedXyz(primaries: Primaries): ColourOf {
  const matrix = multiply(primariesToXyzD50(primaries)!, TURN);
  return (r, g, b) => {
    const light = [r, g, b].map((value) => value ** 1.9);
    return [0, 3, 6].map(
      (row) => matrix[row]! * light[0]! + matrix[row + 1]! * light[1]! + matrix[row + 2]! * light[2]!,
    ) as [number, number, number];
  };
}

/** The same in CIELAB (CIE 15). */
function turnedLab(primaries: Primaries): ColourOf {
  const xyzOf = turnedXyz(primaries);
  return (r, g, b) => {
    const [x, y, z] = xyzOf(r, g, b).map((value, i) => {
      const ratio = value / WHITE[i]!;
      return ratio > (6 / 29) ** 3 ? Math.cbrt(ratio) : ratio / (3 * (6 / 29) ** 2) + 4 / 29;
    }) as [number, number, number];
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  };
}

/** All greys are one: for a table that is not to be used. */
const WRONG_TABLE = tableTag(8, () => [50, 0, 0]);
const newTables = (connection: "Lab " | "XYZ ", bits: 8 | 16, colourOf: ColourOf): Buffer =>
  newTableProfile(NAME, { connection, bits, colourOf, perceptual: WRONG_TABLE });

/** What all profiles here are called. */
export const NAME = "Some tables";

/** Profiles of tables by what they are. */
export const TABLE_PROFILES: ReadonlyMap<string, Buffer> = new Map([
  ["lut8Type", tableProfile(NAME, 8, turnedLab(DISPLAY_P3_PRIMARIES))],
  ["lut16Type", tableProfile(NAME, 16, turnedLab(DISPLAY_P3_PRIMARIES))],
  ["lut8Type of wide gamut", tableProfile(NAME, 8, turnedLab(ROMM_PRIMARIES))],
  ["lut16Type of wide gamut", tableProfile(NAME, 16, turnedLab(ROMM_PRIMARIES))],
  ["lutAToBType to CIELAB", newTables("Lab ", 16, turnedLab(ROMM_PRIMARIES))],
  ["lutAToBType of 8 bits to XYZ", newTables("XYZ ", 8, turnedXyz(DISPLAY_P3_PRIMARIES))],
  ["lutAToBType to XYZ", newTables("XYZ ", 16, turnedXyz(ROMM_PRIMARIES))],
]);

/** Levels of r, g and b: off the nodes of the tables, and their ends. */
const LEVELS = [0, 19, 41, 102, 187, 236, 255];

/** Colours of {@link tableSamples}. */
export const TABLE_COLOURS: number = LEVELS.length ** 3;

/** Samples of all colours of {@link LEVELS}, r, g, b. */
export function tableSamples(bits: 8 | 16): readonly number[] {
  const levels = LEVELS.map((level) => (bits === 8 ? level : 257 * level));
  const side = levels.length;
  return Array.from(
    { length: 3 * side ** 3 },
    (_, i) => levels[Math.floor(Math.floor(i / 3) / side ** (i % 3)) % side]!,
  );
}

/** Profiles of tables of grey: a warm tone, darker than sRGB's. */
export const GREY_TABLE_PROFILES: ReadonlyMap<string, Buffer> = new Map(
  ([8, 16] as const).map((bits) => [
    `lut${bits}Type of grey`,
    greyTableProfile(NAME, bits, (grey) => [100 * grey ** 1.4, 8 * grey * (1 - grey), 24 * grey * (1 - grey)]),
  ]),
);

/** All greys of 8 bits. */
export const GREYS: readonly number[] = Array.from({ length: 256 }, (_, i) => i);
