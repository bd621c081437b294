/** What a lower bound on the scale does to the rate in training and in the stream. */

import * as Plot from "@observablehq/plot";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { DEFAULT_SCALE_BOUND } from "../../../src/scale-bound.ts";
import { CHART_COLOURS, Chart } from "../charts/chart.tsx";
import { labWorker, useAnswer } from "./lab-state.ts";

const LOWEST = 0.01;
const HIGHEST = 0.4;

/** The study. */
export function BoundStudy(): JSX.Element {
  const [bound, setBound] = useState(DEFAULT_SCALE_BOUND);
  const { value: curve } = useAnswer(String(bound), () => labWorker("quick").bound(bound));
  const plot = useMemo(
    () => (): Plot.PlotOptions => ({
      marginLeft: 40,
      marginBottom: 44,
      x: { label: "deviation of the latent, steps", domain: [0, 1] },
      y: { label: "bits", domain: [0, 2.2], grid: true },
      marks: [
        Plot.ruleX([bound], { stroke: CHART_COLOURS.line, strokeDasharray: "3 3" }),
        Plot.line(curve ?? [], { x: "deviation", y: "training", stroke: CHART_COLOURS.ink, strokeWidth: 1.5 }),
        Plot.line(curve ?? [], { x: "deviation", y: "real", stroke: CHART_COLOURS.accent, strokeWidth: 2 }),
        Plot.text([{ x: 0.62, y: 1.78, text: "training, with noise" }], {
          x: "x",
          y: "y",
          text: "text",
          textAnchor: "end",
          fill: CHART_COLOURS.ink,
        }),
        Plot.text([{ x: 0.66, y: 1.1, text: "coder, rounded" }], {
          x: "x",
          y: "y",
          text: "text",
          textAnchor: "start",
          fill: CHART_COLOURS.accent,
        }),
      ],
    }),
    [curve, bound],
  );
  const first = curve?.[0];
  return (
    <section class="study" aria-labelledby="bound-title">
      <h2 id="bound-title">The lower bound on the scale</h2>
      <p>
        A latent that is nearly certain costs training more than the coder. A larger bound brings the two together, and
        makes the coder pay for it.
      </p>
      <div class="two">
        <Chart
          label={`Bits in training and in the stream over the deviation of the latent, with the bound ${bound}.`}
          height={280}
          plot={plot}
        />
        <div class="field">
          <label for="bound">
            Bound, in steps <output>{bound.toFixed(2)}</output>
          </label>
          <input
            id="bound"
            type="range"
            min={LOWEST}
            max={HIGHEST}
            step="0.01"
            value={bound}
            onInput={({ currentTarget }) => setBound(Number(currentTarget.value))}
          />
          {first !== undefined && (
            <p class="hint">
              At a deviation of {first.deviation}: {first.training.toFixed(3)} bits in training, {first.real.toFixed(3)}{" "}
              bits for the coder.
            </p>
          )}
        </div>
      </div>
    </section>
  );
}
