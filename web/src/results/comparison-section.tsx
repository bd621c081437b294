/** What each surrogate changes in training, with intervals over seeds. */
import * as Plot from "@observablehq/plot";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { OpenEstimate } from "../../../src/lab/estimate.ts";
import { type ArmEffect, type ComparisonGroup, REFERENCES, type Reference } from "../../../src/lab/paired-effects.ts";
import { CHART_COLOURS, Chart } from "../charts/chart.tsx";
import { Scrolls } from "../shell/scrolls.tsx";
import { errorText } from "../shell/words.ts";
import { type Comparison, groupTitle, loadComparison, seedRange } from "./comparison.ts";

/** Percent. What lies beyond is drawn at the edge, with its number. */
const EDGES = [-2, 4] as const;
const ROW_HEIGHT = 22;
const MARGINS = { top: 8, bottom: 40 };
/** Lines end before a text that lies on them. */
const READABLE = { stroke: "var(--paper)", strokeWidth: 6, fillOpacity: 1 };

/** The section. */
export function ComparisonSection(): JSX.Element {
  const [comparison, setComparison] = useState<Comparison | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const [reference, setReference] = useState<Reference>("mixed");
  useEffect(() => {
    loadComparison().then(setComparison, (error: unknown) => setTrouble(errorText(error)));
  }, []);
  const group = comparison?.groups[chosen];
  return (
    <section class="study" aria-labelledby="comparison-title">
      <h2 id="comparison-title">Which surrogate trains the best codec</h2>
      <p>
        Each run goes on from the same network with another surrogate of rounding, on the same crops. A row shows how
        the loss with real rounding differs from that of a reference, as the mean over seeds with its 95 % interval. An
        interval that contains 0 does not tell which is better; one seed gives no interval.
      </p>
      {trouble !== null && <p class="notice">{trouble}</p>}
      {comparison !== null && group === undefined && <p class="hint">No run of this comparison is trained yet.</p>}
      {comparison !== null && group !== undefined && (
        <>
          <p class="hint" data-seeds={seedRange(group).join("-")}>
            {comparison.finished} of {comparison.planned} planned runs are trained. Here, {seedsText(seedRange(group))}.
          </p>
          <div class="row">
            {comparison.groups.length > 1 && (
              <div class="field">
                <label for="comparison-group">Network</label>
                <select id="comparison-group" onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}>
                  {comparison.groups.map((one, i) => (
                    <option key={groupTitle(one)} value={i} selected={i === chosen}>
                      {groupTitle(one)}
                    </option>
                  ))}
                </select>
              </div>
            )}
            <fieldset class="field reference" aria-label="Reference">
              <div class="segments">
                {REFERENCES.map((name) => (
                  <label key={name}>
                    <input
                      type="radio"
                      name="reference"
                      checked={name === reference}
                      onChange={() => setReference(name)}
                    />
                    <span>against {name}</span>
                  </label>
                ))}
              </div>
            </fieldset>
          </div>
          <Group group={group} reference={reference} />
        </>
      )}
    </section>
  );
}

function seedsText([least, most]: readonly [number, number]): string {
  const seeds = (count: number): string => (count === 1 ? "one seed" : `${count} seeds`);
  return least === most ? `every surrogate has ${seeds(most)}` : `surrogates have ${least} to ${seeds(most)}`;
}

