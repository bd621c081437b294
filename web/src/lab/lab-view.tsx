/** The laboratory: what each surrogate of rounding does to the value, to the gradient, and to a codec that is trained with it. */
import type { JSX } from "preact";
import { LOSS_NAMES, REFERENCE_NAMES, SOURCE_NAMES } from "../../../src/lab/index.ts";
import { SURROGATES, surrogateName } from "../../../src/quantize/index.ts";
import "../styles/lab.css";
import { BoundStudy } from "./bound-study.tsx";
import { choice, chooseSurrogate, chosenSurrogate, problem, temperatureRange } from "./lab-state.ts";
import { MeanStudy } from "./mean-study.tsx";
import { PlaneStudy } from "./plane-study.tsx";
import { RefineStudy } from "./refine-study.tsx";
import { SMALLEST_SCALE } from "./studies.ts";
import { ToyStudy } from "./toy-study.tsx";
import { ValueStudy } from "./value-study.tsx";

const LARGEST_SCALE = 3;
const LOSS_TITLES = { distortion: "distortion", rate: "rate", rd: "both" } as const;
const REFERENCE_TITLES = { exact: "exact", noise: "noise", slope: "slope" } as const;

/** The view. */
export function LabView(): JSX.Element {
  return (
    <div class="lab">
      <header>
        <h1>The laboratory of rounding</h1>
        <p class="lead">
          A codec rounds, and rounding has no gradient; training puts a surrogate in its place. Move one and see what it
          does. The library computes every number here, in this page.
        </p>
      </header>
      <Choices />
      <div class="studies">
        <ValueStudy />
        <PlaneStudy />
        <BoundStudy />
        <MeanStudy />
        <ToyStudy />
        <RefineStudy />
      </div>
    </div>
  );
}

function Choices(): JSX.Element {
  const surrogate = chosenSurrogate();
  const range = temperatureRange(surrogate);
  const { temperature, gradient } = choice.value;
  return (
    <form class="choices" aria-label="What is studied" onSubmit={(event) => event.preventDefault()}>
      <div class="field">
        <label for="surrogate">Surrogate</label>
        <select id="surrogate" onChange={({ currentTarget }) => chooseSurrogate(currentTarget.value)}>
          {SURROGATES.map((one) => {
            const name = surrogateName(one);
            return (
              <option key={name} value={name} selected={name === choice.value.name}>
                {name}
              </option>
            );
          })}
        </select>
        <p class="hint">
          {surrogate.title}
          {surrogate.isReconstruction ? " (our reconstruction)" : ""}
        </p>
      </div>
      {surrogate.gradients.length > 1 && (
        <Segments
          legend="Gradient"
          name="gradient"
          values={surrogate.gradients}
          value={gradient}
          onChange={(value) => {
            choice.value = { ...choice.value, gradient: value };
          }}
        />
      )}
      {range !== null && temperature !== null && (
        <Slider
          id="temperature"
          title="Temperature"
          range={range}
          value={temperature}
          onChange={(value) => {
            choice.value = { ...choice.value, temperature: value };
          }}
        />
      )}
      <Segments
        legend="Source"
        name="source"
        values={SOURCE_NAMES}
        value={problem.value.source}
        onChange={(source) => {
          problem.value = { ...problem.value, source };
        }}
      />
      <Slider
        id="scale"
        title="Scale, in steps"
        range={[SMALLEST_SCALE, LARGEST_SCALE]}
        value={problem.value.scale}
        onChange={(scale) => {
          problem.value = { ...problem.value, scale };
        }}
      />
      <Segments
        legend="Loss"
        name="loss"
        values={LOSS_NAMES}
        titles={LOSS_TITLES}
        value={problem.value.loss}
        onChange={(loss) => {
          problem.value = { ...problem.value, loss };
        }}
      />
      <Segments
        legend="Gradient judged by"
        name="reference"
        values={REFERENCE_NAMES}
        titles={REFERENCE_TITLES}
        value={problem.value.reference}
        onChange={(reference) => {
          problem.value = { ...problem.value, reference };
        }}
      />
    </form>
  );
}

function Slider(props: {
  readonly id: string;
  readonly title: string;
  readonly range: readonly [number, number];
  readonly value: number;
  readonly onChange: (value: number) => void;
}): JSX.Element {
  const { id, title, range, value, onChange } = props;
  return (
    <div class="field">
      <label for={id}>
        {title} <output>{value.toFixed(2)}</output>
      </label>
      <input
        id={id}
        type="range"
        min={range[0]}
        max={range[1]}
        step="0.01"
        value={value}
        onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
    </div>
  );
}

function Segments<Name extends string>(props: {
  readonly legend: string;
  readonly name: string;
  readonly values: readonly Name[];
  readonly titles?: Readonly<Record<Name, string>>;
  readonly value: string;
  readonly onChange: (value: Name) => void;
}): JSX.Element {
  const { legend, name, values, titles, value, onChange } = props;
  return (
    <fieldset class="field">
      <legend>{legend}</legend>
      <div class="segments">
        {values.map((one) => (
          <label key={one}>
            <input type="radio" name={name} checked={one === value} onChange={() => onChange(one)} />
            <span>{titles?.[one] ?? one}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
