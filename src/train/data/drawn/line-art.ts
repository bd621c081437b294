/** Line art: curves, hatching, contours, networks, plans and scribbles in thin lines on a plain ground; and charts. */
import type { Canvas } from "./canvas.ts";
import { drawChart } from "./charts.ts";
import { BLACK, type Colour, contrastingPair, fromHue, WHITE } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { type Pen, type Point, Strokes } from "./strokes.ts";

type Scene = (dice: Dice, side: number, strokes: Strokes, pen: Pen, ground: Colour) => void;

/** A picture of line art or a chart. */
export function drawLineArt(dice: Dice, side: number): Canvas {
  if (dice.chance(0.4)) return drawChart(dice, side);
  const kind = dice.fraction();
  const blueprint: readonly [Colour, Colour] = [fromHue(0.6, 0.8, 0.45), [220, 235, 255]];
  const [ground, colour] = kind < 0.5 ? [WHITE, BLACK] : kind < 0.6 ? blueprint : contrastingPair(dice, 100);
  const pen = { colour, width: dice.pick([0.5, 0.75, 1, 1, 1, 1.5, 2, 3]) };
  const strokes = new Strokes();
  dice.pick(SCENES)(dice, side, strokes, pen, ground);
  return strokes.onto(side, ground, dice.chance(0.8));
}

function anyPoint(dice: Dice, side: number): Point {
  return [dice.between(-0.1, 1.1) * side, dice.between(-0.1, 1.1) * side];
}

/** Long smooth curves through random points. */
const curves: Scene = (dice, side, strokes, pen) => {
  for (let i = dice.integer(2, 14); i > 0; i--) {
    strokes.curve(
      Array.from({ length: dice.integer(4, 9) }, () => anyPoint(dice, side)),
      pen,
    );
  }
};

/** Outlines filled with parallel lines, some with crossed ones. */
const hatching: Scene = (dice, side, strokes, pen, ground) => {
  for (let i = dice.integer(2, 7); i > 0; i--) {
    const [x, y] = anyPoint(dice, side);
    const radius = dice.between(0.1, 0.35) * side;
    strokes.circle([x, y], radius, { ...pen, fill: ground });
    const spacing = dice.between(2.5, 9);
    const turn = dice.between(0, Math.PI);
    for (const angle of dice.chance(0.4) ? [turn, turn + Math.PI / 2] : [turn]) {
      const [alongX, alongY] = [Math.cos(angle), Math.sin(angle)];
      for (let offset = spacing - radius; offset < radius; offset += spacing) {
        const reach = Math.sqrt(radius * radius - offset * offset);
        const [middleX, middleY] = [x - alongY * offset, y + alongX * offset];
        strokes.polyline(
          [
            [middleX - alongX * reach, middleY - alongY * reach],
            [middleX + alongX * reach, middleY + alongY * reach],
          ],
          pen,
        );
      }
    }
  }
};

/** Rings that are bent alike, as heights on a map. */
const contours: Scene = (dice, side, strokes, pen) => {
  for (let hill = dice.integer(1, 3); hill > 0; hill--) {
    const [x, y] = anyPoint(dice, side);
    const bends = Array.from({ length: 4 }, () => [dice.between(0, 0.25), dice.between(0, 2 * Math.PI)] as const);
    const spacing = dice.between(3, 14);
    for (let radius = spacing; radius < 0.7 * side; radius += spacing) {
      const points = Array.from({ length: 48 }, (_, i): Point => {
        const angle = (i / 48) * 2 * Math.PI;
        const bent = bends.reduce((sum, [size, phase], k) => sum + size * Math.sin((k + 1) * angle + phase), 1);
        return [x + radius * bent * Math.cos(angle), y + radius * bent * Math.sin(angle)];
      });
      strokes.polyline(points, pen, true);
    }
  }
};

