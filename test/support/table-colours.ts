/**
 * Pictures with profiles of look-up tables, for a comparison with LittleCMS: profiles written by colour-files.ts, and the colours that are
 * asked for.
 */
import { DISPLAY_P3_PRIMARIES, multiply, primariesToXyzD50 } from "../../src/image/colour/rgb-space.ts";
import { type LabOfColour, tableProfile } from "./colour-files.ts";

const TO_XYZ = primariesToXyzD50(DISPLAY_P3_PRIMARIES)!;
/** Red becomes mostly green, green mostly blue, blue mostly red: who passes over the profile is far off. */
const TURNED = multiply(TO_XYZ, [0.1, 0.1, 0.8, 0.8, 0.1, 0.1, 0.1, 0.8, 0.1]);
const WHITE = [0.9642, 1, 0.8249] as const;

/** CIELAB (CIE 15) of colours whose primaries are turned and whose curve is a power of 1.9. */
const turnedLab: LabOfColour = (r, g, b) => {
  const light = [r, g, b].map((value) => value ** 1.9);
  const [x, y, z] = [0, 3, 6].map((row, i) => {
    const ratio = (TURNED[row]! * light[0]! + TURNED[row + 1]! * light[1]! + TURNED[row + 2]! * light[2]!) / WHITE[i]!;
    return ratio > (6 / 29) ** 3 ? Math.cbrt(ratio) : ratio / (3 * (6 / 29) ** 2) + 4 / 29;
  }) as [number, number, number];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};

/** A profile of a table of so many bits. */
export function turnedProfile(bits: 8 | 16): Buffer {
  return tableProfile(`Turned ${bits}`, bits, turnedLab);
}

/** Samples of 125 colours, r, g, b: off the nodes of the tables, and their ends. */
export function tableSamples(bits: 8 | 16): readonly number[] {
  const levels = [0, 41, 102, 187, 255].map((level) => (bits === 8 ? level : 257 * level));
  return Array.from({ length: 3 * 125 }, (_, i) => levels[Math.floor(Math.floor(i / 3) / 5 ** (i % 3)) % 5]!);
}