function Group(props: { readonly group: ComparisonGroup; readonly reference: Reference }): JSX.Element {
  const { group, reference } = props;
  const arms = useMemo(() => sortedArms(group.arms, reference), [group, reference]);
  const compared = arms.filter(({ arm, change }) => arm !== reference && change[reference] !== null);
  const plot = useMemo(() => (width: number) => effectsPlot(compared, reference, width), [arms, reference]);
  return (
    <>
      {compared.length > 0 && (
        <Chart
          label={`Change of the loss against ${reference}, percent: ${compared
            .map(({ arm, change }) => `${arm} ${changeText(change[reference])}`)
            .join("; ")}.`}
          height={ROW_HEIGHT * compared.length + MARGINS.top + MARGINS.bottom}
          plot={plot}
          caption="Left is better. Hollow: one seed. An arrow: outside of the chart, with its figure."
        />
      )}
      <Scrolls label="Table of the comparison">
        <table class="plain comparison" aria-label={`${groupTitle(group)}: change against ${reference}`}>
          <thead>
            <tr>
              <th scope="col">surrogate</th>
              <th scope="col">seeds</th>
              <th scope="col">change, %</th>
              <th scope="col">loss</th>
              <th scope="col">bits per pixel</th>
              <th scope="col">PSNR, dB</th>
            </tr>
          </thead>
          <tbody>
            {arms.map(({ arm, finished, diverged, hard, change }) => (
              <tr key={arm} data-arm={arm} data-change={change[reference]?.value}>
                <th scope="row">{arm}</th>
                <td>{diverged === 0 ? finished : `${finished}, ${diverged} diverged`}</td>
                <td>{arm === reference ? "reference" : changeText(change[reference])}</td>
                <td>{hard?.loss.toFixed(4)}</td>
                <td>{hard?.bitsPerPixel.toFixed(4)}</td>
                <td>{hard?.psnrDb.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolls>
    </>
  );
}

function sortedArms(arms: readonly ArmEffect[], reference: Reference): readonly ArmEffect[] {
  const place = ({ change }: ArmEffect): number => change[reference]?.value ?? Number.POSITIVE_INFINITY;
  return arms.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

function signed(percent: number): string {
  return `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${Math.abs(percent).toFixed(2)}`;
}

function changeText(change: OpenEstimate | null): string {
  if (change === null) return "–";
  const { value, low, high } = change;
  return low === null || high === null ? signed(value) : `${signed(value)} (${signed(low)} to ${signed(high)})`;
}

interface DrawnEffect {
  readonly arm: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly isBeyond: boolean;
  readonly text: string;
}

function effectsPlot(arms: readonly ArmEffect[], reference: Reference, width: number): Plot.PlotOptions {
  const [lowest, highest] = EDGES;
  const inside = (value: number): number => Math.min(highest, Math.max(lowest, value));
  const rows = arms.flatMap(({ arm, change }): readonly DrawnEffect[] => {
    const effect = change[reference];
    if (effect === null) return [];
    const { value, low, high } = effect;
    return [
      {
        arm,
        value: inside(value),
        low: low === null ? null : inside(low),
        high: high === null ? null : inside(high),
        isBeyond: inside(value) !== value,
        text: signed(value),
      },
    ];
  });
  const known = rows.filter(({ low }) => low !== null);
  const at = { x: "value", y: "arm" };
  return {
    marginLeft: width > 480 ? 200 : 150,
    marginTop: MARGINS.top,
    marginBottom: MARGINS.bottom,
    marginRight: 16,
    x: { label: "change of the loss, %", domain: [lowest, highest], grid: true },
    y: { label: null, domain: rows.map(({ arm }) => arm), tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: CHART_COLOURS.ink }),
      Plot.ruleY(known, {
        x1: "low",
        x2: "high",
        y: "arm",
        stroke: CHART_COLOURS.accent,
        strokeWidth: 2,
        strokeOpacity: 0.6,
      }),
      Plot.dot(
        rows.filter(({ isBeyond }) => !isBeyond),
        {
          ...at,
          r: 4,
          stroke: CHART_COLOURS.accent,
          fill: (row: DrawnEffect) => (row.low === null ? "var(--paper)" : CHART_COLOURS.accent),
        },
      ),
      ...[
        { edge: highest, textAnchor: "end" as const, textOf: (text: string) => `${text} ▸` },
        { edge: lowest, textAnchor: "start" as const, textOf: (text: string) => `◂ ${text}` },
      ].map(({ edge, textAnchor, textOf }) =>
        Plot.text(
          rows.filter(({ isBeyond, value }) => isBeyond && value === edge),
          { ...at, text: ({ text }: DrawnEffect) => textOf(text), textAnchor, ...READABLE, fill: CHART_COLOURS.accent },
        ),
      ),
    ],
  };
}
