/**
 * The look of every chart: DejaVu Sans, which is shipped with the package so that a picture is the same on every machine; a palette
 * that people with any kind of colour vision can distinguish (Okabe & Ito, "Color Universal Design", 2008); thin grid, no frame.
 */

/** The font that every text is set in. */
export const FONT_FAMILY = "DejaVu Sans";

/** Okabe and Ito's colours without their yellow, which is too pale for lines, then darker ones for more series. */
const PALETTE: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#000000",
  "#7a5195",
  "#8c6d31",
  "#4d4d4d",
  "#8a1c5b",
  "#2f6b2f",
];

const INK = "#222222";
const FAINT = "#e3e3e3";

/** Vega-Lite's `config`. */
export const THEME: Readonly<Record<string, unknown>> = {
  background: "#ffffff",
  font: FONT_FAMILY,
  padding: 12,
  title: {
    color: INK,
    fontSize: 15,
    fontWeight: "bold",
    anchor: "start",
    offset: 12,
    subtitleColor: "#555555",
    subtitleFontSize: 11.5,
    subtitlePadding: 5,
  },
  axis: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 8,
    gridColor: FAINT,
    domainColor: "#888888",
    tickColor: "#888888",
    labelFlush: false,
  },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 11,
    titleFontSize: 11.5,
    titleFontWeight: "normal",
    symbolSize: 70,
    labelLimit: 320,
  },
  header: { labelColor: INK, labelFontSize: 12, titleFontSize: 12 },
  view: { stroke: null },
  range: { category: PALETTE },
  line: { strokeWidth: 2 },
  point: { size: 45, filled: true },
};
