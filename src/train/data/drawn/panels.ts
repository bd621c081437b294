/** What windows hold: lists, tables, programs, terminals, forms, pages of the web. Each fills a box. */
import type { Box } from "./canvas.ts";
import { BLACK, type Colour, fromHue, grey, mixed } from "./colours.ts";
import { nearestSize, textWidth, writeText } from "./text.ts";
import { button, choice, icon, inputField, type Screen, slider, textInBox } from "./widgets.ts";
import { type CodeWord, capitalWord, codeLine, number, phrase, runningWord, word } from "./words.ts";

/** Fills a box with the content of a window. */
export type Panel = (screen: Screen, box: Box) => void;

/** Calls for each row of a box that can be seen, from the top. */
function rows(
  { canvas }: Screen,
  { x, y, width, height }: Box,
  rowHeight: number,
  draw: (row: Box, i: number) => void,
): void {
  for (let i = 0; i * rowHeight < height; i++) {
    const row = { x, y: y + i * rowHeight, width, height: rowHeight };
    if (canvas.shows(row.x, row.y, row.width, row.height)) draw(row, i);
  }
}

/** Files or messages: an icon, a name, and a number at the right. */
const list: Panel = (screen, box) => {
  const { canvas, theme, dice } = screen;
  const chosen = dice.integer(0, 12);
  const striped = dice.chance(0.3);
  const details = dice.chance(0.6);
  canvas.rectangle(box.x, box.y, box.width, box.height, theme.paper);
  rows(screen, box, theme.row, (row, i) => {
    const colour = i === chosen ? theme.onAccent : theme.ink;
    if (i === chosen) canvas.rectangle(row.x, row.y, row.width, row.height, theme.accent);
    else if (striped && i % 2 === 1)
      canvas.rectangle(row.x, row.y, row.width, row.height, mixed(theme.paper, theme.ink, 0.05));
    const side = Math.round(theme.size * 1.15);
    icon(
      screen,
      row.x + 6,
      row.y + Math.round((row.height - side) / 2),
      side,
      i === chosen ? theme.onAccent : undefined,
    );
    const name = dice.chance(0.5) ? `${word(dice)}.${dice.pick(["txt", "png", "ts", "pdf", "zip"])}` : phrase(dice, 5);
    textInBox(screen, { ...row, x: row.x + side + 8, width: row.width * 0.7 }, name, { ...theme.plain, colour });
    if (details)
      textInBox(screen, row, number(dice), { ...theme.plain, colour: mixed(theme.paper, colour, 0.7) }, "right");
  });
};

/** Cells with lines between them, a row of headings, numbers to the right. */
const table: Panel = (screen, box) => {
  const { canvas, theme, dice } = screen;
  const columnWidth = Math.round(theme.size * dice.between(4.5, 9));
  const sheet = dice.chance(0.5);
  canvas.rectangle(box.x, box.y, box.width, box.height, theme.paper);
  rows(screen, box, theme.row, (row, i) => {
    if (i === 0) canvas.rectangle(row.x, row.y, row.width, row.height, theme.surface);
    for (let x = box.x, column = 0; x < box.x + box.width; x += columnWidth, column++) {
      const cell = { x, y: row.y, width: columnWidth, height: row.height };
      const text = i === 0 ? capitalWord(dice) : column === 0 ? phrase(dice, 2) : number(dice);
      if (i > 0 && dice.chance(sheet ? 0.3 : 0.03)) continue;
      if (i > 0 && dice.chance(0.02))
        canvas.rectangle(x, row.y, columnWidth, row.height, fromHue(dice.fraction(), 0.4, theme.dark ? 0.5 : 1));
      textInBox(screen, cell, text, i === 0 ? theme.bold : theme.plain, column === 0 ? "left" : "right");
    }
    canvas.rectangle(row.x, row.y + row.height - 1, row.width, 1, theme.border);
  });
  if (sheet)
    for (let x = box.x; x < box.x + box.width; x += columnWidth)
      canvas.rectangle(x, box.y, 1, box.height, theme.border);
};

