/** Colours as people who draw on screens choose them: greys, saturated colours, pairs that can be distinguished. */
import type { Dice } from "./dice.ts";

/** Red, green and blue as sRGB levels 0..255. */
export type Colour = readonly [number, number, number];

export const BLACK: Colour = [0, 0, 0];
export const WHITE: Colour = [255, 255, 255];

/** A grey of the given level, 0..255. */
export function grey(level: number): Colour {
  return [level, level, level];
}

/** A colour by hue (turns), saturation and value in 0..1. */
export function fromHue(hue: number, saturation: number, value: number): Colour {
  const level = (offset: number): number => {
    const place = (offset + hue * 6) % 6;
    const part = Math.max(0, Math.min(place, 4 - place, 1));
    return Math.round(255 * (value - value * saturation * part));
  };
  return [level(5), level(3), level(1)];
}

/** Brightness to the eye, 0..255, by the weights of ITU-R BT.601. */
export function brightness([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** The colour at a fraction of the way from one to the other. */
export function mixed(from: Colour, to: Colour, fraction: number): Colour {
  const level = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * fraction);
  return [level(0), level(1), level(2)];
}

/** Any colour: a grey, a saturated one, or one of the corners of the cube. */
export function anyColour(dice: Dice): Colour {
  const kind = dice.fraction();
  if (kind < 0.2) return grey(dice.integer(0, 255));
  if (kind < 0.35) return [255 * dice.integer(0, 1), 255 * dice.integer(0, 1), 255 * dice.integer(0, 1)];
  return fromHue(dice.fraction(), dice.between(0.2, 1), dice.between(0.2, 1));
}

/** Two colours whose brightness differs by `least` of 255 at least; black and white in a third of the cases. */
export function contrastingPair(dice: Dice, least: number = 60): readonly [Colour, Colour] {
  const kind = dice.fraction();
  if (kind < 0.17) return [BLACK, WHITE];
  if (kind < 0.34) return [WHITE, BLACK];
  const first = anyColour(dice);
  for (let tries = 0; tries < 20; tries++) {
    const second = anyColour(dice);
    if (Math.abs(brightness(first) - brightness(second)) >= least) return [first, second];
  }
  return [first, brightness(first) < 128 ? WHITE : BLACK];
}

/** Different colours, dark and light ones among them. */
export function palette(dice: Dice, count: number): readonly Colour[] {
  const hue = dice.fraction();
  const spread = dice.pick([0.1, 0.3, 1]);
  const saturation = dice.between(0, 1);
  return Array.from({ length: count }, (_, i) => {
    const value = count === 1 ? 0.5 : i / (count - 1);
    const turn = (hue + spread * dice.fraction()) % 1;
    return fromHue(turn, saturation * dice.between(0.4, 1) * (1 - 0.6 * value), 0.08 + 0.92 * value);
  });
}

/** The colour as CSS and SVG write it. */
export function cssColour([red, green, blue]: Colour): string {
  return `rgb(${red},${green},${blue})`;
}
