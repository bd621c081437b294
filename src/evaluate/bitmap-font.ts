/**
 * A small bitmap font and the two things done with it: measuring a line of text and drawing it. A design of our own, 5 pixels
 * wide at most, 7 high and 2 below the base line, for captions in pictures. A fresh machine may have no font at all, and captions
 * that depend on one would differ from machine to machine. Printable ASCII only; any other character is drawn as "?".
 */
import type { Image } from "../image/image.ts";

/** Red, green and blue, 0..255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Rows of a glyph, the two below the base line included. */
const GLYPH_ROWS = 9;
/** Width of a space, and of the gap between two glyphs. */
const SPACE_COLUMNS = 3;
const GAP_COLUMNS = 1;

/** Height of a line of text in pixels at a scale, from the top of a capital to the bottom of a "g". */
export function textHeight(scale: number): number {
  return GLYPH_ROWS * scale;
}

/** Width of a line of text in pixels, at a scale. */
export function textWidth(text: string, scale: number): number {
  let columns = 0;
  for (const character of text) columns += columnsOf(character) + GAP_COLUMNS;
  return Math.max(columns - GAP_COLUMNS, 0) * scale;
}

/**
 * Draws a line of text with its upper left corner at (x, y); each pixel of the font becomes `scale` by `scale` pixels. What
 * is beyond the picture is left out.
 */
export function drawText(picture: Image, text: string, x: number, y: number, scale: number, colour: Colour): void {
  let left = x;
  for (const character of text) {
    const rows = character === " " ? [] : glyphOf(character);
    for (const [row, dots] of rows.entries()) {
      for (let column = 0; column < dots.length; column++) {
        if (dots[column] !== "#") continue;
        fillRectangle(picture, left + column * scale, y + row * scale, scale, scale, colour);
      }
    }
    left += (columnsOf(character) + GAP_COLUMNS) * scale;
  }
}

/** Fills a rectangle. What is beyond the picture is left out. */
export function fillRectangle(
  picture: Image,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  for (let row = Math.max(y, 0); row < Math.min(y + height, picture.height); row++) {
    for (let column = Math.max(x, 0); column < Math.min(x + width, picture.width); column++) {
      picture.data.set(colour, 3 * (row * picture.width + column));
    }
  }
}

function columnsOf(character: string): number {
  return character === " " ? SPACE_COLUMNS : (glyphOf(character)[0]?.length ?? 0);
}

function glyphOf(character: string): readonly string[] {
  const glyph = glyphs.get(character) ?? glyphs.get("?");
  if (glyph === undefined) throw new Error("internal: the font has no question mark");
  return glyph;
}