/** Knots joined by lines, straight or at right angles. */
const network: Scene = (dice, side, strokes, pen, ground) => {
  const knots = Array.from({ length: dice.integer(6, 24) }, () => anyPoint(dice, side));
  const angled = dice.chance(0.5);
  for (let i = dice.integer(knots.length, 2 * knots.length); i > 0; i--) {
    const [from, to] = [dice.pick(knots), dice.pick(knots)];
    strokes.polyline(angled ? [from, [to[0], from[1]], to] : [from, to], pen);
  }
  const radius = dice.between(2, 12);
  for (const knot of knots) strokes.circle(knot, radius, { ...pen, fill: dice.chance(0.3) ? pen.colour : ground });
};

/** Rooms inside rooms, with measures in dashes. */
const plan: Scene = (dice, side, strokes, pen) => {
  const divide = (left: number, top: number, right: number, bottom: number, depth: number): void => {
    strokes.polyline(
      [
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ],
      pen,
      true,
    );
    if (depth === 0 || right - left < 30 || bottom - top < 30) return;
    const part = dice.between(0.3, 0.7);
    if (right - left > bottom - top) {
      const middle = Math.round(left + part * (right - left)) + 0.5;
      divide(left, top, middle, bottom, depth - 1);
      divide(middle, top, right, bottom, depth - 1);
    } else {
      const middle = Math.round(top + part * (bottom - top)) + 0.5;
      divide(left, top, right, middle, depth - 1);
      divide(left, middle, right, bottom, depth - 1);
    }
  };
  const margin = dice.integer(-20, 20) + 0.5;
  divide(margin, margin, side - dice.integer(-10, 20) + 0.5, side - dice.integer(-10, 20) + 0.5, dice.integer(3, 5));
  for (let i = dice.integer(2, 8); i > 0; i--) {
    const [x, y] = anyPoint(dice, side);
    const radius = dice.between(8, 30);
    strokes.path(`M${x} ${y}h${radius}a${radius} ${radius} 0 0 1 ${-radius} ${radius}Z`, pen);
    strokes.polyline(
      [
        [x, y],
        [x + dice.between(-1, 1) * side, y],
      ],
      { ...pen, width: 1, dashes: dice.pick(["4 3", "2 2", "8 3 2 3"]) },
    );
  }
};

/** Loops as of handwriting, line under line. */
const scribbles: Scene = (dice, side, strokes, pen) => {
  const height = dice.between(6, 22);
  for (let y = dice.between(0, 20); y < side + height; y += 2.4 * height) {
    for (let x = dice.between(-20, 20); x < side; x += height) {
      const points: Point[] = [];
      for (let letters = dice.integer(3, 14); letters > 0; letters--) {
        points.push(
          [x, y + height * dice.between(0.1, 0.4)],
          [x + 0.5 * height, y - height * dice.pick([0.4, 0.5, 1])],
        );
        points.push([x + 0.2 * height, y], [x + 0.4 * height, y + height * dice.pick([0.3, 0.3, 1])]);
        x += 0.6 * height;
      }
      strokes.curve(points, pen);
    }
  }
};

/** Rays from a point, or a spiral around it. */
const rays: Scene = (dice, side, strokes, pen) => {
  const [x, y] = anyPoint(dice, side);
  if (dice.chance(0.5)) {
    const count = dice.integer(24, 160);
    for (let i = 0; i < count; i++) {
      const angle = (i / count) * 2 * Math.PI;
      strokes.polyline(
        [
          [x, y],
          [x + 2 * side * Math.cos(angle), y + 2 * side * Math.sin(angle)],
        ],
        pen,
      );
    }
    return;
  }
  const spacing = dice.between(3, 14);
  const points = Array.from({ length: Math.ceil((32 * side) / spacing) }, (_, i): Point => {
    const radius = (i / 32) * spacing;
    return [x + radius * Math.cos(i * (Math.PI / 16)), y + radius * Math.sin(i * (Math.PI / 16))];
  });
  strokes.polyline(points, pen);
};

const SCENES: readonly Scene[] = [curves, hatching, contours, network, plan, scribbles, rays];
