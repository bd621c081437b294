/** Smooth fields of brightness, with some shapes on them, to be dithered. */
import type { Dice } from "./dice.ts";

/** A field: side x side values in 0..1, row by row. */
export type Field = Float32Array;

/** A ramp in some direction. */
function ramp(dice: Dice, side: number): Field {
  const [slopeX, slopeY] = [dice.between(-1, 1), dice.between(-1, 1)];
  const low = Math.min(0, slopeX) + Math.min(0, slopeY);
  const span = Math.abs(slopeX) + Math.abs(slopeY) + 1e-6;
  return filled(side, (x, y) => ((slopeX * x + slopeY * y) / side - low) / span);
}

/** Values of a coarse random grid, interpolated by the smooth step 3t^2 - 2t^3. */
function hills(dice: Dice, side: number): Field {
  const cells = dice.integer(2, 6);
  const heights = new Float32Array((cells + 2) ** 2);
  dice.fill(heights);
  const smooth = (t: number): number => t * t * (3 - 2 * t);
  const at = (column: number, row: number): number => heights[row * (cells + 2) + column]!;
  return filled(side, (x, y) => {
    const column = Math.floor((x * cells) / side);
    const row = Math.floor((y * cells) / side);
    const right = smooth((x * cells) / side - column);
    const down = smooth((y * cells) / side - row);
    const above = at(column, row) * (1 - right) + at(column + 1, row) * right;
    return above * (1 - down) + (at(column, row + 1) * (1 - right) + at(column + 1, row + 1) * right) * down;
  });
}

/** Bright in one place, darker away from it. */
function glow(dice: Dice, side: number): Field {
  const [centreX, centreY, reach] = [dice.fraction() * side, dice.fraction() * side, dice.between(0.3, 1.2) * side];
  return filled(side, (x, y) => Math.max(0, 1 - Math.sqrt((x - centreX) ** 2 + (y - centreY) ** 2) / reach));
}

function filled(side: number, value: (x: number, y: number) => number): Field {
  const field = new Float32Array(side * side);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) field[y * side + x] = value(x, y);
  return field;
}

/** A field of any kind: a ramp, hills or a glow, in part of them with balls and boxes. */
export function anyField(dice: Dice, side: number): Field {
  const field = dice.pick([ramp, hills, hills, glow])(dice, side);
  for (let shapes = dice.chance(0.6) ? dice.integer(1, 6) : 0; shapes > 0; shapes--) addShape(dice, side, field);
  return field;
}

/** A ball lit from one side, or a box of one brightness or with a ramp. */
function addShape(dice: Dice, side: number, field: Field): void {
  const radius = dice.between(0.06, 0.3) * side;
  const [centreX, centreY] = [dice.fraction() * side, dice.fraction() * side];
  const ball = dice.chance(0.6);
  const [base, slope] = [dice.fraction(), dice.between(-0.6, 0.6)];
  for (let y = Math.max(0, Math.floor(centreY - radius)); y < Math.min(side, centreY + radius); y++) {
    for (let x = Math.max(0, Math.floor(centreX - radius)); x < Math.min(side, centreX + radius); x++) {
      const [acrossX, acrossY] = [(x - centreX) / radius, (y - centreY) / radius];
      if (ball && acrossX * acrossX + acrossY * acrossY > 1) continue;
      const light = ball
        ? 0.95 - 0.8 * Math.sqrt((acrossX + 0.4) ** 2 + (acrossY + 0.4) ** 2)
        : base + slope * (acrossX + acrossY);
      field[y * side + x] = Math.min(1, Math.max(0, light));
    }
  }
}
