/** Screenshots: a screen with windows, or one program over the whole screen; the picture is a part of it. */
import { type Box, Canvas } from "./canvas.ts";
import { type Colour, fromHue, grey, mixed } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { PANELS } from "./panels.ts";
import { anyTheme } from "./theme.ts";
import { button, icon, inputField, type Screen, textInBox } from "./widgets.ts";
import { capitalWord, number, phrase } from "./words.ts";

/** Least side of the screen that a picture is a part of, in pixels. */
const LEAST_SCREEN = 480;

/** A screenshot. */
export function drawScreenshot(dice: Dice, side: number): Canvas {
  const theme = anyTheme(dice);
  const whole = Math.max(side, LEAST_SCREEN);
  const canvas = new Canvas(side, theme.paper, dice.integer(0, whole - side), dice.integer(0, whole - side));
  const screen: Screen = { canvas, dice, theme };
  const box = { x: 0, y: 0, width: whole, height: whole };
  if (dice.chance(0.4)) desktop(screen, box);
  else program(screen, box);
  if (dice.chance(0.2)) menu(screen, dice.integer(0, whole - 120), dice.integer(0, whole - 120));
  if (dice.chance(0.15)) dialog(screen, box);
  return canvas;
}

/** A wall of one colour or a gradient, windows over each other, and a bar with icons. */
function desktop(screen: Screen, box: Box): void {
  const { canvas, theme, dice } = screen;
  const wall = fromHue(dice.fraction(), dice.between(0, 0.8), dice.between(0.2, 0.9));
  if (dice.chance(0.5)) canvas.gradient(box, wall, fromHue(dice.fraction(), 0.6, dice.between(0.2, 0.8)));
  else canvas.rectangle(box.x, box.y, box.width, box.height, wall);
  for (let windows = dice.integer(1, 4); windows > 0; windows--) {
    const width = dice.integer(box.width >> 1, Math.round(box.width * 0.9));
    const height = dice.integer(box.height >> 2, Math.round(box.height * 0.8));
    const x = dice.integer(-40, box.width - (width >> 1));
    windowFrame(screen, { x, y: dice.integer(0, box.height >> 1), width, height });
  }
  const bar = {
    x: 0,
    y: box.height - Math.round(theme.row * 1.3),
    width: box.width,
    height: Math.round(theme.row * 1.3),
  };
  canvas.rectangle(bar.x, bar.y, bar.width, bar.height, theme.surface);
  for (let x = 8; x < bar.width * 0.6; x += bar.height + 4) icon(screen, x, bar.y + 5, bar.height - 10);
  textInBox(
    screen,
    bar,
    `${dice.integer(0, 23)}:${String(dice.integer(0, 59)).padStart(2, "0")}`,
    theme.plain,
    "right",
  );
}

/** A window: its shadow, its bar with a title and buttons, and what it holds. */
function windowFrame(screen: Screen, box: Box): void {
  const { canvas, theme, dice } = screen;
  if (!canvas.shows(box.x - 8, box.y - 8, box.width + 16, box.height + 20)) return;
  if (dice.chance(0.6)) {
    for (let grow = 8; grow > 0; grow -= 2) {
      const shadow = {
        x: box.x - grow,
        y: box.y - grow + 4,
        width: box.width + 2 * grow,
        height: box.height + 2 * grow,
      };
      canvas.rounded(shadow, theme.radius + grow, [0, 0, 0], { opacity: 0.06 });
    }
  }
  canvas.rounded(box, theme.radius, theme.surface);
  const bar = { ...box, height: Math.round(theme.row * 1.15) };
  const active = dice.chance(0.3);
  if (active) canvas.rounded(bar, theme.radius, theme.accent);
  const ink = active ? theme.onAccent : theme.ink;
  textInBox(
    screen,
    { ...bar, x: bar.x + 60, width: bar.width - 120 },
    phrase(dice, 4),
    { ...theme.bold, colour: ink },
    "centre",
  );
  windowButtons(screen, bar, ink);
  const top = box.y + bar.height;
  const inner = { x: box.x + 1, y: top, width: box.width - 2, height: box.height - bar.height - 1 };
  canvas.within(inner, () => content(screen, inner));
  canvas.rounded(box, theme.radius, theme.border, { thickness: 1 });
}

