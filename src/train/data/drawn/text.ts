/** Text on a canvas, in the ways in which screens show it: smooth, smooth by coloured thirds of pixels, or in whole pixels. */
import type { Canvas } from "./canvas.ts";
import type { Colour } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { characterWidth, type Face, FONT_SIZES, type Glyph, glyphSet, THIRDS } from "./glyphs.ts";

/** "thirds": red, green and blue are covered each by its own third of the pixel, as flat screens are lit. */
export type Smoothing = "grey" | "thirds" | "none";

/** How a text looks. */
export interface TextStyle {
  readonly face: Face;
  /** Font size in pixels, one of `FONT_SIZES`. */
  readonly size: number;
  readonly colour: Colour;
  readonly smoothing: Smoothing;
  /** Letters begin at whole pixels, as they do in many user interfaces. */
  readonly snap: boolean;
}

/** The way of the pen over a text, in pixels. */
export function textWidth(text: string, { face, size, snap }: TextStyle): number {
  let width = 0;
  for (const character of text) {
    const advance = characterWidth(face, character) * size;
    width += snap ? Math.round(advance) : advance;
  }
  return width;
}

/** The size of `FONT_SIZES` that is nearest. */
export function nearestSize(size: number): number {
  return FONT_SIZES.reduce((best, one) => (Math.abs(one - size) < Math.abs(best - size) ? one : best));
}

/** A way of smoothing for a whole picture: grey most often. */
export function anySmoothing(dice: Dice): Smoothing {
  const kind = dice.fraction();
  return kind < 0.55 ? "grey" : kind < 0.8 ? "thirds" : "none";
}

/**
 * Writes one line of text.
 * @param x where the pen begins. @param baseline the row under the letters.
 * @returns where the pen ends.
 */
export function writeText(canvas: Canvas, x: number, baseline: number, text: string, style: TextStyle): number {
  if (!canvas.shows(Math.floor(x) - style.size, baseline - 2 * style.size, 100_000, 3 * style.size))
    return x + textWidth(text, style);
  const set = glyphSet(style.face, style.size);
  const row = Math.round(baseline);
  let pen = style.snap ? Math.round(x) : x;
  for (const character of text) {
    const advance = characterWidth(style.face, character) * style.size;
    const glyph = character === " " ? undefined : (set.get(character) ?? set.get("?"));
    if (
      glyph !== undefined &&
      canvas.shows(Math.floor(pen) - style.size, row - 2 * style.size, 3 * style.size, 3 * style.size)
    ) {
      stamp(canvas, Math.round(pen * THIRDS) + glyph.left, row + glyph.top, glyph, style);
    }
    pen += style.snap ? Math.round(advance) : advance;
  }
  return pen;
}

/** @param left the first column of ink, in thirds of a pixel. */
function stamp(canvas: Canvas, left: number, top: number, glyph: Glyph, { colour, smoothing }: TextStyle): void {
  const { coverage, columns, rows } = glyph;
  const first = Math.floor((left - 1) / THIRDS);
  const last = Math.floor((left + columns) / THIRDS);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const ink = (column: number): number => (column < 0 || column >= columns ? 0 : coverage[start + column]!);
    for (let pixel = first; pixel <= last; pixel++) {
      const column = pixel * THIRDS - left;
      const [a, b, c] = [ink(column), ink(column + 1), ink(column + 2)];
      if (smoothing === "thirds") {
        const [before, after] = [ink(column - 1), ink(column + 3)];
        if (before + a + b + c + after === 0) continue;
        canvas.cover(pixel, top + row, colour, (before + a + b) / 765, (a + b + c) / 765, (b + c + after) / 765);
      } else {
        const mean = (a + b + c) / 765;
        if (mean === 0) continue;
        const whole = smoothing === "grey" ? mean : mean >= 0.5 ? 1 : 0;
        canvas.cover(pixel, top + row, colour, whole, whole, whole);
      }
    }
  }
}
