/** Refining the latents of one small picture while it is encoded, through two surrogates side by side. */
import * as Plot from "@observablehq/plot";
import * as Comlink from "comlink";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { RealLoss } from "../../../src/codec/effort/trace-refinement.ts";
import { CHART_COLOURS, Chart } from "../charts/chart.tsx";
import { errorText } from "../shell/words.ts";
import { labWorker } from "./lab-state.ts";
import { REFINING_SURROGATES, type RefiningSurrogate, smallPicture } from "./refining.ts";

const ITERATIONS = 60;

/** What is known of one surrogate's refinement. */
interface Trace {
  readonly surrogate: RefiningSurrogate;
  /** In bits per pixel, one for each iteration so far. */
  readonly losses: readonly number[];
  readonly real: RealLoss | null;
}

const newTrace = (surrogate: RefiningSurrogate): Trace => ({ surrogate, losses: [], real: null });

/** The study. */
export function RefineStudy(): JSX.Element {
  const [chosen, setChosen] = useState<readonly [RefiningSurrogate, RefiningSurrogate]>(["soft-round", "ste"]);
  const [traces, setTraces] = useState<readonly Trace[]>([]);
  const [isRunning, setRunning] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const refine = async (): Promise<void> => {
    setRunning(true);
    setTrouble(null);
    setTraces(chosen.map(newTrace));
    const change = (at: number, next: (before: Trace) => Trace): void =>
      setTraces((before) => before.map((trace, i) => (i === at ? next(trace) : trace)));
    try {
      const image = await smallPicture();
      for (const [at, surrogate] of chosen.entries()) {
        const onIteration = Comlink.proxy((_: number, loss: number) =>
          change(at, (trace) => ({ ...trace, losses: [...trace.losses, loss] })),
        );
        const real = await labWorker("refine").refine(image, surrogate, ITERATIONS, onIteration);
        change(at, (trace) => ({ ...trace, real }));
      }
    } catch (error) {
      setTrouble(errorText(error));
    }
    setRunning(false);
  };
  const done = traces.reduce((sum, { losses }) => sum + losses.length, 0);
  return (
    <section class="study" aria-labelledby="refine-title">
      <h2 id="refine-title">Rounding one picture well</h2>
      <p>
        An encoder can look for better latents of one picture by gradient descent through a surrogate; the codec does so
        at an effort above 0. A line is the loss as the surrogate sees it, a dot what is written in the end with real
        rounding. Where they part, the surrogate is wrong.
      </p>
      <div class="row">
        {chosen.map((name, at) => (
          <div class="field" key={at === 0 ? "first" : "second"}>
            <label for={`refine-${at}`}>{at === 0 ? "One surrogate" : "Another"}</label>
            <select
              id={`refine-${at}`}
              disabled={isRunning}
              onChange={({ currentTarget }) => {
                const value = REFINING_SURROGATES.find((one) => one === currentTarget.value);
                if (value !== undefined) setChosen(at === 0 ? [value, chosen[1]] : [chosen[0], value]);
              }}
            >
              {REFINING_SURROGATES.map((one) => (
                <option key={one} value={one} selected={one === name}>
                  {one}
                </option>
              ))}
            </select>
          </div>
        ))}
        <button type="button" class="primary" disabled={isRunning} onClick={() => void refine()}>
          {!isRunning
            ? "Refine"
            : done === 0
              ? "Opening the network"
              : `Refining, ${done} of ${chosen.length * ITERATIONS}`}
        </button>
      </div>
      {trouble !== null && (
        <p class="notice" role="alert">
          {trouble}
        </p>
      )}
      {traces.length > 0 && <Traces traces={traces} />}
    </section>
  );
}

function Traces({ traces }: { readonly traces: readonly Trace[] }): JSX.Element {
  const losses = traces.flatMap((trace) => [...trace.losses, ...(trace.real === null ? [] : [trace.real.after])]);
  const domain = losses.length === 0 ? [0, 1] : [0.98 * Math.min(...losses), 1.02 * Math.max(...losses)];
  return (
    <div class="two">
      {traces.map((trace, at) => (
        <TraceChart key={at === 0 ? "first" : "second"} trace={trace} domain={domain as [number, number]} />
      ))}
    </div>
  );
}

function TraceChart(props: { readonly trace: Trace; readonly domain: readonly [number, number] }): JSX.Element {
  const { trace, domain } = props;
  const [low, high] = domain;
  const plot = useMemo(() => () => tracePlot(trace, [low, high]), [trace, low, high]);
  const { surrogate, real } = trace;
  const caption =
    real === null
      ? `${surrogate}: bits per pixel, error included`
      : `${surrogate}: with real rounding ${real.before.toFixed(3)} before, ${real.after.toFixed(3)} after`;
  return (
    <div data-refined={surrogate} data-before={real?.before} data-after={real?.after}>
      <Chart label={`Loss over iterations through ${surrogate}.`} height={300} plot={plot} caption={caption} />
    </div>
  );
}

function tracePlot({ losses, real }: Trace, domain: readonly [number, number]): Plot.PlotOptions {
  const points = losses.map((loss, iteration) => ({ iteration, loss }));
  const dots =
    real === null
      ? []
      : [
          { iteration: 0, loss: real.before },
          { iteration: ITERATIONS, loss: real.after },
        ];
  return {
    marginLeft: 48,
    marginBottom: 40,
    x: { domain: [0, ITERATIONS], label: "iteration", ticks: 4 },
    y: { label: null, grid: true, domain: [...domain], ticks: 5 },
    marks: [
      Plot.line(points, { x: "iteration", y: "loss", stroke: CHART_COLOURS.accent, strokeWidth: 2, clip: true }),
      Plot.dot(dots, { x: "iteration", y: "loss", r: 4.5, fill: CHART_COLOURS.ink, clip: false }),
    ],
  };
}
