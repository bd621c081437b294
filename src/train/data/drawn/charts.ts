/** Charts with axes, grid lines and numbers: lines, points, bars and areas. */
import type { Canvas } from "./canvas.ts";
import { BLACK, type Colour, fromHue, grey, WHITE } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { type Pen, type Point, Strokes } from "./strokes.ts";
import { anySmoothing, type TextStyle, textWidth, writeText } from "./text.ts";
import { phrase, word } from "./words.ts";

/** The rectangle between the axes, and how far grid lines are apart. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** A picture of one chart. */
export function drawChart(dice: Dice, side: number): Canvas {
  const dark = dice.chance(0.25);
  const ground = dark ? dice.pick([BLACK, grey(30), fromHue(0.62, 0.5, 0.18)]) : dice.pick([WHITE, WHITE, grey(245)]);
  const ink = dark ? grey(210) : grey(dice.pick([0, 40, 90]));
  const frame: Frame = {
    left: dice.integer(28, 44) + 0.5,
    top: dice.integer(12, 34) + 0.5,
    right: side - dice.integer(-20, 16) + 0.5,
    bottom: side - dice.integer(20, 34) + 0.5,
    stepX: dice.integer(24, 56),
    stepY: dice.integer(18, 40),
  };
  const strokes = new Strokes();
  drawGrid(dice, strokes, frame, { colour: dark ? grey(70) : grey(dice.pick([200, 225])), width: 1 });
  const series = dice.integer(1, 4);
  const colours = Array.from({ length: series }, (_, i) =>
    fromHue((dice.fraction() + i / series) % 1, 0.85, dark ? 1 : 0.75),
  );
  const plot = dice.pick([lines, lines, points, bars, functions]);
  for (const [i, colour] of colours.entries()) plot(dice, strokes, frame, colour, i, series);
  const axis = { colour: ink, width: dice.pick([1, 1, 2]) };
  const { left, top, right, bottom } = frame;
  strokes.path(`M${left} ${top}V${bottom}H${right}${dice.chance(0.4) ? `V${top}Z` : ""}`, axis);
  const canvas = strokes.onto(side, ground, true);
  label(dice, canvas, frame, ink, colours);
  return canvas;
}

function drawGrid(dice: Dice, strokes: Strokes, { left, top, right, bottom, stepX, stepY }: Frame, pen: Pen): void {
  const dashes = dice.pick([undefined, undefined, "2 2", "1 3"]);
  if (dice.chance(0.75)) {
    for (let y = bottom - stepY; y > top; y -= stepY)
      strokes.polyline(
        [
          [left, y],
          [right, y],
        ],
        { ...pen, dashes },
      );
  }
  if (dice.chance(0.5)) {
    for (let x = left + stepX; x < right; x += stepX)
      strokes.polyline(
        [
          [x, top],
          [x, bottom],
        ],
        { ...pen, dashes },
      );
  }
}

type Plot = (dice: Dice, strokes: Strokes, frame: Frame, colour: Colour, series: number, count: number) => void;

/** A walk up and down, in straight pieces, in part with marks or with the area below. */
const lines: Plot = (dice, strokes, { left, top, right, bottom }, colour) => {
  const count = dice.integer(6, 60);
  let value = dice.between(0.2, 0.8);
  const drift = dice.between(0.02, 0.15);
  const walk = Array.from({ length: count }, (_, i): Point => {
    value = Math.min(0.98, Math.max(0.02, value + drift * dice.between(-1, 1)));
    return [left + (i / (count - 1)) * (right - left), bottom - value * (bottom - top)];
  });
  if (dice.chance(0.15))
    strokes.polyline([...walk, [right, bottom], [left, bottom]], { colour, width: 0, fill: colour }, true);
  strokes.polyline(walk, {
    colour,
    width: dice.pick([1, 1, 1.5, 2]),
    dashes: dice.pick([undefined, undefined, "5 3"]),
  });
  if (count < 25 && dice.chance(0.5))
    for (const point of walk) strokes.circle(point, 2.5, { colour, width: 0, fill: colour });
};

/** Points around a line. */
const points: Plot = (dice, strokes, { left, top, right, bottom }, colour) => {
  const [start, slope, spread] = [dice.between(0.1, 0.9), dice.between(-0.8, 0.8), dice.between(0.02, 0.2)];
  const radius = dice.between(1, 3.5);
  const pen = dice.chance(0.5) ? { colour, width: 0, fill: colour } : { colour, width: 1 };
  for (let i = dice.integer(20, 120); i > 0; i--) {
    const x = dice.fraction();
    const y = start + slope * (x - 0.5) + spread * (dice.fraction() + dice.fraction() - 1);
    if (y > 0 && y < 1) strokes.circle([left + x * (right - left), bottom - y * (bottom - top)], radius, pen);
  }
};

/** Bars beside each other. */
const bars: Plot = (dice, strokes, { left, top, right, bottom, stepX }, colour, series, count) => {
  const width = Math.floor((0.8 * stepX) / count);
  for (let x = Math.round(left) + 3 + series * width; x + width < right; x += stepX) {
    const height = Math.round(dice.between(0.03, 0.95) * (bottom - top));
    strokes.path(`M${x} ${bottom - 0.5}v${-height}h${width}v${height}Z`, { colour, width: 0, fill: colour });
  }
};

/** A curve of a formula: a wave that fades, or one hill. */
const functions: Plot = (dice, strokes, { left, top, right, bottom }, colour) => {
  const [waves, phase, fade] = [dice.between(0.5, 8), dice.between(0, 6), dice.between(0, 4)];
  const curve = Array.from({ length: 160 }, (_, i): Point => {
    const t = i / 159;
    const value = 0.5 + 0.45 * Math.sin(2 * Math.PI * waves * t + phase) * Math.exp(-fade * t);
    return [left + t * (right - left), bottom - value * (bottom - top)];
  });
  strokes.polyline(curve, { colour, width: dice.pick([0.75, 1, 1.5, 2]) });
};

function label(dice: Dice, canvas: Canvas, frame: Frame, ink: Colour, colours: readonly Colour[]): void {
  const smoothing = anySmoothing(dice);
  const style: TextStyle = { face: "sans", size: dice.pick([8, 9, 10, 11]), colour: ink, smoothing, snap: false };
  const { left, top, right, bottom, stepX, stepY } = frame;
  const unit = dice.pick([1, 5, 10, 0.1, 0.25]);
  const written = (value: number): string => String(Math.round(value * 100) / 100);
  for (let y = bottom, i = 0; y > top; y -= stepY, i++) {
    const text = written(i * unit);
    writeText(canvas, left - 4 - textWidth(text, style), y + style.size * 0.35, text, style);
  }
  for (let x = left, i = 0; x < right; x += stepX, i++) {
    const text = written(i * unit);
    writeText(canvas, x - textWidth(text, style) / 2, bottom + style.size + 3, text, style);
  }
  if (dice.chance(0.6)) writeText(canvas, left, top - 5, phrase(dice, 4), { ...style, face: "sans-bold", size: 12 });
  if (dice.chance(0.5)) {
    for (const [i, colour] of colours.entries()) {
      const y = top + 8 + i * (style.size + 5);
      canvas.rectangle(right - 70, y, 10, style.size - 2, colour);
      writeText(canvas, right - 56, y + style.size - 2, word(dice), style);
    }
  }
}
