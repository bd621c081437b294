/**
 * Dithered pictures: smooth fields shown by few levels or few colours. By thresholds of Bayer's matrix ("An optimum method for two-level
 * rendition of continuous-tone pictures", ICC 1973), by the diffusion of errors of Floyd and Steinberg ("An adaptive algorithm for
 * spatial greyscale", Proc. SID 17, 1976), and by random thresholds.
 */
import { Canvas } from "./canvas.ts";
import { BLACK, type Colour, contrastingPair, mixed, palette } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { anyField, type Field } from "./fields.ts";

/** Bayer's matrix of side 2, 4 or 8: each of 0..side^2-1 once, row by row. */
export function bayerMatrix(side: number): readonly number[] {
  let matrix: readonly number[] = [0];
  for (let half = 1; half < side; half *= 2) {
    const smaller = matrix;
    matrix = Array.from({ length: 4 * half * half }, (_, i) => {
      const [x, y] = [i % (2 * half), Math.floor(i / (2 * half))];
      const quarter = y < half ? (x < half ? 0 : 2) : x < half ? 3 : 1;
      return 4 * smaller[(y % half) * half + (x % half)]! + quarter;
    });
  }
  return matrix;
}

/**
 * Levels 0..levels-1 by thresholds that repeat, so that the mean over a tile of the matrix follows the field.
 * @param threshold of pixel (x, y), in (0, 1).
 */
function byThresholds(
  field: Field,
  side: number,
  levels: number,
  threshold: (x: number, y: number) => number,
): Uint8Array {
  const out = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const level = field[y * side + x]! * (levels - 1);
      const whole = Math.min(levels - 1, Math.floor(level));
      out[y * side + x] = whole + Number(level - whole > threshold(x, y));
    }
  }
  return out;
}

/** Levels by Bayer's matrix of side 2, 4 or 8. */
export function orderedDither(field: Field, side: number, levels: number, matrixSide: number): Uint8Array {
  const matrix = bayerMatrix(matrixSide);
  const thresholds = matrix.map((rank) => (rank + 0.5) / matrix.length);
  return byThresholds(field, side, levels, (x, y) => thresholds[(y % matrixSide) * matrixSide + (x % matrixSide)]!);
}

/** Levels by diffusion of each pixel's error: 7/16 to the right, 3/16, 5/16 and 1/16 to the row below. */
export function errorDiffusion(field: Field, side: number, levels: number): Uint8Array {
  const out = new Uint8Array(side * side);
  let errors = new Float32Array(side + 2);
  for (let y = 0; y < side; y++) {
    const below = new Float32Array(side + 2);
    for (let x = 0; x < side; x++) {
      const wanted = field[y * side + x]! * (levels - 1) + errors[x + 1]!;
      const level = Math.min(levels - 1, Math.max(0, Math.round(wanted)));
      out[y * side + x] = level;
      const error = wanted - level;
      errors[x + 2] = errors[x + 2]! + (error * 7) / 16;
      below[x] = below[x]! + (error * 3) / 16;
      below[x + 1] = below[x + 1]! + (error * 5) / 16;
      below[x + 2] = below[x + 2]! + error / 16;
    }
    errors = below;
  }
  return out;
}

type Method = (field: Field, side: number, levels: number) => Uint8Array;

function anyMethod(dice: Dice, side: number): Method {
  const kind = dice.fraction();
  if (kind < 0.5) {
    const matrixSide = dice.pick([2, 4, 4, 8, 8]);
    return (field, fieldSide, levels) => orderedDither(field, fieldSide, levels, matrixSide);
  }
  if (kind < 0.85) return errorDiffusion;
  const thresholds = new Float32Array(side * side);
  dice.fill(thresholds);
  return (field, fieldSide, levels) => byThresholds(field, fieldSide, levels, (x, y) => thresholds[y * fieldSide + x]!);
}

/** A dithered picture: two levels or a row of colours from one field, or few levels of red, green and blue from a field each. */
export function drawDithering(dice: Dice, side: number): Canvas {
  const scale = dice.pick([1, 1, 1, 1, 1, 2, 2, 3, 4]);
  const small = Math.ceil(side / scale);
  const method = anyMethod(dice, small);
  const canvas = new Canvas(side, BLACK);
  const look = dice.fraction();
  if (look < 0.75) {
    const colours = rowOfColours(dice, look);
    const levels = method(anyField(dice, small), small, colours.length);
    fillPixels(canvas, scale, (place) => colours[levels[place]!] as Colour);
  } else {
    const levels = dice.integer(2, 4);
    const base = anyField(dice, small);
    const tints = [0, 1, 2].map(() => {
      const own = anyField(dice, small);
      return method(
        base.map((value, i) => 0.6 * value + 0.4 * own[i]!),
        small,
        levels,
      );
    }) as [Uint8Array, Uint8Array, Uint8Array];
    const step = 255 / (levels - 1);
    const level = (plane: Uint8Array, place: number): number => Math.round(plane[place]! * step);
    fillPixels(canvas, scale, (place) => [level(tints[0], place), level(tints[1], place), level(tints[2], place)]);
  }
  return canvas;
}

function rowOfColours(dice: Dice, look: number): readonly Colour[] {
  if (look < 0.4) return contrastingPair(dice, 100);
  if (look < 0.6) return palette(dice, dice.integer(3, 8));
  const [from, to] = contrastingPair(dice, 100);
  const count = dice.integer(3, 5);
  return Array.from({ length: count }, (_, i) => mixed(from, to, i / (count - 1)));
}

/** @param colourOf of a pixel of the small picture, each shown as scale x scale pixels. */
function fillPixels(canvas: Canvas, scale: number, colourOf: (place: number) => Colour): void {
  const { side, pixels } = canvas;
  const small = Math.ceil(side / scale);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      pixels.set(colourOf(Math.floor(y / scale) * small + Math.floor(x / scale)), 3 * (y * side + x));
    }
  }
}
