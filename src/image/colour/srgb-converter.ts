/**
 * From samples of any RGB space to 8-bit sRGB: curves, one matrix or look-up table, and sRGB's curve. Colours outside of sRGB are clipped channel by
 * channel, which is relative colorimetric rendering, as LittleCMS and Chromium do it for spaces of primaries and curves.
 */
import { inverse, type Matrix3, multiply, type RgbSpace, SRGB, type TableSpace } from "./rgb-space.ts";
import { srgbSample } from "./transfer-curve.ts";

/** Steps of the table from linear light to levels. The steepest part of sRGB's curve rises 0.05 levels a step. */
const LIGHT_STEPS = 65535;
let levelTable: Uint8Array | null = null;

/** Nearest level 0..255 of each step of linear light. */
function levelsOfLight(): Uint8Array {
  levelTable ??= Uint8Array.from({ length: LIGHT_STEPS + 1 }, (_, i) => Math.round(255 * srgbSample(i / LIGHT_STEPS)));
  return levelTable;
}

/** Samples of an image: 8 or 16 bits. */
export type Samples = Uint8Array | Uint16Array;

/** Turns pixels into sRGB. */
export interface SrgbConverter {
  /**
   * @param from samples, `channels` for each pixel, of which the first three are r, g and b
   * @param to gets 3 bytes a pixel; may be the memory of `from` if that is of bytes
   */
  convert(from: Samples, channels: number, to: Uint8Array): void;
}

/** Reduces sRGB samples, 0..`maxSample`, to the nearest of 256 levels. */
export function levelConverter(maxSample: number): SrgbConverter {
  const table = Uint8Array.from({ length: maxSample + 1 }, (_, i) => Math.round((255 * i) / maxSample));
  return {
    convert(from, channels, to) {
      for (let at = 0, target = 0; target < to.length; at += channels, target += 3) {
        // A sample above the largest is white.
        to[target] = table[from[at]!] ?? 255;
        to[target + 1] = table[from[at + 1]!] ?? 255;
        to[target + 2] = table[from[at + 2]!] ?? 255;
      }
    },
  };
}

/** Converts samples, 0..`maxSample`, of a space. */
export function spaceConverter(space: RgbSpace | TableSpace, maxSample: number): SrgbConverter {
  const fromXyz = inverse(SRGB.toXyzD50);
  if (fromXyz === null) throw new Error("internal: the matrix of sRGB has no inverse");
  const { toXyzD50 } = space;
  const curves = space.curves.map((curve) =>
    Float64Array.from({ length: maxSample + 1 }, (_, i) => curve(i / maxSample)),
  ) as unknown as SampledCurves;
  if (typeof toXyzD50 === "function") return tableConverter(curves, toXyzD50, fromXyz);
  return matrixConverter(curves, multiply(fromXyz, toXyzD50));
}

/** The curves of r, g and b at each sample. */
type SampledCurves = readonly [Float64Array, Float64Array, Float64Array];

function matrixConverter([reds, greens, blues]: SampledCurves, matrix: Matrix3): SrgbConverter {
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = lightSteps(matrix);
  const levels = levelsOfLight();
  const maxSample = reds.length - 1;
  return {
    convert(from, channels, to) {
      for (let at = 0, target = 0; target < to.length; at += channels, target += 3) {
        const r = reds[Math.min(from[at]!, maxSample)]!;
        const g = greens[Math.min(from[at + 1]!, maxSample)]!;
        const b = blues[Math.min(from[at + 2]!, maxSample)]!;
        to[target] = levels[step(rr * r + rg * g + rb * b)]!;
        to[target + 1] = levels[step(gr * r + gg * g + gb * b)]!;
        to[target + 2] = levels[step(br * r + bg * g + bb * b)]!;
      }
    },
  };
}

function tableConverter(
  [reds, greens, blues]: SampledCurves,
  toXyzD50: TableSpace["toXyzD50"],
  fromXyz: Matrix3,
): SrgbConverter {
  const [rx, ry, rz, gx, gy, gz, bx, by, bz] = lightSteps(fromXyz);
  const levels = levelsOfLight();
  const maxSample = reds.length - 1;
  const values = new Float64Array(3);
  return {
    convert(from, channels, to) {
      for (let at = 0, target = 0; target < to.length; at += channels, target += 3) {
        values[0] = reds[Math.min(from[at]!, maxSample)]!;
        values[1] = greens[Math.min(from[at + 1]!, maxSample)]!;
        values[2] = blues[Math.min(from[at + 2]!, maxSample)]!;
        toXyzD50(values);
        const [x, y, z] = [values[0]!, values[1]!, values[2]!];
        to[target] = levels[step(rx * x + ry * y + rz * z)]!;
        to[target + 1] = levels[step(gx * x + gy * y + gz * z)]!;
        to[target + 2] = levels[step(bx * x + by * y + bz * z)]!;
      }
    },
  };
}

/** A matrix to linear sRGB in steps of the table of levels. */
function lightSteps(matrix: Matrix3): Matrix3 {
  return multiply([LIGHT_STEPS, 0, 0, 0, LIGHT_STEPS, 0, 0, 0, LIGHT_STEPS], matrix);
}

/** Nearest step of the table; beyond its ends the last ones. What is not a number becomes black. */
function step(light: number): number {
  if (!(light > 0)) return 0;
  return light >= LIGHT_STEPS ? LIGHT_STEPS : (light + 0.5) | 0;
}

/** Every 17th level in all combinations. */
const PROBE_STEP = 17;

/**
 * Whether a space is sRGB itself, whatever it is called: no colour moves by more than one level.
 * @param isGrey whether only greys count, because the picture has no other colours
 */
export function isSrgb(space: RgbSpace | TableSpace, isGrey: boolean): boolean {
  const side = 255 / PROBE_STEP + 1;
  const probes = isGrey
    ? Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3))
    : Uint8Array.from({ length: 3 * side ** 3 }, (_, i) => {
        const pixel = Math.floor(i / 3);
        return PROBE_STEP * (Math.floor(pixel / side ** (i % 3)) % side);
      });
  const converted = new Uint8Array(probes.length);
  spaceConverter(space, 255).convert(probes, 3, converted);
  return converted.every((level, i) => Math.abs(level - probes[i]!) <= 1);
}