function windowButtons({ canvas, theme, dice }: Screen, bar: Box, ink: Colour): void {
  const middle = bar.y + bar.height / 2;
  const radius = theme.size * 0.42;
  if (dice.chance(0.5)) {
    for (const [i, hue] of [0.01, 0.12, 0.36].entries()) {
      canvas.disc(bar.x + 14 + i * radius * 3.2, middle, radius, fromHue(hue, 0.7, 0.95));
    }
    return;
  }
  const right = bar.x + bar.width - 16;
  canvas.line(right - radius, middle - radius, right + radius, middle + radius, 1.2, ink);
  canvas.line(right + radius, middle - radius, right - radius, middle + radius, 1.2, ink);
  canvas.frame(
    Math.round(right - 5 * radius),
    Math.round(middle - radius),
    Math.round(2 * radius),
    Math.round(2 * radius),
    ink,
  );
  canvas.rectangle(right - 9 * radius, middle, 2 * radius, 1, ink);
}

/** A program over the whole box: bars above, something at the side, one or two panels. */
function program(screen: Screen, box: Box): void {
  content(screen, box);
}

function content(screen: Screen, box: Box): void {
  const { canvas, theme, dice } = screen;
  let { x, y, width, height } = box;
  canvas.rectangle(x, y, width, height, theme.paper);
  const takeTop = (part: number): void => {
    y += part;
    height -= part;
  };
  if (dice.chance(0.5)) {
    menuBar(screen, { x, y, width, height: theme.row });
    takeTop(theme.row);
  }
  if (dice.chance(0.6)) {
    toolBar(screen, { x, y, width, height: Math.round(theme.row * 1.4) });
    takeTop(Math.round(theme.row * 1.4));
  }
  if (dice.chance(0.5) && width > 200) {
    const side = Math.round(width * dice.between(0.2, 0.35));
    sideBar(screen, { x, y, width: side, height });
    x += side;
    width -= side;
  }
  if (dice.chance(0.3) && height > 160) {
    const above = Math.round(height * dice.between(0.35, 0.7));
    panel(screen, { x, y, width, height: above });
    canvas.rectangle(x, y + above, width, 1, theme.border);
    takeTop(above + 1);
  }
  panel(screen, { x, y, width, height });
}

function panel(screen: Screen, box: Box): void {
  screen.canvas.within(box, () => screen.dice.pick(PANELS)(screen, box));
}

function menuBar(screen: Screen, bar: Box): void {
  const { canvas, theme, dice } = screen;
  canvas.rectangle(bar.x, bar.y, bar.width, bar.height, theme.surface);
  const width = Math.round(theme.size * 4.5);
  for (let x = bar.x + 4, i = dice.integer(3, 8); i > 0; x += width, i--)
    textInBox(screen, { ...bar, x, width }, capitalWord(dice), theme.plain);
  canvas.rectangle(bar.x, bar.y + bar.height - 1, bar.width, 1, theme.border);
}

function toolBar(screen: Screen, bar: Box): void {
  const { canvas, theme, dice } = screen;
  canvas.rectangle(bar.x, bar.y, bar.width, bar.height, theme.surface);
  const inner = bar.height - 8;
  let x = bar.x + 6;
  for (let i = dice.integer(2, 9); i > 0; i--) {
    icon(screen, x, bar.y + 8, inner - 8);
    x += inner + 4;
    if (dice.chance(0.2)) canvas.rectangle(x - 4, bar.y + 6, 1, inner, theme.border);
  }
  if (dice.chance(0.6)) inputField(screen, { x: x + 6, y: bar.y + 4, width: theme.size * 14, height: inner });
  canvas.rectangle(bar.x, bar.y + bar.height - 1, bar.width, 1, theme.border);
}

