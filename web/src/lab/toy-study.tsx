/** A toy codec of two dimensions that is trained in the page, and the cells that it learns. */
import * as Plot from "@observablehq/plot";
import * as Comlink from "comlink";
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { BANANA_FRAME, SURROGATE_PAIRS, type ToyCells } from "../../../src/lab/index.ts";
import { CHART_COLOURS, Chart } from "../charts/chart.tsx";
import { errorText } from "../shell/words.ts";
import { labWorker } from "./lab-state.ts";
import type { ToyProgress } from "./lab-worker.ts";

const STEPS = 2000;

/** The study. */
export function ToyStudy(): JSX.Element {
  const [pair, setPair] = useState("mixed");
  const [isRunning, setRunning] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [progress, setProgress] = useState<ToyProgress | null>(null);
  const [losses, setLosses] = useState<ToyProgress["losses"]>([]);
  const turn = useRef(0);
  const train = async (): Promise<void> => {
    const mine = ++turn.current;
    setRunning(true);
    setTrouble(null);
    setLosses([]);
    setProgress(null);
    const onProgress = Comlink.proxy((next: ToyProgress) => {
      if (turn.current !== mine) return;
      setProgress((before) => ({ ...next, cells: next.cells ?? before?.cells ?? null }));
      setLosses((before) => [...before, ...next.losses]);
    });
    try {
      await labWorker("toy").toy(pair, STEPS, onProgress);
    } catch (error) {
      setTrouble(errorText(error));
    }
    setRunning(false);
  };
  const cells = progress?.cells ?? null;
  const cellChart = useMemo(() => (width: number) => cellPlot(cells, width), [cells]);
  const lossChart = useMemo(() => () => lossPlot(losses), [losses]);
  return (
    <section class="study" aria-labelledby="toy-title">
      <h2 id="toy-title">A codec that learns while you look</h2>
      <p>
        Two numbers on a bent band, two latents, real rounding at the end. Lines are where a latent rounds the other
        way, dots where each cell is reconstructed, as large as it is used.
      </p>
      <div class="row">
        <div class="field">
          <label for="pair">Surrogates for rate and distortion</label>
          <select id="pair" onChange={({ currentTarget }) => setPair(currentTarget.value)}>
            {SURROGATE_PAIRS.map(({ name }) => (
              <option key={name} value={name} selected={name === pair}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <button type="button" class="primary" disabled={isRunning} onClick={() => void train()}>
          {isRunning ? `Training, step ${progress?.done ?? 0} of ${STEPS}` : "Train"}
        </button>
      </div>
      {trouble !== null && (
        <p class="notice" role="alert">
          {trouble}
        </p>
      )}
      {(isRunning || progress !== null) && (
        <div class="two">
          <Chart label="The cells of the toy codec in the plane." height={340} plot={cellChart} caption="Cells" />
          <Chart
            label="Loss of the toy codec over the steps of its training."
            height={340}
            plot={lossChart}
            caption="Loss in training, bits for each point"
          />
        </div>
      )}
      {progress?.figures && (
        <p data-loss={progress.figures.hard.loss}>
          With real rounding: {progress.figures.hard.bits.toFixed(3)} bits, squared distance{" "}
          {progress.figures.hard.distortion.toFixed(4)}, loss {progress.figures.hard.loss.toFixed(3)}. Training saw{" "}
          {progress.figures.soft.loss.toFixed(3)}.
        </p>
      )}
    </section>
  );
}

function cellPlot(cells: ToyCells | null, width: number): Plot.PlotOptions {
  const { left, right, bottom, top } = BANANA_FRAME;
  return {
    margin: 8,
    x: { domain: [left, right], axis: null },
    y: { domain: [bottom, top], axis: null },
    r: { range: [0, Math.min(16, width / 30)] },
    marks:
      cells === null
        ? []
        : [
            Plot.dot(cells.points, { x: "0", y: "1", r: 1.2, fill: CHART_COLOURS.line, clip: true }),
            ...cells.boundaries.map((line) =>
              Plot.line(line, { x: "0", y: "1", stroke: CHART_COLOURS.soft, strokeWidth: 0.8, clip: true }),
            ),
            Plot.dot(cells.codebook, { x: "x", y: "y", r: "share", fill: CHART_COLOURS.accent, clip: true }),
          ],
  };
}

function lossPlot(losses: ToyProgress["losses"]): Plot.PlotOptions {
  return {
    marginLeft: 40,
    marginBottom: 40,
    x: { domain: [0, STEPS], label: "step", ticks: 4 },
    y: { label: null, grid: true, domain: [0, Math.max(8, ...losses.map(({ loss }) => Math.min(loss, 20)))] },
    marks: [
      Plot.line(losses, { x: "step", y: "loss", stroke: CHART_COLOURS.accent, strokeWidth: 2, clip: true }),
      Plot.dot(losses.slice(-1), { x: "step", y: "loss", r: 3.5, fill: CHART_COLOURS.accent, clip: true }),
    ],
  };
}
