import { describe, expect, it } from "vitest";
import { Canvas } from "./canvas.ts";
import { BLACK, WHITE } from "./colours.ts";
import { bayerMatrix, errorDiffusion, orderedDither } from "./dithering.ts";
import { ALL_FACES, characterWidth, glyphSet } from "./glyphs.ts";
import { chessboard, paintPattern, stripes, weave } from "./patterns.ts";
import { textWidth, writeText } from "./text.ts";

const level = (canvas: Canvas, x: number, y: number): number => canvas.pixels[3 * (y * canvas.side + x)]!;

describe("patterns", () => {
  it.each([1, 2, 3, 8])("a chessboard has cells of %i pixels in two colours, half of it each", (cell) => {
    const side = 4 * cell;
    const canvas = new Canvas(side, BLACK);
    paintPattern(canvas, chessboard(cell), [BLACK, WHITE], [0, 0, side, side]);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const odd = (Math.trunc(x / cell) + Math.trunc(y / cell)) % 2 === 1;
        expect(level(canvas, x, y)).toBe(odd ? 255 : 0);
      }
    }
    expect(canvas.pixels.filter((value) => value === 255)).toHaveLength(1.5 * side * side);
  });

  it("stripes have the given widths, also when they lean", () => {
    const row = (slopeX: number, slopeY: number, y: number): number[] =>
      Array.from({ length: 8 }, (_, x) => stripes([1, 3], slopeX, slopeY)(x, y));
    expect(row(1, 0, 5)).toEqual([0, 1, 1, 1, 0, 1, 1, 1]);
    expect(row(1, -1, 1)).toEqual([1, 0, 1, 1, 1, 0, 1, 1]);
  });

  it("a plain weave shows warp and weft in turn, and gaps between threads", () => {
    const at = weave(2, 1, 1, 1);
    expect([at(0, 0), at(3, 0), at(6, 0), at(0, 3), at(3, 3)]).toEqual([0, 1, 0, 1, 0]);
    expect([at(2, 2), at(2, 0), at(0, 2)]).toEqual([2, 1, 0]);
  });
});

describe("dithering", () => {
  it("has Bayer's matrices", () => {
    expect(bayerMatrix(2)).toEqual([0, 2, 3, 1]);
    expect(bayerMatrix(4)).toEqual([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]);
    expect([...bayerMatrix(8)].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  it.each([2, 4, 8])("by a matrix of side %i: the mean of a tile is the field's, to half a step", (matrixSide) => {
    for (let i = 0; i <= 50; i++) {
      const field = new Float32Array(64).fill(i / 50);
      for (const levels of [2, 4]) {
        const dithered = orderedDither(field, 8, levels, matrixSide);
        const mean = dithered.reduce((sum, value) => sum + value, 0) / 64 / (levels - 1);
        expect(Math.abs(mean - i / 50)).toBeLessThanOrEqual(0.5 / matrixSide ** 2 / (levels - 1) + 1e-6);
      }
    }
  });

  it("by diffusion of errors: the mean is the field's", () => {
    const side = 64;
    const field = Float32Array.from({ length: side * side }, (_, i) => 0.2 + (0.5 * (i % side)) / side);
    const dithered = errorDiffusion(field, side, 2);
    const mean = (values: ArrayLike<number>): number =>
      Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
    // What is lost at the borders is an error of less than 1/2 for each pixel there.
    expect(Math.abs(mean(dithered) - mean(field))).toBeLessThan(0.01);
    expect(new Set(dithered)).toEqual(new Set([0, 1]));
  });
});

describe("text", () => {
  const style = { face: "sans", size: 12, colour: BLACK, smoothing: "grey", snap: false } as const;

  it("moves the pen as the font says: DejaVu Sans's digits are 0.636 wide, its mono letters 0.602", () => {
    expect(textWidth("0000", { ...style, size: 10 })).toBeCloseTo(25.44, 1);
    expect(characterWidth("mono", "i")).toBe(characterWidth("mono", "m"));
    expect(characterWidth("mono", "i")).toBeCloseTo(0.602, 3);
    expect(writeText(new Canvas(64, WHITE), 3, 20, "abc d", style)).toBeCloseTo(3 + textWidth("abc d", style), 6);
    expect(writeText(new Canvas(64, WHITE), 3, 900, "abc d", style)).toBeCloseTo(3 + textWidth("abc d", style), 6);
  });

  it.each(ALL_FACES)("has letters of %s, none cut off: ink lies above and below the baseline as letters do", (face) => {
    const set = glyphSet(face, 24);
    const { top, rows, columns } = set.get("H") as { top: number; rows: number; columns: number };
    expect(top).toBeLessThanOrEqual(-17);
    expect(top + rows).toBeLessThanOrEqual(1);
    expect(columns).toBeGreaterThan(24);
    const p = set.get("p") as { top: number; rows: number };
    expect(p.top + p.rows).toBeGreaterThan(3);
    for (const { coverage } of set.values()) expect(Math.max(...coverage)).toBeGreaterThan(60);
  });

  it("smooths in grey, by thirds in colour, or not at all", () => {
    const drawn = (smoothing: "grey" | "thirds" | "none"): Canvas => {
      const canvas = new Canvas(64, WHITE);
      writeText(canvas, 4.4, 30, "Word", { ...style, smoothing, size: 20 });
      return canvas;
    };
    const grey = drawn("grey").pixels;
    const isGrey = (pixels: Uint8Array): boolean => pixels.every((value, i) => value === pixels[i - (i % 3)]);
    expect(isGrey(grey)).toBe(true);
    expect(new Set(grey).size).toBeGreaterThan(8);
    expect(isGrey(drawn("thirds").pixels)).toBe(false);
    expect(new Set(drawn("none").pixels)).toEqual(new Set([0, 255]));
    // All three put about as much ink on the page.
    const ink = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + 255 - value, 0);
    for (const other of ["thirds", "none"] as const) {
      expect(Math.abs(ink(drawn(other).pixels) / ink(grey) - 1)).toBeLessThan(0.15);
    }
  });
});

describe("Canvas", () => {
  it("draws a disc of its area with smooth edges, and nothing outside of a clip or beyond the picture", () => {
    const canvas = new Canvas(40, BLACK, 100, 200);
    canvas.disc(120, 220, 10, WHITE);
    const area = canvas.pixels.reduce((sum, value) => sum + value, 0) / 3 / 255;
    expect(Math.abs(area / (Math.PI * 100) - 1)).toBeLessThan(0.01);
    const clipped = new Canvas(40, BLACK);
    clipped.within({ x: 10, y: 10, width: 5, height: 4 }, () => clipped.rectangle(-50, -50, 500, 500, WHITE));
    expect(clipped.pixels.filter((value) => value === 255)).toHaveLength(3 * 5 * 4);
    expect([level(clipped, 10, 10), level(clipped, 14, 13), level(clipped, 15, 13)]).toEqual([255, 255, 0]);
  });

  it("makes a gradient from the first colour to the last", () => {
    const canvas = new Canvas(16, BLACK);
    canvas.gradient({ x: 0, y: 0, width: 16, height: 16 }, BLACK, WHITE);
    expect(Array.from({ length: 16 }, (_, y) => level(canvas, 3, y))).toEqual(
      Array.from({ length: 16 }, (_, y) => 17 * y),
    );
  });
});
