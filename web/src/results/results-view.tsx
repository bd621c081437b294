/** Results on the Kodak images: curves, BD-rates against any anchor, and crops. */
import * as Plot from "@observablehq/plot";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import comparison from "../../../docs/comparison.png?url";
import { CHART_COLOURS, Chart } from "../charts/chart.tsx";
import { errorText } from "../shell/words.ts";
import "../styles/results.css";
import { BdTable } from "./bd-table.tsx";
import { ComparisonSection } from "./comparison-section.tsx";
import { type Curve, isOurs, loadCurves, type Metric, pointsOf } from "./curves.ts";

/** What is drawn at first, besides ours. */
const FIRST_SHOWN = ["jpeg", "webp", "avif", "jxl", "quoted-bpg444", "quoted-vtm", "quoted-mbt2018-mean"];
/** Names and axes of the qualities. */
const METRICS: Readonly<Record<Metric, { readonly title: string; readonly axis: string; readonly unit: string }>> = {
  psnrDb: { title: "PSNR", axis: "PSNR, dB", unit: " dB" },
  msSsimDb: { title: "MS-SSIM", axis: "MS-SSIM, −10 log₁₀(1 − x) dB", unit: " dB" },
  ssimulacra2: { title: "SSIMULACRA 2", axis: "SSIMULACRA 2", unit: "" },
};
const METRIC_NAMES = Object.keys(METRICS) as readonly Metric[];
/** What the crops were made with. The picture says it too. */
const CROPS = { address: comparison, model: "halfstep-2", quality: 19 };
const MOST_BITS = 1.5;

/** The view. */
export function ResultsView(): JSX.Element {
  const [curves, setCurves] = useState<readonly Curve[] | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [metric, setMetric] = useState<Metric>("psnrDb");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    loadCurves().then(
      (loaded) => {
        setCurves(loaded);
        setChosen(new Set([...FIRST_SHOWN, ...newestModel(loaded)]));
      },
      (error: unknown) => setTrouble(errorText(error)),
    );
  }, []);
  return (
    <div class="results">
      <header>
        <h1>Results</h1>
        <p class="lead">
          Codecs on Kodak, twenty-four photographs that no model was trained on, and surrogates of rounding in training.
          Files are whole files. What others published is quoted, and says so.
        </p>
      </header>
      {trouble !== null && <p class="notice">{trouble}</p>}
      {curves === null ? (
        <p class="loading">Loading …</p>
      ) : (
        <>
          <fieldset class="field metric" aria-label="Quality">
            <div class="segments">
              {METRIC_NAMES.filter((name) => curves.some((curve) => pointsOf(curve, name).length > 0)).map((name) => (
                <label key={name}>
                  <input type="radio" name="metric" checked={name === metric} onChange={() => setMetric(name)} />
                  <span>{METRICS[name].title}</span>
                </label>
              ))}
            </div>
          </fieldset>
          <Curves curves={curves} metric={metric} chosen={chosen} setChosen={setChosen} />
          <BdTable curves={curves} metric={metric} chosen={chosen} />
        </>
      )}
      <ComparisonSection />
      <section class="study" aria-labelledby="crops-title">
        <h2 id="crops-title">Crops</h2>
        <p>
          Original, {CROPS.model} at quality {CROPS.quality}, and the largest JPEG (MozJPEG) that is not larger, as{" "}
          <code>npm run demo</code> draws them. For your own pictures, see the <a href="#/codec">codec</a>.
        </p>
        <img
          class="crops"
          src={CROPS.address}
          alt={`The same crop as original, by ${CROPS.model} and by JPEG`}
          loading="lazy"
        />
      </section>
    </div>
  );
}

/** The curve of the newest model of variable rate. */
function newestModel(curves: readonly Curve[]): readonly string[] {
  const numbered = curves.filter((curve) => isOurs(curve) && /^halfstep-\d+$/.test(curve.codec));
  return numbered
    .map(({ codec }) => codec)
    .sort((a, b) => Number(a.slice(9)) - Number(b.slice(9)))
    .slice(-1);
}

