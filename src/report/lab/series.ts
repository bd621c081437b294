/** One colour and one shape for each surrogate, the same in every chart. */
import { SURROGATES, surrogateName } from "../../quantize/index.ts";

/** Okabe and Ito's palette and darker colours; two series of one colour never have one shape. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7a5195"];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];

/** Distance of a mode from its surrogate: a multiple of both lengths, so that the colour stays; the shape is moved on by one. */
const MODE_OFFSET = 24;

/** Lines that belong together stand together: first the common ones, then the project's subject, then the annealed ones. */
export const ORDER: readonly string[] = [
  "aun",
  "ste",
  "sua soft",
  "sua dither",
  "sua stochastic",
  "stochastic",
  "sga",
  "sra",
  "danneal",
  "dsq",
  "soft-to-hard",
  "uq",
  "soft-round",
  "kumaraswamy",
  "sga-plus ssl",
  "sga-plus linear",
  "sga-plus cosine",
  "sga-plus ssl-3",
  "sga-plus linear-3",
  "sga-plus cosine-3",
];

/** Vega-Lite's `scale` of colours for series, with fixed colours for known names. */
export function seriesScales(names: readonly string[]): {
  readonly color: Readonly<Record<string, unknown>>;
  readonly shape: Readonly<Record<string, unknown>>;
} {
  const present = orderedSeries(names);
  const places = present.map((name) => placeOf(name));
  return {
    color: { domain: present, range: places.map((place) => COLOURS[place % COLOURS.length]) },
    shape: {
      domain: present,
      range: places.map((place) => SHAPES[(place + Math.floor(place / MODE_OFFSET)) % SHAPES.length]),
    },
  };
}

/** Names without doubles in the order of the legend; unknown ones last. */
function orderedSeries(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
}

/** A place in the order; a mode in brackets follows its surrogate's colour with the next shape. */
function placeOf(name: string): number {
  const [base = name, mode] = name.split(" (");
  const known = ORDER.indexOf(base);
  const place = known < 0 ? ORDER.length + SURROGATES.findIndex((one) => surrogateName(one) === base) + 1 : known;
  return mode === undefined ? place : place + MODE_OFFSET;
}
