/** A chart of Observable Plot that fills its place, in the page's colours. */
import * as Plot from "@observablehq/plot";
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import "../styles/charts.css";

/** Colours of charts: the accent for what is looked at, greys for the rest. */
export const CHART_COLOURS = {
  accent: "var(--accent)",
  ink: "var(--ink)",
  soft: "var(--soft)",
  line: "var(--edge)",
} as const;

/** What a chart is made of. */
export interface ChartProps {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly height: number;
  /** The marks and scales for a width in CSS pixels. */
  readonly plot: (width: number) => Plot.PlotOptions;
  /** What stands under it. */
  readonly caption?: string;
}

/** The chart. It is drawn again whenever `plot` is another function, so give it a stable identity. */
export function Chart({ label, height, plot, caption }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = place;
    if (current === null) return;
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const { current } = place;
    if (current === null || width === 0) return;
    const drawn = Plot.plot({
      ...plot(width),
      width,
      height,
      style: { background: "none", fontFamily: "inherit", fontSize: "13px", overflow: "visible" },
    });
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", label);
    // Its name tells everything that it shows.
    for (const part of drawn.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
    current.replaceChildren(drawn);
  }, [width, height, plot, label]);
  return (
    <figure class="chart">
      <div ref={place} style={{ minHeight: `${height}px` }} />
      {caption !== undefined && <figcaption class="hint">{caption}</figcaption>}
    </figure>
  );
}
