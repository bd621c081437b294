/** Charts as Vega-Lite descriptions: plain data, drawn elsewhere. They hold all that they show, and only the style that they need. */

/** A description of a chart, without `config`, which is the theme's (figures/theme.ts). */
export type ChartSpec = Readonly<Record<string, unknown>>;

/** A chart with a name for its files and a sentence for readers who cannot see it. */
export interface Chart {
  /** In kebab-case. */
  readonly name: string;
  readonly description: string;
  readonly spec: ChartSpec;
}

/** A number with `digits` significant digits and no trailing zeros: what the data of a chart need. */
export function rounded(value: number, digits = 5): number {
  return Number(value.toPrecision(digits));
}
