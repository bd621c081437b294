/** Mismatch against gradient risk, for every surrogate along its temperatures, and for the one that the visitor moves. */
import * as Plot from "@observablehq/plot";
import * as Comlink from "comlink";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CHART_COLOURS, Chart } from "../charts/chart.tsx";
import { errorText } from "../shell/words.ts";
import { choice, labWorker, problem, useAnswer } from "./lab-state.ts";
import type { PlanePoint } from "./studies.ts";

/** Risks below this part of the largest are drawn here, because a logarithm has no place for 0. */
const SMALLEST_PART = 1e-5;

const REFERENCES = {
  exact: "the exact derivative of the expected loss after rounding",
  noise: "the gradient that additive noise has on average, latent by latent",
  slope: "the slope of the loss across the cell, latent by latent",
} as const;

/** The study. */
export function PlaneStudy(): JSX.Element {
  const [chosen, asked] = [choice.value, problem.value];
  const place = useRef<HTMLElement>(null);
  const { points, total, trouble } = usePlane(useSeen(place));
  const { value: moved } = useAnswer(JSON.stringify([chosen, asked]), () => labWorker("quick").point(chosen, asked));
  const plot = useMemo(
    () => (width: number) => planePlot(points, moved, chosen.name, width),
    [points, moved, chosen.name],
  );
  return (
    <section class="study" aria-labelledby="plane-title" ref={place}>
      <h2 id="plane-title">Mismatch against gradient risk</h2>
      <p>
        A surrogate near rounding fits the decoder to what it will see; one far from it gives the encoder a better
        gradient. Risk is bias² plus variance, the bias taken against {REFERENCES[asked.reference]}.
      </p>
      {trouble !== null && <p class="notice">{trouble}</p>}
      <Chart
        label={`Mismatch and gradient risk of every surrogate; ${chosen.name} is marked.`}
        height={440}
        plot={plot}
        caption={
          points.length < total
            ? `${points.length} of ${total} points are computed`
            : "Each line is one surrogate along its temperatures; the ring is the one that you move"
        }
      />
      {total > 0 && points.length < total && (
        <progress max={total} value={points.length} aria-label="Points that are computed" />
      )}
      {moved !== null && (
        <p class="hint" data-mismatch={moved.mismatch} data-risk={moved.risk}>
          {moved.series}
          {moved.temperature === null ? "" : ` at temperature ${moved.temperature}`}: mismatch{" "}
          {moved.mismatch.toPrecision(4)}, risk {moved.risk.toPrecision(4)}.
        </p>
      )}
    </section>
  );
}

/** Whether an element was ever in the window. The plane takes minutes of a processor, so it is made only for visitors who look at it. */
function useSeen(place: { readonly current: HTMLElement | null }): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place]);
  return isSeen;
}

function usePlane(isSeen: boolean) {
  const [state, setState] = useState<{
    readonly points: readonly PlanePoint[];
    readonly total: number;
    readonly trouble: string | null;
  }>({ points: [], total: 0, trouble: null });
  const asked = problem.value;
  useEffect(() => {
    if (!isSeen) return;
    let isCurrent = true;
    setState({ points: [], total: 0, trouble: null });
    const onPoints = Comlink.proxy((more: readonly PlanePoint[], total: number) => {
      if (isCurrent) setState((before) => ({ points: [...before.points, ...more], total, trouble: null }));
    });
    labWorker("plane")
      .plane(asked, onPoints)
      .catch((error: unknown) => setState((before) => ({ ...before, trouble: errorText(error) })));
    return () => {
      isCurrent = false;
    };
  }, [asked, isSeen]);
  return state;
}

function planePlot(
  points: readonly PlanePoint[],
  moved: PlanePoint | null,
  name: string,
  width: number,
): Plot.PlotOptions {
  const all = moved === null ? points : [...points, moved];
  const largest = Math.max(1e-3, ...all.map(({ risk }) => risk));
  const floor = largest * SMALLEST_PART;
  const drawn = (list: readonly PlanePoint[]) => list.map((point) => ({ ...point, risk: Math.max(point.risk, floor) }));
  const sorted = drawn(points).sort((a, b) => (a.temperature ?? 0) - (b.temperature ?? 0));
  const own = sorted.filter(({ series }) => series === name);
  const ends = [...new Map(sorted.map((point) => [point.series, point])).values()];
  const tip = { x: "mismatch", y: "risk", title: tipText };
  return {
    marginLeft: 56,
    marginBottom: 44,
    marginRight: width > 600 ? 90 : 20,
    x: {
      label: "mismatch, squared steps",
      domain: [0, Math.max(0.26, ...all.map(({ mismatch }) => mismatch))],
      grid: true,
    },
    y: { label: "risk", type: "log", domain: [floor, largest * 1.5], ticks: 5, tickFormat: "~g", grid: true },
    marks: [
      Plot.line(sorted, { x: "mismatch", y: "risk", z: "series", stroke: CHART_COLOURS.line, strokeOpacity: 0.75 }),
      Plot.dot(sorted, { x: "mismatch", y: "risk", r: 2, fill: CHART_COLOURS.line }),
      Plot.line(own, { x: "mismatch", y: "risk", stroke: CHART_COLOURS.accent, strokeWidth: 2 }),
      Plot.dot(own, { x: "mismatch", y: "risk", r: 2.5, fill: CHART_COLOURS.accent }),
      ...(width > 600
        ? [
            Plot.text(ends, {
              x: "mismatch",
              y: "risk",
              text: "series",
              dx: 8,
              textAnchor: "start",
              fill: CHART_COLOURS.soft,
              fontSize: 11,
            }),
          ]
        : []),
      ...(moved === null
        ? []
        : [
            Plot.dot(drawn([moved]), {
              x: "mismatch",
              y: "risk",
              r: 8,
              stroke: CHART_COLOURS.accent,
              strokeWidth: 2.5,
            }),
          ]),
      Plot.tip(sorted, Plot.pointer({ ...tip, fill: "var(--paper)", stroke: CHART_COLOURS.line })),
    ],
  };
}

function tipText({ series, temperature, mismatch, risk }: PlanePoint): string {
  const at = temperature === null ? "" : ` T = ${temperature}`;
  return `${series}${at}\nmismatch ${mismatch.toPrecision(3)}\nrisk ${risk.toPrecision(3)}`;
}
