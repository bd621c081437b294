/** The look of a user interface: its colours, its letters and its measures, the same all over a screenshot. */
import { type Colour, fromHue, grey, mixed, WHITE } from "./colours.ts";
import type { Dice } from "./dice.ts";
import { anySmoothing, nearestSize, type TextStyle } from "./text.ts";

/** What a screenshot is drawn with. */
export interface Theme {
  readonly dark: boolean;
  /** Behind text and lists. */
  readonly paper: Colour;
  /** Bars, sidebars and buttons. */
  readonly surface: Colour;
  readonly border: Colour;
  readonly ink: Colour;
  readonly fadedInk: Colour;
  /** Marks what is chosen or active. */
  readonly accent: Colour;
  /** What is written on the accent. */
  readonly onAccent: Colour;
  /** Radius of corners in pixels. */
  readonly radius: number;
  /** Font size of labels in pixels. */
  readonly size: number;
  /** Height of a row of a list, of a button or of a bar, in pixels. */
  readonly row: number;
  readonly plain: TextStyle;
  readonly bold: TextStyle;
  readonly mono: TextStyle;
}

/** A theme: light or dark, with round or square corners, small or large. */
export function anyTheme(dice: Dice): Theme {
  const dark = dice.chance(0.4);
  const hue = dice.fraction();
  const tint = dice.pick([0, 0, 0.04, 0.12]);
  const paper = dark
    ? fromHue(hue, 2 * tint, dice.between(0.05, 0.16))
    : dice.chance(0.6)
      ? WHITE
      : fromHue(hue, tint / 2, 0.98);
  const surface = dark
    ? fromHue(hue, 2 * tint, dice.between(0.14, 0.26))
    : fromHue(hue, tint, dice.between(0.86, 0.97));
  const ink = dark ? grey(dice.integer(200, 255)) : grey(dice.integer(0, 70));
  const accent = fromHue(dice.pick([0.58, 0.6, 0.36, 0.78, 0.03, hue]), dice.between(0.6, 1), dark ? 0.85 : 0.75);
  const size = nearestSize(dice.pick([11, 12, 13, 14]) * dice.pick([1, 1, 1, 1.25, 1.5, 2]));
  const smoothing = anySmoothing(dice);
  const snap = smoothing === "none" || dice.chance(0.6);
  const plain: TextStyle = { face: "sans", size, colour: ink, smoothing, snap };
  return {
    dark,
    paper,
    surface,
    border: mixed(surface, ink, dice.between(0.12, 0.35)),
    ink,
    fadedInk: mixed(paper, ink, 0.6),
    accent,
    onAccent: WHITE,
    radius: dice.pick([0, 0, 2, 3, 4, 6, 8]),
    size,
    row: Math.round(size * dice.between(1.7, 2.5)),
    plain,
    bold: { ...plain, face: "sans-bold" },
    mono: { ...plain, face: "mono" },
  };
}
