/** Pages of text: paragraphs, headings and columns in several sizes, faces and colours, on one colour or on a gradient. */
import { Canvas } from "./canvas.ts";
import { anyColour, BLACK, brightness, type Colour, contrastingPair, fromHue, grey, mixed, WHITE } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { ALL_FACES, type Face, FONT_SIZES } from "./glyphs.ts";
import { anySmoothing, type TextStyle, textWidth, writeText } from "./text.ts";
import { phrase, runningWord } from "./words.ts";

const BODY_FACES: readonly Face[] = ["sans", "serif", "mono", "sans", "serif", "sans-light", "serif-italic"];
/** Half of the pages have one of these sizes. */
const SMALL_SIZES: readonly number[] = FONT_SIZES.filter((size) => size <= 16);
const HEADING_FACES: readonly Face[] = ["sans-bold", "serif-bold", "sans", "serif", "mono-bold"];

/** A page of text. */
export function drawTextPage(dice: Dice, side: number): Canvas {
  const dark = dice.chance(0.25);
  const [paper, ink] = pageColours(dice, dark);
  const canvas = new Canvas(side, paper);
  if (dice.chance(0.25)) {
    const box = { x: 0, y: 0, width: side, height: side };
    canvas.gradient(box, paper, mixed(paper, dark ? BLACK : fromHue(dice.fraction(), 0.4, 1), dice.between(0.2, 0.7)));
  }
  const smoothing = anySmoothing(dice);
  const snap = smoothing === "none" || dice.chance(0.4);
  const style = {
    face: dice.pick(BODY_FACES),
    size: dice.chance(0.5) ? dice.pick(SMALL_SIZES) : dice.pick(FONT_SIZES),
    colour: ink,
    smoothing,
    snap,
  };
  if (dice.chance(0.12)) {
    scatterWords(dice, canvas, style);
    return canvas;
  }
  const columns = style.size <= 14 && dice.chance(0.3) ? 2 : 1;
  const margin = dice.integer(-20, side >> 4);
  const width = Math.floor((side - margin) / columns);
  for (let column = 0; column < columns; column++) {
    writeColumn(dice, canvas, style, { left: margin + column * width, width: width - dice.integer(4, 16) });
  }
  return canvas;
}

function pageColours(dice: Dice, dark: boolean): readonly [Colour, Colour] {
  const kind = dice.fraction();
  if (kind < 0.35) return dark ? [BLACK, WHITE] : [WHITE, BLACK];
  if (kind < 0.75) {
    const paper = fromHue(
      dice.fraction(),
      dice.between(0, 0.15),
      dark ? dice.between(0.05, 0.25) : dice.between(0.88, 1),
    );
    return [paper, dark ? grey(dice.integer(180, 255)) : grey(dice.integer(0, 90))];
  }
  return contrastingPair(dice, 90);
}

interface Column {
  readonly left: number;
  readonly width: number;
}

/** Paragraphs and headings from the top to the bottom of the picture, which need not begin or end with a whole line. */
function writeColumn(dice: Dice, canvas: Canvas, body: TextStyle, { left, width }: Column): void {
  const leading = dice.between(1.15, 1.7);
  const align = dice.pick(["left", "left", "left", "justify", "centre"] as const);
  let y = dice.integer(-10, 30) + body.size;
  while (y < canvas.side + body.size) {
    const kind = dice.fraction();
    const heading = kind < 0.2;
    const style: TextStyle = heading ? headingStyle(dice, body) : body;
    const lines = heading ? 1 : dice.integer(2, 9);
    const indent = !heading && dice.chance(0.2) ? Math.round(style.size * 1.5) : 0;
    if (indent > 0) canvas.disc(left + indent / 2, y - style.size * 0.35, Math.max(1.5, style.size / 7), style.colour);
    for (let line = 0; line < lines && y < canvas.side + style.size; line++) {
      const last = line === lines - 1;
      writeLine(
        dice,
        canvas,
        style,
        { left: left + indent, width: width - indent },
        y,
        heading || !last ? align : "left",
      );
      y += Math.round(style.size * leading);
    }
    y += Math.round(body.size * dice.between(0.3, 1));
    if (dice.chance(0.08))
      canvas.rectangle(left, y - body.size, width, dice.integer(1, 2), mixed(body.colour, grey(128), 0.6));
  }
}

function headingStyle(dice: Dice, body: TextStyle): TextStyle {
  const larger = FONT_SIZES.filter((size) => size >= body.size && size <= 2.5 * body.size);
  const colour = dice.chance(0.3) && brightness(body.colour) < 128 ? fromHue(dice.fraction(), 1, 0.6) : body.colour;
  return { ...body, face: dice.pick(HEADING_FACES), size: dice.pick(larger), colour };
}

function writeLine(
  dice: Dice,
  canvas: Canvas,
  style: TextStyle,
  { left, width }: Column,
  y: number,
  align: "left" | "justify" | "centre",
): void {
  const space = textWidth(" ", style);
  const words: string[] = [];
  const widths: number[] = [];
  let used = 0;
  for (let tries = 0; tries < 60; tries++) {
    const next = runningWord(dice);
    const wide = textWidth(next, style);
    if (used + wide > width && words.length > 0) break;
    words.push(next);
    widths.push(wide);
    used += wide + space;
  }
  const free = Math.max(0, width - used + space);
  const gap = align === "justify" && words.length > 1 ? space + free / (words.length - 1) : space;
  let pen = left + (align === "centre" ? free / 2 : 0);
  const marked = dice.chance(0.06) ? dice.integer(0, words.length - 1) : -1;
  for (const [i, text] of words.entries()) {
    if (i === marked) {
      canvas.rectangle(
        pen - 1,
        y - style.size,
        widths[i]! + 2,
        style.size * 1.25,
        fromHue(dice.fraction(), 0.6, 1),
        0.5,
      );
    }
    writeText(canvas, pen, y, text, style);
    pen += widths[i]! + gap;
  }
}

/** Words of any face, size and colour, anywhere: posters and labels. */
function scatterWords(dice: Dice, canvas: Canvas, style: TextStyle): void {
  for (let i = dice.integer(4, 20); i > 0; i--) {
    const own = {
      ...style,
      face: dice.pick(ALL_FACES),
      size: dice.pick(FONT_SIZES),
      colour: dice.chance(0.5) ? style.colour : anyColour(dice),
    };
    writeText(canvas, dice.between(-20, canvas.side - 20), dice.integer(0, canvas.side + 10), phrase(dice, 3), own);
  }
}