function sideBar(screen: Screen, bar: Box): void {
  const { canvas, theme, dice } = screen;
  const ground = dice.chance(0.3) ? mixed(theme.surface, theme.dark ? grey(0) : grey(60), 0.4) : theme.surface;
  canvas.rectangle(bar.x, bar.y, bar.width, bar.height, ground);
  const chosen = dice.integer(0, 8);
  for (let y = bar.y + 6, i = 0; y < bar.y + bar.height; y += theme.row, i++) {
    const row = { x: bar.x + 4, y, width: bar.width - 8, height: theme.row };
    const active = i === chosen;
    if (active) canvas.rounded(row, theme.radius, theme.accent);
    const heading = !active && dice.chance(0.12);
    const colour = active ? theme.onAccent : heading ? theme.fadedInk : theme.ink;
    const indent = heading ? 0 : Math.round(theme.size * 1.6);
    if (!heading) icon(screen, row.x + 5, y + Math.round((theme.row - theme.size) / 2), theme.size, colour);
    textInBox(screen, { ...row, x: row.x + indent, width: row.width - indent }, phrase(dice, 2), {
      ...theme.plain,
      colour,
    });
  }
  canvas.rectangle(bar.x + bar.width - 1, bar.y, 1, bar.height, theme.border);
}

/** A menu that is open, one line of it marked. */
function menu(screen: Screen, x: number, y: number): void {
  const { canvas, theme, dice } = screen;
  const count = dice.integer(3, 9);
  const box = { x, y, width: Math.round(theme.size * 13), height: count * theme.row + 8 };
  canvas.rounded({ ...box, x: x + 2, y: y + 3 }, theme.radius, [0, 0, 0], { opacity: 0.2 });
  canvas.rounded(box, theme.radius, theme.paper);
  canvas.rounded(box, theme.radius, theme.border, { thickness: 1 });
  const chosen = dice.integer(0, count);
  for (let i = 0; i < count; i++) {
    const row = { x: x + 4, y: y + 4 + i * theme.row, width: box.width - 8, height: theme.row };
    if (i === chosen) canvas.rounded(row, theme.radius, theme.accent);
    const style = i === chosen ? { ...theme.plain, colour: theme.onAccent } : theme.plain;
    textInBox(screen, row, phrase(dice, 2), style);
    if (dice.chance(0.5))
      textInBox(
        screen,
        row,
        `Ctrl+${capitalWord(dice).charAt(0)}`,
        { ...style, colour: i === chosen ? theme.onAccent : theme.fadedInk },
        "right",
      );
  }
}

/** A question over everything, with two buttons. */
function dialog(screen: Screen, { width: whole, height: tall }: Box): void {
  const { canvas, theme, dice } = screen;
  if (dice.chance(0.5)) canvas.rectangle(0, 0, whole, tall, [0, 0, 0], 0.4);
  const width = Math.round(theme.size * 22);
  const height = Math.round(theme.row * 5);
  const box = { x: Math.round((whole - width) / 2), y: Math.round((tall - height) / 2), width, height };
  canvas.rounded(box, theme.radius, theme.paper);
  canvas.rounded(box, theme.radius, theme.border, { thickness: 1 });
  textInBox(screen, { ...box, height: theme.row * 1.5 }, phrase(dice, 4), theme.bold);
  textInBox(
    screen,
    { ...box, y: box.y + theme.row * 1.5, height: theme.row },
    `${phrase(dice, 6)} ${number(dice)}?`,
    theme.plain,
  );
  const low = box.y + height - Math.round(theme.row * 1.4);
  const wide = Math.round(theme.size * 6);
  button(screen, { x: box.x + width - 2 * wide - 20, y: low, width: wide, height: theme.row }, capitalWord(dice));
  button(screen, { x: box.x + width - wide - 10, y: low, width: wide, height: theme.row }, capitalWord(dice), true);
}