function Curves(props: {
  readonly curves: readonly Curve[];
  readonly metric: Metric;
  readonly chosen: ReadonlySet<string>;
  readonly setChosen: (next: ReadonlySet<string>) => void;
}): JSX.Element {
  const { curves, metric, chosen, setChosen } = props;
  const drawn = useMemo(() => curves.filter(({ codec }) => chosen.has(codec)), [curves, chosen]);
  const without = drawn.filter((curve) => pointsOf(curve, metric).length === 0);
  const plot = useMemo(() => (width: number) => curvePlot(drawn, metric, width), [drawn, metric]);
  const toggle = (codec: string): void => {
    const next = new Set(chosen);
    if (!next.delete(codec)) next.add(codec);
    setChosen(next);
  };
  return (
    <section class="study" aria-labelledby="curves-title">
      <h2 id="curves-title">Quality over rate</h2>
      <Chart
        label={`${METRICS[metric].title} over bits per pixel: ${drawn.map(({ label }) => label).join(", ")}.`}
        height={CHART_HEIGHT}
        plot={plot}
        caption={`Point at a curve, or touch it, for its name and figures.${without.length === 0 ? "" : ` No ${METRICS[metric].title}: ${without.map(({ label }) => label).join("; ")}.`}`}
      />
      <details>
        <summary>
          Which curves are shown ({drawn.length} of {curves.length})
        </summary>
        <ul class="curve-list">
          {curves.map(({ codec, label, settings, quotedFrom }) => (
            <li key={codec}>
              <label title={quotedFrom ?? settings}>
                <input type="checkbox" checked={chosen.has(codec)} onChange={() => toggle(codec)} /> {label}
              </label>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

interface DrawnPoint {
  readonly label: string;
  readonly isOurs: boolean;
  readonly bitsPerPixel: number;
  readonly quality: number;
}

const CHART_HEIGHT = 460;
const MARGINS = { top: 20, bottom: 44 };
/** How near to a point of a curve one has to point, in CSS pixels: between two points is near enough. */
const REACH = 120;
/** Least distance of two names, in CSS pixels. */
const NAME_GAP = 16;

function curvePlot(curves: readonly Curve[], metric: Metric, width: number): Plot.PlotOptions {
  const points: readonly DrawnPoint[] = curves.flatMap((curve) =>
    pointsOf(curve, metric)
      .filter(({ bitsPerPixel }) => bitsPerPixel <= MOST_BITS)
      .map((point) => ({ ...point, label: curve.label, isOurs: isOurs(curve) })),
  );
  const others = points.filter((point) => !point.isOurs);
  const ours = points.filter((point) => point.isOurs);
  const isWide = width > 640;
  const at = { x: "bitsPerPixel", y: "quality", z: "label" };
  const qualities = points.map(({ quality }) => quality);
  const domain = points.length === 0 ? [0, 1] : [Math.floor(Math.min(...qualities)), Math.ceil(Math.max(...qualities))];
  return {
    marginLeft: 40,
    marginTop: MARGINS.top,
    marginBottom: MARGINS.bottom,
    marginRight: isWide ? 220 : 12,
    x: { label: "bits per pixel", labelAnchor: "center", domain: [0, MOST_BITS] },
    y: { label: METRICS[metric].axis, domain, grid: true },
    marks: [
      Plot.line(others, { ...at, stroke: CHART_COLOURS.line, strokeWidth: 1.25 }),
      Plot.dot(others, { ...at, r: 1.75, fill: CHART_COLOURS.line }),
      Plot.line(ours, { ...at, stroke: CHART_COLOURS.accent, strokeWidth: 2.25 }),
      Plot.dot(ours, { ...at, r: 2.5, fill: CHART_COLOURS.accent }),
      ...(isWide ? names(points, domain as [number, number]) : []),
      Plot.tip(
        points,
        Plot.pointer({
          x: "bitsPerPixel",
          y: "quality",
          maxRadius: REACH,
          title: ({ label, bitsPerPixel, quality }: DrawnPoint) =>
            `${label}\n${bitsPerPixel.toFixed(3)} bits per pixel\n${quality.toFixed(2)}${METRICS[metric].unit}`,
          fill: "var(--paper)",
          stroke: CHART_COLOURS.line,
        }),
      ),
    ],
  };
}

/** Names beside the ends of the curves, joined to them by lines and pushed apart where they would lie on each other. */
function names(points: readonly DrawnPoint[], [low, high]: readonly [number, number]): Plot.Markish[] {
  const dbPerPixel = (high - low) / (CHART_HEIGHT - MARGINS.top - MARGINS.bottom);
  const ends = [...new Map(points.map((point) => [point.label, point])).values()];
  let above = Number.POSITIVE_INFINITY;
  const placed = ends
    .toSorted((a, b) => b.quality - a.quality)
    .map((end) => {
      above = Math.min(end.quality, above - NAME_GAP * dbPerPixel);
      return { ...end, height: above };
    });
  const colour = ({ isOurs: own }: DrawnPoint): string => (own ? CHART_COLOURS.accent : CHART_COLOURS.soft);
  return [
    Plot.link(placed, {
      x1: "bitsPerPixel",
      y1: "quality",
      x2: () => MOST_BITS * 1.015,
      y2: "height",
      stroke: CHART_COLOURS.line,
      strokeOpacity: 0.6,
      strokeDasharray: "2 3",
    }),
    Plot.text(placed, {
      x: () => MOST_BITS * 1.025,
      y: "height",
      text: "label",
      textAnchor: "start",
      fill: colour,
      fontSize: 12,
    }),
  ];
}
