/** The value, the density and the gradient of the surrogate that is looked at, and its figures. */
import * as Plot from "@observablehq/plot";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { DEFAULT_TARGET_OFFSET, STATISTIC_NAMES, type StatisticName } from "../../../src/lab/index.ts";
import { CHART_COLOURS, Chart } from "../charts/chart.tsx";
import { Scrolls } from "../shell/scrolls.tsx";
import { choice, chosenSurrogate, labWorker, problem, useAnswer } from "./lab-state.ts";
import type { Samples } from "./studies.ts";

/** What the figures are, in words. */
const FIGURES: Readonly<Record<StatisticName, string>> = {
  mismatch: "mismatch, E (ỹ − [y])²",
  noisePower: "noise, E (ỹ − y)²",
  jacobianVariance: "variance of the slope J",
  biasSquaredVsNoise: "bias² against additive noise",
  biasSquaredVsHard: "bias² against the slope of the cell",
  variance: "variance of the gradient",
};

/** Rounding as stairs. */
const STAIRS = [-2, -1, 0, 1, 2].flatMap((k) => [
  { y: k - 0.5, value: k },
  { y: k + 0.5, value: k },
]);
/** Gradients beyond this quantile are drawn at the edge: those of soft rounding have no bound. */
const SHOWN_PART = 0.98;

/** The study. */
export function ValueStudy(): JSX.Element {
  const [chosen, asked] = [choice.value, problem.value];
  const { value: samples, problem: trouble } = useAnswer(JSON.stringify([chosen, asked.source, asked.scale]), () =>
    labWorker("quick").samples(chosen, asked),
  );
  const { formula, slope, source } = chosenSurrogate();
  return (
    <section class="study" aria-labelledby="value-title">
      <h2 id="value-title">Value, density, gradient</h2>
      <dl class="facts">
        <dt>value</dt>
        <dd>{formula}</dd>
        <dt>gradient</dt>
        <dd>{slope}</dd>
        <dt>source</dt>
        <dd>{source}</dd>
      </dl>
      {trouble !== null && <p class="notice">{trouble}</p>}
      {samples !== null && <SampleCharts samples={samples} />}
      <Figures />
    </section>
  );
}

function SampleCharts({ samples }: { readonly samples: Samples }): JSX.Element {
  const value = useMemo(() => () => valuePlot(samples), [samples]);
  const density = useMemo(() => () => densityPlot(samples), [samples]);
  const gradient = useMemo(() => () => gradientPlot(samples), [samples]);
  return (
    <div class="three">
      <Chart
        label="Samples of the surrogate's value over the latent, and rounding as stairs."
        height={240}
        plot={value}
        caption="Value over the latent; line: rounding"
      />
      <Chart
        label="Density of the surrogate's value for a latent of the source, and the probabilities of the integers."
        height={240}
        plot={density}
        caption="Density of the value; lines: probability of each integer"
      />
      <Chart
        label="Gradient that the latent receives from a squared distance, and the gradient of additive noise."
        height={240}
        plot={gradient}
        caption={`Gradient of (ỹ − t)², t = y − ${DEFAULT_TARGET_OFFSET}; line: mean under additive noise`}
      />
    </div>
  );
}

function valuePlot({ points }: Samples): Plot.PlotOptions {
  return {
    x: { domain: [-1.5, 1.5], label: null, ticks: [-1, 0, 1] },
    y: { domain: [-2, 2], label: null, ticks: [-2, -1, 0, 1, 2], grid: true },
    marks: [
      Plot.line(STAIRS, { x: "y", y: "value", stroke: CHART_COLOURS.line, clip: true }),
      Plot.dot(points, { x: "y", y: "value", r: 1.7, fill: CHART_COLOURS.accent, clip: true }),
    ],
  };
}

function densityPlot({ density, masses }: Samples): Plot.PlotOptions {
  const highest = Math.max(...density.map((bin) => bin.density), ...masses.map(({ mass }) => mass));
  return {
    x: { domain: [-2.5, 2.5], label: null, ticks: [-2, -1, 0, 1, 2] },
    y: { domain: [0, highest * 1.05], label: null, ticks: 4, grid: true },
    marks: [
      Plot.rectY(density, { x1: "from", x2: "to", y: "density", fill: CHART_COLOURS.accent, inset: 0, clip: true }),
      Plot.link(masses, {
        x1: ({ integer }) => integer - 0.3,
        x2: ({ integer }) => integer + 0.3,
        y1: "mass",
        y2: "mass",
        stroke: CHART_COLOURS.ink,
        strokeWidth: 2,
        clip: true,
      }),
      Plot.ruleY([0], { stroke: CHART_COLOURS.line }),
    ],
  };
}

function gradientPlot({ points }: Samples): Plot.PlotOptions {
  const sizes = points.map(({ gradient }) => Math.abs(gradient)).sort((a, b) => a - b);
  const edge = Math.max(1.8, sizes[Math.floor(SHOWN_PART * (sizes.length - 1))] ?? 0);
  const shown = points.map(({ y, gradient }) => ({ y, gradient: Math.min(Math.max(gradient, -edge), edge) }));
  return {
    x: { domain: [-1.5, 1.5], label: null, ticks: [-1, 0, 1] },
    y: { domain: [-edge, edge], label: null, ticks: 5, grid: true },
    marks: [
      Plot.ruleY([2 * DEFAULT_TARGET_OFFSET], { stroke: CHART_COLOURS.line }),
      Plot.dot(shown, { x: "y", y: "gradient", r: 1.7, fill: CHART_COLOURS.accent }),
    ],
  };
}

function Figures(): JSX.Element {
  const chosen = choice.value;
  const { value: figures, problem: trouble } = useAnswer(JSON.stringify(chosen), () =>
    labWorker("figures").figures(chosen),
  );
  if (figures === null) return <p class="hint">{trouble ?? "Computing the figures …"}</p>;
  return (
    <Scrolls label="Table of figures">
      <table class="plain" aria-label="Figures of the surrogate">
        <thead>
          <tr>
            <th scope="col">latent uniform in its cell</th>
            <th scope="col">value</th>
            <th scope="col">from</th>
            <th scope="col">to</th>
            <th scope="col">by</th>
          </tr>
        </thead>
        <tbody>
          {STATISTIC_NAMES.map((name) => {
            const figure = figures[name];
            return (
              <tr key={name}>
                <th scope="row">{FIGURES[name]}</th>
                {figure ? (
                  <>
                    <td data-figure={name} data-value={figure.value}>
                      {figure.value.toPrecision(4)}
                    </td>
                    <td>{figure.low.toPrecision(4)}</td>
                    <td>{figure.high.toPrecision(4)}</td>
                    <td>{figure.method}</td>
                  </>
                ) : (
                  <td colSpan={4}>none: the mode has no slope</td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scrolls>
  );
}
