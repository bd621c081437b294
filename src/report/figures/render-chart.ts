/**
 * A chart from its Vega-Lite description: as SVG text, and as PNG by resvg with the fonts of this package and none of the
 * machine's. It loads nothing: data stand in the description.
 */
import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { ChartSpec } from "../chart.ts";
import { textWidth } from "./text-width.ts";
import { FONT_FAMILY, THEME } from "./theme.ts";

/** A finished chart. */
export interface RenderedChart {
  /** One `<svg>` element with its size in pixels. */
  readonly svg: string;
  /** The same picture at {@link PIXEL_DENSITY}. */
  readonly png: Uint8Array;
}

/** Pixels of the PNG for each pixel of the SVG. */
export const PIXEL_DENSITY = 2;

const FONT_FILES = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf"];

// Without a canvas Vega estimates widths by the number of letters, and legends and titles then overlap.
const { textMetrics } = vega as unknown as {
  readonly textMetrics: {
    width(item: { readonly fontSize?: number; readonly fontWeight?: string | number }, text?: unknown): number;
  };
};
textMetrics.width = (item, text) =>
  textWidth(text === null || text === undefined ? "" : String(text), item.fontSize ?? 11, item.fontWeight === "bold");

/**
 * Renders a chart.
 *
 * @throws {Error} "internal: …" for a description that Vega-Lite or Vega finds fault with: descriptions are ours.
 */
export async function renderChart(spec: ChartSpec): Promise<RenderedChart> {
  const problems: string[] = [];
  const note = (...messages: readonly unknown[]): void => void problems.push(messages.map(String).join(" "));
  const logger = collectingLogger(note);
  const compiled = compile({ ...spec, config: THEME } as unknown as TopLevelSpec, { logger });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", logger });
  const svg = withShortNumbers(await view.toSVG());
  view.finalize();
  if (problems.length > 0) throw new Error(`internal: a chart is wrong: ${problems.join("; ")}`);
  return { svg, png: rasterize(svg) };
}

/** Coordinates to a hundredth of a pixel: half of a chart of lines are digits that nobody sees. */
function withShortNumbers(svg: string): string {
  return svg.replace(/ (?:d|transform)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => `${Math.round(Number(number) * 100) / 100}`),
  );
}

/** The picture of an SVG text at {@link PIXEL_DENSITY}. */
export function rasterize(svg: string): Uint8Array {
  const rendered = new Resvg(svg, {
    fitTo: { mode: "zoom", value: PIXEL_DENSITY },
    font: { fontFiles: fontFiles(), loadSystemFonts: false, defaultFontFamily: FONT_FAMILY },
  }).render();
  return rendered.asPng();
}

function fontFiles(): string[] {
  const require = createRequire(import.meta.url);
  return FONT_FILES.map((file) => require.resolve(`dejavu-fonts-ttf/ttf/${file}`));
}

/** A logger that collects warnings and errors, in the shape that Vega expects. */
function collectingLogger(note: (...messages: readonly unknown[]) => void) {
  const logger = {
    level: (() => logger) as unknown as vega.LoggerInterface["level"],
    error: (...messages: readonly unknown[]) => {
      note(...messages);
      return logger;
    },
    warn: (...messages: readonly unknown[]) => {
      note(...messages);
      return logger;
    },
    info: () => logger,
    debug: () => logger,
  };
  return logger as unknown as vega.LoggerInterface;
}