/** Lines of a program with numbers, its words coloured by their kind. */
const program: Panel = (screen, box) => {
  const { canvas, theme, dice } = screen;
  const style = { ...theme.mono };
  const hue = dice.fraction();
  const value = theme.dark ? 0.95 : 0.6;
  const shade = (turn: number): Colour => fromHue((hue + turn) % 1, theme.dark ? 0.5 : 0.9, value);
  const colours: Readonly<Record<CodeWord["kind"], Colour>> = {
    keyword: shade(0),
    name: theme.ink,
    number: shade(0.3),
    string: shade(0.55),
    mark: theme.fadedInk,
    comment: mixed(theme.paper, shade(0.4), 0.7),
  };
  canvas.rectangle(box.x, box.y, box.width, box.height, theme.paper);
  const gutter = Math.round(theme.size * 2.8);
  const first = dice.integer(1, 900);
  let depth = 0;
  rows(screen, box, Math.round(theme.size * 1.5), (row, i) => {
    const baseline = Math.round(row.y + row.height * 0.72);
    const label = String(first + i);
    writeText(canvas, box.x + gutter - 8 - textWidth(label, style), baseline, label, {
      ...style,
      colour: theme.fadedInk,
    });
    if (dice.chance(0.12)) return;
    depth = Math.max(0, depth + dice.pick([-1, 0, 0, 0, 1]));
    if (depth > 5) depth = 1;
    let pen = box.x + gutter + depth * 2 * textWidth(" ", style);
    for (const { text, kind } of codeLine(dice))
      pen = writeText(canvas, pen, baseline, text, { ...style, colour: colours[kind] });
  });
};

/** Lines of a command line, on dark ground most often. */
const terminal: Panel = (screen, box) => {
  const { canvas, theme, dice } = screen;
  const ground = dice.pick([BLACK, grey(24), fromHue(0.83, 0.7, 0.16), theme.paper]);
  const ink = ground === theme.paper ? theme.ink : dice.pick([grey(220), fromHue(0.33, 0.7, 0.9)]);
  canvas.rectangle(box.x, box.y, box.width, box.height, ground);
  const style = { ...theme.mono, colour: ink };
  rows(screen, box, Math.round(theme.size * 1.3), (row) => {
    let pen = box.x + 4;
    const baseline = row.y + theme.size;
    if (dice.chance(0.2)) {
      pen = writeText(canvas, pen, baseline, `${word(dice)}@${word(dice)}:~$ `, {
        ...style,
        colour: fromHue(0.33, 0.7, 0.85),
      });
    }
    for (let words = dice.integer(0, 9); words > 0; words--) {
      const colour = dice.chance(0.1) ? fromHue(dice.fraction(), 0.6, 0.95) : ink;
      pen = writeText(canvas, pen, baseline, `${dice.chance(0.3) ? number(dice) : word(dice)} `, { ...style, colour });
    }
  });
};

/** Labels and fields under each other, buttons at the end. */
const form: Panel = (screen, box) => {
  const { canvas, theme, dice } = screen;
  canvas.rectangle(box.x, box.y, box.width, box.height, dice.chance(0.5) ? theme.surface : theme.paper);
  const labelWidth = Math.round(theme.size * dice.between(5, 9));
  const margin = Math.round(theme.size * 0.8);
  rows(screen, box, Math.round(theme.row * 1.35), (row) => {
    const field = {
      x: row.x + labelWidth + margin,
      y: row.y + Math.round(theme.row * 0.2),
      width: Math.min(row.width - labelWidth - 2 * margin, theme.size * 22),
      height: theme.row,
    };
    if (field.width < 3 * theme.size) return;
    textInBox(screen, { ...field, x: row.x + margin, width: labelWidth }, phrase(dice, 2), theme.plain);
    const kind = dice.fraction();
    if (kind < 0.4) inputField(screen, field);
    else if (kind < 0.65) choice(screen, field);
    else if (kind < 0.8) slider(screen, field);
    else {
      const width = Math.min(field.width / 2 - 4, theme.size * 7);
      button(screen, { ...field, width }, capitalWord(dice));
      button(screen, { ...field, x: field.x + width + 6, width }, capitalWord(dice), true);
    }
  });
};

