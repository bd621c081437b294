/** Small parts of user interfaces: buttons, fields, boxes to tick, sliders, icons, and text cut off at its box. */
import type { Box, Canvas } from "./canvas.ts";
import { type Colour, fromHue, mixed } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { type TextStyle, textWidth, writeText } from "./text.ts";
import type { Theme } from "./theme.ts";
import { number, phrase } from "./words.ts";

/** What every part is drawn with. */
export interface Screen {
  readonly canvas: Canvas;
  readonly dice: Dice;
  readonly theme: Theme;
}

/** A line of text in the middle of a box's height, cut off at its edges. */
export function textInBox(
  { canvas, theme }: Screen,
  box: Box,
  text: string,
  style: TextStyle,
  align: "left" | "centre" | "right" = "left",
): void {
  const padding = Math.round(theme.size * 0.5);
  const free = box.width - textWidth(text, style) - 2 * padding;
  const moved = align === "left" || free < 0 ? 0 : align === "centre" ? free / 2 : free;
  canvas.within(box, () =>
    writeText(canvas, box.x + padding + moved, Math.round(box.y + box.height / 2 + style.size * 0.36), text, style),
  );
}

/** A button; `active` in the accent colour. */
export function button(screen: Screen, box: Box, text: string, active: boolean = false): void {
  const { canvas, theme } = screen;
  canvas.rounded(box, theme.radius, active ? theme.accent : theme.surface);
  if (!active) canvas.rounded(box, theme.radius, theme.border, { thickness: 1 });
  textInBox(screen, box, text, active ? { ...theme.plain, colour: theme.onAccent } : theme.plain, "centre");
}

/** A field to type in, with a value or a faded hint. */
export function inputField(screen: Screen, box: Box): void {
  const { canvas, theme, dice } = screen;
  canvas.rounded(box, theme.radius, theme.paper);
  canvas.rounded(box, theme.radius, dice.chance(0.2) ? theme.accent : theme.border, { thickness: 1 });
  const style = dice.chance(0.4) ? { ...theme.plain, colour: theme.fadedInk } : theme.plain;
  textInBox(screen, box, dice.chance(0.5) ? phrase(dice, 3) : number(dice), style);
}

/** A box to tick, a round choice or a switch, with its label. */
export function choice(screen: Screen, box: Box): void {
  const { canvas, theme, dice } = screen;
  const side = Math.round(theme.size * 1.1);
  const mark = { x: box.x, y: Math.round(box.y + (box.height - side) / 2), width: side, height: side };
  const on = dice.chance(0.5);
  const radius = dice.pick([Math.min(theme.radius, 3), side / 2]);
  canvas.rounded(mark, radius, on ? theme.accent : theme.paper);
  if (!on) canvas.rounded(mark, radius, theme.border, { thickness: 1 });
  else if (radius === side / 2) canvas.disc(mark.x + side / 2, mark.y + side / 2, side / 5, theme.onAccent);
  else {
    const [x, y] = [mark.x, mark.y];
    canvas.line(x + side * 0.22, y + side * 0.52, x + side * 0.42, y + side * 0.72, 1.6, theme.onAccent);
    canvas.line(x + side * 0.42, y + side * 0.72, x + side * 0.8, y + side * 0.28, 1.6, theme.onAccent);
  }
  textInBox(screen, { ...box, x: box.x + side, width: box.width - side }, phrase(dice, 3), theme.plain);
}

/** A slider or a bar of progress. */
export function slider({ canvas, theme, dice }: Screen, box: Box): void {
  const thick = dice.pick([2, 4, 8]);
  const y = Math.round(box.y + box.height / 2 - thick / 2);
  const part = Math.round(box.width * dice.fraction());
  canvas.rounded({ x: box.x, y, width: box.width, height: thick }, thick / 2, theme.border);
  canvas.rounded({ x: box.x, y, width: part, height: thick }, thick / 2, theme.accent);
  if (thick < 8) canvas.disc(box.x + part, y + thick / 2, theme.size * 0.55, theme.accent);
}

/** A picture of a thing, a few pixels wide: a folder, a file, a disc, a cross, lines, a lens, a tile of four. */
export function icon({ canvas, theme, dice }: Screen, x: number, y: number, side: number, colour?: Colour): void {
  const ink = colour ?? (dice.chance(0.4) ? fromHue(dice.fraction(), 0.75, 0.85) : theme.ink);
  const thin = Math.max(1, side / 10);
  const at = (part: number): number => part * side;
  switch (dice.integer(0, 7)) {
    case 0:
      canvas.rounded({ x, y: y + at(0.15), width: at(0.45), height: at(0.3) }, 1, mixed(ink, [0, 0, 0], 0.15));
      canvas.rounded({ x, y: y + at(0.25), width: side, height: at(0.65) }, thin, ink);
      break;
    case 1:
      canvas.rounded({ x: x + at(0.15), y, width: at(0.7), height: side }, 1, ink, { thickness: thin });
      for (const part of [0.3, 0.5, 0.7]) canvas.rectangle(x + at(0.3), y + at(part), at(0.4), thin, ink);
      break;
    case 2:
      canvas.disc(x + at(0.5), y + at(0.5), at(0.46), ink);
      canvas.disc(x + at(0.5), y + at(0.5), at(0.18), theme.paper);
      break;
    case 3:
      canvas.line(x + at(0.2), y + at(0.2), x + at(0.8), y + at(0.8), thin, ink);
      canvas.line(x + at(0.8), y + at(0.2), x + at(0.2), y + at(0.8), thin, ink);
      break;
    case 4:
      for (const part of [0.2, 0.45, 0.7]) canvas.rectangle(x + at(0.1), y + at(part), at(0.8), thin, ink);
      break;
    case 5:
      canvas.disc(x + at(0.4), y + at(0.4), at(0.32), ink, { thickness: thin });
      canvas.line(x + at(0.64), y + at(0.64), x + at(0.92), y + at(0.92), thin * 1.4, ink);
      break;
    case 6:
      for (const [column, row] of [
        [0.08, 0.08],
        [0.54, 0.08],
        [0.08, 0.54],
        [0.54, 0.54],
      ] as const) {
        canvas.rectangle(x + at(column), y + at(row), at(0.38), at(0.38), ink);
      }
      break;
    default:
      canvas.line(x + at(0.1), y + at(0.55), x + at(0.5), y + at(0.15), thin, ink);
      canvas.line(x + at(0.5), y + at(0.15), x + at(0.9), y + at(0.55), thin, ink);
      canvas.rectangle(x + at(0.22), y + at(0.5), at(0.56), at(0.42), ink);
  }
}