/** The glyphs as they look, side by side: 16 characters a band, in the order of ASCII. */
const bands: readonly (readonly [characters: string, picture: string])[] = [
  [
    "!\"#$%&'()*+,-./0",
    `
# #.# .#.#. ..#.. ##..# .##.. # ..# #.. ..... ..... .. .... .. ....# .###.
# #.# .#.#. .#### ##..# #..#. # .#. .#. ..#.. ..#.. .. .... .. ....# #...#
# ... ##### #.#.. ...#. #.#.. . #.. ..# #.#.# ..#.. .. .... .. ...#. #..##
# ... .#.#. .###. ..#.. .#... . #.. ..# .###. ##### .. #### .. ..#.. #.#.#
# ... ##### ..#.# .#... #.#.# . #.. ..# #.#.# ..#.. .. .... .. .#... ##..#
. ... .#.#. ####. #..## #..#. . .#. .#. ..#.. ..#.. .# .... ## #.... #...#
# ... .#.#. ..#.. #..## .##.# . ..# #.. ..... ..... .# .... ## #.... .###.
. ... ..... ..... ..... ..... . ... ... ..... ..... #. .... .. ..... .....
. ... ..... ..... ..... ..... . ... ... ..... ..... .. .... .. ..... .....`,
  ],
  [
    "123456789:;<=>?@",
    `
..#.. .###. .###. ...#. ##### ..##. ##### .###. .###. . .. ...# .... #... .###. .###.
.##.. #...# #...# ..##. #.... .#... ....# #...# #...# . .. ..#. .... .#.. #...# #...#
..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# # .# .#.. #### ..#. ....# #.###
..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .#### # .# #... .... ...# ...#. #.#.#
..#.. ..#.. ....# ##### ....# #...# ..#.. #...# ....# . .. .#.. #### ..#. ..#.. #.###
..#.. .#... #...# ...#. #...# #...# .#... #...# ...#. # .# ..#. .... .#.. ..... #....
.###. ##### .###. ...#. .###. .###. .#... .###. .##.. # .# ...# .... #... ..#.. .###.
..... ..... ..... ..... ..... ..... ..... ..... ..... . #. .... .... .... ..... .....
..... ..... ..... ..... ..... ..... ..... ..... ..... . .. .... .... .... ..... .....`,
  ],
  [
    "ABCDEFGHIJKLMNOP",
    `
.###. ####. .###. ####. ##### ##### .###. #...# ### ..### #...# #.... #...# #...# .###. ####.
#...# #...# #...# #...# #.... #.... #...# #...# .#. ...#. #..#. #.... ##.## ##..# #...# #...#
#...# #...# #.... #...# #.... #.... #.... #...# .#. ...#. #.#.. #.... #.#.# ##..# #...# #...#
##### ####. #.... #...# ####. ####. #.### ##### .#. ...#. ##... #.... #.#.# #.#.# #...# ####.
#...# #...# #.... #...# #.... #.... #...# #...# .#. ...#. #.#.. #.... #...# #..## #...# #....
#...# #...# #...# #...# #.... #.... #...# #...# .#. #..#. #..#. #.... #...# #..## #...# #....
#...# ####. .###. ####. ##### #.... .###. #...# ### .##.. #...# ##### #...# #...# .###. #....
..... ..... ..... ..... ..... ..... ..... ..... ... ..... ..... ..... ..... ..... ..... .....
..... ..... ..... ..... ..... ..... ..... ..... ... ..... ..... ..... ..... ..... ..... .....`,
  ],
  [
    "QRSTUVWXYZ[\\]^_`",
    `
.###. ####. .#### ##### #...# #...# #...# #...# #...# ##### ### #.... ### ..#.. ..... #.
#...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....# #.. #.... ..# .#.#. ..... .#
#...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#. #.. .#... ..# #...# ..... ..
#...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#.. #.. ..#.. ..# ..... ..... ..
#.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#... #.. ...#. ..# ..... ..... ..
#..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #.... #.. ....# ..# ..... ..... ..
.##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. ##### ### ....# ### ..... ..... ..
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ... ..... ... ..... ##### ..
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ... ..... ... ..... ..... ..`,
  ],
  [
    "abcdefghijklmnop",
    `
..... #.... .... ....# ..... ..## ..... #.... # ..# #... #. ..... ..... ..... .....
..... #.... .... ....# ..... .#.. ..... #.... . ... #... #. ..... ..... ..... .....
.###. ####. .### .#### .###. #### .#### ####. # ..# #..# #. ####. ####. .###. ####.
....# #...# #... #...# #...# .#.. #...# #...# # ..# #.#. #. #.#.# #...# #...# #...#
.#### #...# #... #...# ##### .#.. #...# #...# # ..# ##.. #. #.#.# #...# #...# #...#
#...# #...# #... #...# #.... .#.. #...# #...# # ..# #.#. #. #.#.# #...# #...# #...#
.#### ####. .### .#### .#### .#.. .#### #...# # ..# #..# .# #.#.# #...# .###. ####.
..... ..... .... ..... ..... .... ....# ..... . ..# .... .. ..... ..... ..... #....
..... ..... .... ..... ..... .... .###. ..... . ##. .... .. ..... ..... ..... #....`,
  ],
  [
    "qrstuvwxyz{|}~",
    `
..... .... ..... .#.. ..... ..... ..... ..... ..... ..... ..# # #.. .....
..... .... ..... .#.. ..... ..... ..... ..... ..... ..... .#. # .#. .....
.#### #.## .#### #### #...# #...# #...# #...# #...# ##### .#. # .#. .##.#
#...# ##.. #.... .#.. #...# #...# #...# .#.#. #...# ...#. #.. # ..# #..#.
#...# #... .###. .#.. #...# #...# #.#.# ..#.. #...# ..#.. .#. # .#. .....
#...# #... ....# .#.. #...# .#.#. #.#.# .#.#. #...# .#... .#. # .#. .....
.#### #... ####. ..## .#### ..#.. .#.#. #...# .#### ##### ..# # #.. .....
....# .... ..... .... ..... ..... ..... ..... ....# ..... ... # ... .....
....# .... ..... .... ..... ..... ..... ..... .###. ..... ... # ... .....`,
  ],
];

/** Cuts the bands into glyphs. */
function cutBands(): ReadonlyMap<string, readonly string[]> {
  const cut = new Map<string, readonly string[]>();
  for (const [characters, picture] of bands) {
    const rows = picture.trim().split("\n");
    const cells = rows.map((row) => row.split(" "));
    if (rows.length !== GLYPH_ROWS || cells.some((row) => row.length !== characters.length)) {
      throw new Error(`internal: the band of glyphs "${characters}" is cut wrong`);
    }
    for (const [i, character] of [...characters].entries()) {
      cut.set(
        character,
        cells.map((row) => row[i] ?? ""),
      );
    }
  }
  return cut;
}

const glyphs: ReadonlyMap<string, readonly string[]> = cutBands();
