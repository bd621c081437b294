/** BD-rates of all curves against an anchor, over an interval of rates, both chosen by the visitor. */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Scrolls } from "../shell/scrolls.tsx";
import { type BdRow, bdRows, type Curve, isOurs, type Metric, pointsOf } from "./curves.ts";

const FIRST_ANCHOR = "quoted-bpg444";
const FIRST_RATES: readonly [number, number] = [0.15, 1.2];
/** The longest bar stands for at least so much. */
const LEAST_FULL_PERCENT = 10;

/** The table of the chosen curves; the anchor may be any. */
export function BdTable(props: {
  readonly curves: readonly Curve[];
  readonly metric: Metric;
  readonly chosen: ReadonlySet<string>;
}): JSX.Element {
  const { curves, metric, chosen } = props;
  const usable = useMemo(() => curves.filter((curve) => pointsOf(curve, metric).length >= 4), [curves, metric]);
  const [codec, setCodec] = useState(FIRST_ANCHOR);
  const [[low, high], setRates] = useState(FIRST_RATES);
  const anchor = usable.find((curve) => curve.codec === codec) ?? usable[0];
  const rows = useMemo(
    () =>
      anchor === undefined || !(low > 0 && low < high)
        ? []
        : bdRows(
            usable.filter((curve) => chosen.has(curve.codec) || curve === anchor),
            anchor,
            metric,
            [low, high],
          ),
    [usable, anchor, metric, low, high, chosen],
  );
  const counted = rows.filter(({ difference }) => difference !== null);
  const left = rows.filter(({ difference }) => difference === null);
  const full = counted.reduce(
    (most, { difference }) => Math.max(most, Math.abs(difference?.percent ?? 0)),
    LEAST_FULL_PERCENT,
  );
  return (
    <section class="study" aria-labelledby="bd-title">
      <h2 id="bd-title">BD-rate</h2>
      <p>Mean difference in rate at equal quality. Negative needs fewer bytes than the anchor.</p>
      <div class="row">
        <div class="field">
          <label for="anchor">Anchor</label>
          <select id="anchor" onChange={({ currentTarget }) => setCodec(currentTarget.value)}>
            {usable.map((curve) => (
              <option key={curve.codec} value={curve.codec} selected={curve === anchor}>
                {curve.label}
              </option>
            ))}
          </select>
        </div>
        <Rate id="low" title="from, bits per pixel" value={low} onChange={(value) => setRates([value, high])} />
        <Rate id="high" title="to" value={high} onChange={(value) => setRates([low, value])} />
      </div>
      {usable.length < 2 && <p class="hint">A BD-rate needs two curves; only one has this measure so far.</p>}
      {rows.length === 0 && <p class="notice">The lowest rate must be above 0 and below the highest.</p>}
      <Scrolls label="Table of BD-rates">
        <table class="plain bd" aria-label={`BD-rate against ${anchor?.label}`}>
          <thead>
            <tr>
              <th scope="col">codec</th>
              <th scope="col">BD-rate</th>
              <th scope="col">
                <span class="hidden">drawn</span>
              </th>
              <th scope="col">{metric === "ssimulacra2" ? "over" : "over, dB"}</th>
            </tr>
          </thead>
          <tbody>
            {counted.map((row) => (
              <Row key={row.curve.codec} row={row} isAnchor={row.curve === anchor} fullPercent={full} />
            ))}
          </tbody>
        </table>
      </Scrolls>
      {left.length > 0 && <p class="hint">No common interval: {left.map(({ curve }) => curve.label).join("; ")}.</p>}
    </section>
  );
}

function Row(props: {
  readonly row: BdRow;
  readonly isAnchor: boolean;
  /** Of a bar of full length. */
  readonly fullPercent: number;
}): JSX.Element | null {
  const { row, isAnchor, fullPercent } = props;
  const { curve, difference } = row;
  if (difference === null) return null;
  const { percent, interval } = difference;
  const share = (Math.abs(percent) / fullPercent) * 50;
  return (
    <tr class={isOurs(curve) ? "is-ours" : ""} data-codec={curve.codec} data-percent={percent}>
      <th scope="row">{curve.label}</th>
      <td>{isAnchor ? "anchor" : `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${Math.abs(percent).toFixed(1)} %`}</td>
      <td>
        <span class="bar" aria-hidden="true">
          <span style={percent < 0 ? { right: "50%", width: `${share}%` } : { left: "50%", width: `${share}%` }} />
        </span>
      </td>
      <td>
        {interval[0].toFixed(1)} to {interval[1].toFixed(1)}
      </td>
    </tr>
  );
}

function Rate(props: {
  readonly id: string;
  readonly title: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}): JSX.Element {
  const { id, title, value, onChange } = props;
  return (
    <div class="field rate">
      <label for={id}>{title}</label>
      <input
        id={id}
        type="number"
        min="0.01"
        max="4"
        step="0.05"
        value={value}
        onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
    </div>
  );
}