/** A page of the web: a bar, a large heading, paragraphs, cards with pictures of one colour or a gradient. */
const page: Panel = (screen, box) => {
  const { canvas, theme, dice } = screen;
  const margin = Math.round(theme.size * dice.between(0.8, 2));
  canvas.rectangle(box.x, box.y, box.width, box.height, theme.paper);
  const inner = { ...box, x: box.x + margin, width: box.width - 2 * margin };
  let y = box.y + margin;
  while (y < box.y + box.height) {
    const kind = dice.fraction();
    if (kind < 0.25) {
      const size = nearestSize(theme.size * dice.between(1.3, 2.4));
      textInBox(screen, { ...inner, y, height: size * 1.6 }, phrase(dice, 5), { ...theme.bold, size });
      y += Math.round(size * 1.8);
    } else if (kind < 0.65) {
      for (let lines = dice.integer(2, 6); lines > 0; lines--) {
        let pen = inner.x;
        while (pen < inner.x + inner.width - 4 * theme.size && !(lines === 1 && dice.chance(0.15))) {
          const colour = dice.chance(0.04) ? theme.accent : theme.ink;
          pen = writeText(canvas, pen, y + theme.size, `${runningWord(dice)} `, { ...theme.plain, colour });
        }
        y += Math.round(theme.size * 1.55);
      }
      y += Math.round(theme.size * 0.8);
    } else if (kind < 0.9) y += cards(screen, { ...inner, y, height: Math.round(theme.size * dice.between(6, 10)) });
    else {
      button(screen, { ...inner, y, width: theme.size * 8, height: theme.row }, phrase(dice, 2), true);
      y += theme.row + margin;
    }
  }
};

/** @returns the height of the row of cards with the space below it. */
function cards(screen: Screen, box: Box): number {
  const { canvas, theme, dice } = screen;
  const count = dice.integer(1, 4);
  const gap = Math.round(theme.size * 0.8);
  const width = Math.floor((box.width - (count - 1) * gap) / count);
  for (let i = 0; i < count; i++) {
    const card = { x: box.x + i * (width + gap), y: box.y, width, height: box.height };
    canvas.rounded(card, theme.radius, theme.surface);
    canvas.rounded(card, theme.radius, theme.border, { thickness: 1 });
    const picture = { x: card.x + 1, y: card.y + 1, width: width - 2, height: Math.round(box.height * 0.5) };
    const from = fromHue(dice.fraction(), 0.6, 0.9);
    if (dice.chance(0.5)) canvas.gradient(picture, from, fromHue(dice.fraction(), 0.7, 0.6));
    else canvas.rectangle(picture.x, picture.y, picture.width, picture.height, from);
    textInBox(screen, { ...card, y: picture.y + picture.height, height: theme.row }, phrase(dice, 3), theme.bold);
    const faded = { ...theme.plain, colour: theme.fadedInk };
    textInBox(
      screen,
      { ...card, y: picture.y + picture.height + theme.row - 4, height: theme.row },
      phrase(dice, 4),
      faded,
    );
  }
  return box.height + gap * 2;
}

/** Icons with names under them, as in a folder or on a telephone. */
const icons: Panel = (screen, box) => {
  const { canvas, theme, dice } = screen;
  const side = Math.round(theme.size * dice.between(1.8, 3.5));
  const cell = side + Math.round(theme.size * 3);
  canvas.rectangle(box.x, box.y, box.width, box.height, theme.paper);
  const tiles = dice.chance(0.4);
  rows(screen, box, cell, (row) => {
    for (let x = box.x; x < box.x + box.width; x += cell) {
      const left = x + ((cell - side) >> 1);
      if (tiles)
        canvas.rounded(
          { x: left - 4, y: row.y + 4, width: side + 8, height: side + 8 },
          side / 4,
          fromHue(dice.fraction(), 0.7, 0.8),
        );
      icon(screen, left, row.y + 8, side, tiles ? theme.onAccent : fromHue(dice.fraction(), 0.6, 0.85));
      textInBox(
        screen,
        { x, y: row.y + side + 12, width: cell, height: theme.size * 1.6 },
        word(dice),
        theme.plain,
        "centre",
      );
    }
  });
};

/** All panels there are. */
export const PANELS: readonly Panel[] = [list, table, program, terminal, form, page, page, icons];
