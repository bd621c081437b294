/**
 * Letters as pixels: all letters of a face at a size are drawn once by resvg, three times as wide as high, and kept. From thirds of a
 * pixel come letters at any third of a pixel, and those of screens that light red, green and blue beside each other. Drawing each text
 * by resvg takes ten times as long.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import { type GlyphWidths, readGlyphWidths } from "./glyph-widths.ts";

/** One design of letters: a file of the package dejavu-fonts-ttf and how SVG names it. */
interface FaceFile {
  readonly file: string;
  readonly family: string;
  readonly weight?: string;
  readonly style?: string;
}

/** The faces there are. */
export type Face =
  | "sans"
  | "sans-bold"
  | "sans-oblique"
  | "sans-light"
  | "mono"
  | "mono-bold"
  | "serif"
  | "serif-bold"
  | "serif-italic";

const FACES: Readonly<Record<Face, FaceFile>> = {
  sans: { file: "DejaVuSans", family: "DejaVu Sans" },
  "sans-bold": { file: "DejaVuSans-Bold", family: "DejaVu Sans", weight: "bold" },
  "sans-oblique": { file: "DejaVuSans-Oblique", family: "DejaVu Sans", style: "oblique" },
  "sans-light": { file: "DejaVuSans-ExtraLight", family: "DejaVu Sans", weight: "200" },
  mono: { file: "DejaVuSansMono", family: "DejaVu Sans Mono" },
  "mono-bold": { file: "DejaVuSansMono-Bold", family: "DejaVu Sans Mono", weight: "bold" },
  serif: { file: "DejaVuSerif", family: "DejaVu Serif" },
  "serif-bold": { file: "DejaVuSerif-Bold", family: "DejaVu Serif", weight: "bold" },
  "serif-italic": { file: "DejaVuSerif-Italic", family: "DejaVu Serif", style: "italic" },
};

/** All faces, in a fixed order. */
export const ALL_FACES: readonly Face[] = Object.keys(FACES) as Face[];

/** Font sizes there are, in pixels: few enough that all of them are soon drawn. */
export const FONT_SIZES: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 36, 40];

/** Columns of a glyph for each pixel. */
export const THIRDS = 3;

/** The ink of one letter: coverage 0..255 of columns that are a third of a pixel wide. */
export interface Glyph {
  /** The pen's way in pixels. */
  readonly advance: number;
  /** First column of ink from the pen, in thirds of a pixel; first row from the baseline, in pixels, negative above it. */
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  readonly coverage: Uint8Array;
}

const CHARACTERS: readonly string[] = [
  ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)),
  ..."äöüßéèçñ€£°±×–…«»",
];
const GRID = 16;

const require = createRequire(import.meta.url);
const sets = new Map<string, ReadonlyMap<string, Glyph>>();
const widths = new Map<Face, GlyphWidths>();

function fontPath(face: Face): string {
  return require.resolve(`dejavu-fonts-ttf/ttf/${FACES[face].file}.ttf`);
}

/** The pen's way of a character in parts of the font size; that of a question mark for one that is not drawn. */
export function characterWidth(face: Face, character: string): number {
  let known = widths.get(face);
  if (known === undefined) {
    known = readGlyphWidths(readFileSync(fontPath(face)));
    widths.set(face, known);
  }
  return known(character) ?? (known("?") as number);
}

/** The letters of a face at a size of {@link FONT_SIZES}, by character; a space is not among them. */
export function glyphSet(face: Face, size: number): ReadonlyMap<string, Glyph> {
  const key = `${face} ${size}`;
  let set = sets.get(key);
  if (set === undefined) {
    set = drawGlyphs(face, size);
    sets.set(key, set);
  }
  return set;
}

function drawGlyphs(face: Face, size: number): ReadonlyMap<string, Glyph> {
  const { family, weight = "normal", style = "normal" } = FACES[face];
  const cell = Math.ceil(size * 1.6) + 4;
  const baseline = Math.ceil(size * 1.15) + 1;
  const pen = Math.ceil(size * 0.2) + 2;
  const rows = Math.ceil(CHARACTERS.length / GRID);
  const letters = Array.from({ length: rows }, (_, row) => {
    const line = CHARACTERS.slice(row * GRID, (row + 1) * GRID);
    const places = line.map((_, column) => column * cell + pen).join(" ");
    const codes = line.map((character) => `&#${character.charCodeAt(0)};`).join("");
    return `<text x="${places}" y="${row * cell + baseline}">${codes}</text>`;
  });
  const width = GRID * cell * THIRDS;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${rows * cell}"><g transform="scale(${THIRDS} 1)" fill="#fff" font-size="${size}" font-family="${family}" font-weight="${weight}" font-style="${style}">${letters.join("")}</g></svg>`;
  const { pixels } = new Resvg(svg, {
    font: { fontFiles: [fontPath(face)], loadSystemFonts: false, defaultFontFamily: family },
  }).render();
  const inkAt = (column: number, row: number): number => pixels[4 * (row * width + column) + 3]!;
  const set = new Map<string, Glyph>();
  for (const [i, character] of CHARACTERS.entries()) {
    const left = (i % GRID) * cell * THIRDS;
    const top = Math.floor(i / GRID) * cell;
    const ink = inkBox(left, top, cell, inkAt);
    const coverage = new Uint8Array(ink.columns * ink.rows);
    for (let row = 0; row < ink.rows; row++) {
      for (let column = 0; column < ink.columns; column++) {
        coverage[row * ink.columns + column] = inkAt(ink.left + column, ink.top + row);
      }
    }
    set.set(character, {
      advance: characterWidth(face, character) * size,
      left: ink.left - left - pen * THIRDS,
      top: ink.top - top - baseline,
      columns: ink.columns,
      rows: ink.rows,
      coverage,
    });
  }
  return set;
}

interface InkBox {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

function inkBox(left: number, top: number, cell: number, inkAt: (column: number, row: number) => number): InkBox {
  let [fromX, toX, fromY, toY] = [left + cell * THIRDS, left, top + cell, top];
  for (let row = top; row < top + cell; row++) {
    for (let column = left; column < left + cell * THIRDS; column++) {
      if (inkAt(column, row) === 0) continue;
      fromX = Math.min(fromX, column);
      toX = Math.max(toX, column + 1);
      fromY = Math.min(fromY, row);
      toY = Math.max(toY, row + 1);
    }
  }
  if (toX <= fromX) throw new Error("internal: a letter without ink");
  return { left: fromX, top: fromY, columns: toX - fromX, rows: toY - fromY };
}
