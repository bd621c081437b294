/**
 * RGB colour spaces as primaries and curves, and the matrices between them. Based on SMPTE RP 177 (matrix from chromaticities), and on
 * ICC.1:2022, annex E, for the linear Bradford adaptation to the white of ICC's connection space, D50.
 */
import { srgbCurve, type TransferCurve } from "./transfer-curve.ts";

/** Nine numbers, row by row. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

/** Chromaticity coordinates of CIE 1931. */
export interface Chromaticity {
  readonly x: number;
  readonly y: number;
}

/** What the three lamps of a display and its white look like. */
export interface Primaries {
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
  readonly white: Chromaticity;
}

/** How samples of r, g and b become a colour. */
export interface RgbSpace {
  /** Linear r, g, b to CIE XYZ, adapted to D50. */
  readonly toXyzD50: Matrix3;
  /** Those of r, g and b. */
  readonly curves: readonly [TransferCurve, TransferCurve, TransferCurve];
}

/** How samples of r, g and b become a colour by a look-up table. */
export interface TableSpace {
  /** Those of r, g and b before the table; what they give is clipped to 0..1. */
  readonly curves: readonly [TransferCurve, TransferCurve, TransferCurve];
  /** Converts linear samples, behind the curves, to CIE XYZ of D50, in place. */
  readonly toXyzD50: (values: Float64Array) => void;
}

type Vector3 = readonly [number, number, number];

const D65: Chromaticity = { x: 0.3127, y: 0.329 };

/** ITU-R BT.709, which sRGB shares. */
export const SRGB_PRIMARIES: Primaries = {
  red: { x: 0.64, y: 0.33 },
  green: { x: 0.3, y: 0.6 },
  blue: { x: 0.15, y: 0.06 },
  white: D65,
};

/** SMPTE EG 432-1: Display P3. */
export const DISPLAY_P3_PRIMARIES: Primaries = {
  red: { x: 0.68, y: 0.32 },
  green: { x: 0.265, y: 0.69 },
  blue: { x: 0.15, y: 0.06 },
  white: D65,
};

/** ITU-R BT.2020. */
export const BT2020_PRIMARIES: Primaries = {
  red: { x: 0.708, y: 0.292 },
  green: { x: 0.17, y: 0.797 },
  blue: { x: 0.131, y: 0.046 },
  white: D65,
};

const BRADFORD: Matrix3 = [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296];
/** The white of the ICC connection space. */
const D50: Vector3 = [0.9642, 1, 0.8249];

/** The product of two matrices. */
export function multiply(a: Matrix3, b: Matrix3): Matrix3 {
  const cell = (at: number): number => {
    const [row, column] = [3 * Math.floor(at / 3), at % 3];
    return a[row]! * b[column]! + a[row + 1]! * b[3 + column]! + a[row + 2]! * b[6 + column]!;
  };
  return [cell(0), cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7), cell(8)];
}

function apply(m: Matrix3, [x, y, z]: Vector3): Vector3 {
  return [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];
}

function diagonal([a, b, c]: Vector3): Matrix3 {
  return [a, 0, 0, 0, b, 0, 0, 0, c];
}

/** The inverse of a matrix; null if it has none, which is so for primaries on one line. */
export function inverse([a, b, c, d, e, f, g, h, i]: Matrix3): Matrix3 | null {
  const [first, second, third] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const s = 1 / (a * first + b * second + c * third);
  if (!Number.isFinite(s)) return null;
  return [
    s * first,
    s * (c * h - b * i),
    s * (b * f - c * e),
    s * second,
    s * (a * i - c * g),
    s * (c * d - a * f),
    s * third,
    s * (b * g - a * h),
    s * (a * e - b * d),
  ];
}

/** XYZ of a chromaticity at Y = 1. */
function xyz({ x, y }: Chromaticity): Vector3 {
  return [x / y, 1, (1 - x - y) / y];
}

/**
 * From linear r, g, b of these primaries to XYZ, adapted to D50. Null for chromaticities that are those of no display: a white that
 * is not between the primaries, or values that are not finite.
 */
export function primariesToXyzD50({ red, green, blue, white }: Primaries): Matrix3 | null {
  const [r, g, b, w] = [xyz(red), xyz(green), xyz(blue), xyz(white)];
  const columns: Matrix3 = [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
  const back = inverse(columns);
  if (back === null) return null;
  const amounts = apply(back, w);
  if (!amounts.every((amount) => amount > 0 && Number.isFinite(amount))) return null;
  const cone = inverse(BRADFORD);
  const [from, to] = [apply(BRADFORD, w), apply(BRADFORD, D50)];
  if (cone === null || !from.every((value) => value > 0)) return null;
  const adaptation = multiply(cone, multiply(diagonal([to[0] / from[0], to[1] / from[1], to[2] / from[2]]), BRADFORD));
  return multiply(adaptation, multiply(columns, diagonal(amounts)));
}

/** The space of primaries and one curve. @throws {RangeError} for primaries of no display */
export function rgbSpace(primaries: Primaries, curve: TransferCurve): RgbSpace {
  const toXyzD50 = primariesToXyzD50(primaries);
  if (toXyzD50 === null) throw new RangeError("rgbSpace: got primaries of no display, expected a white between them");
  return { toXyzD50, curves: [curve, curve, curve] };
}

/** sRGB. */
export const SRGB: RgbSpace = rgbSpace(SRGB_PRIMARIES, srgbCurve);
