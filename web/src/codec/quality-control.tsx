/** The quality, and what stands beside. */
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { TUNES, type Tune } from "../../../src/distortion.ts";
import { OPPONENT_FORMATS } from "./opponent-encoders.ts";
import { effort, type Other, other, quality, setEffort, setOther, setQuality, setTune, tune } from "./session.ts";

const GREATEST_EFFORT = 9;

/** How long a slider must rest before its value is used, milliseconds. */
const REST_MS = 200;

/** The same for an effort. It takes long, so it waits until the visitor is sure. */
const EFFORT_REST_MS = 600;

/** Names of what stands beside. */
export const OTHER_TITLES: Readonly<Record<Other, string>> = {
  jpeg: "JPEG",
  webp: "WebP",
  avif: "AVIF",
  original: "Original",
};

/** The controls. */
export function QualityControl(): JSX.Element {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const output = useRef<HTMLOutputElement>(null);
  return (
    <div class="controls">
      <div class="field">
        <label for="quality">
          Quality <output ref={output}>{quality.value}</output>
        </label>
        <input
          id="quality"
          type="range"
          min="0"
          max="100"
          step="0.5"
          value={quality.value}
          onInput={({ currentTarget }) => {
            const value = Number(currentTarget.value);
            if (output.current !== null) output.current.textContent = String(value);
            if (timer.current !== null) clearTimeout(timer.current);
            timer.current = setTimeout(() => setQuality(value), REST_MS);
          }}
        />
        <div class="ends" aria-hidden="true">
          <span>smaller</span>
          <span>better</span>
        </div>
      </div>
      <EffortControl />
      <TuneControl />
      <fieldset class="field choice">
        <legend>Beside it, at equal size</legend>
        <div class="segments">
          {[...OPPONENT_FORMATS, "original" as const].map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="other"
                value={name}
                checked={other.value === name}
                onChange={() => setOther(name)}
              />
              <span>{OTHER_TITLES[name]}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
}

/** What a model is tuned for, in words. */
const TUNE_TITLES: Readonly<Record<Tune, string>> = { psnr: "Exact levels (PSNR)", ssim: "The eye (MS-SSIM)" };

/** Which network encodes. */
function TuneControl(): JSX.Element {
  return (
    <fieldset class="field choice">
      <legend>Trained for</legend>
      <div class="segments">
        {TUNES.map((name) => (
          <label key={name}>
            <input type="radio" name="tune" value={name} checked={tune.value === name} onChange={() => setTune(name)} />
            <span>{TUNE_TITLES[name]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** How long a better stream is looked for. */
function EffortControl(): JSX.Element {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const output = useRef<HTMLOutputElement>(null);
  return (
    <div class="field">
      <label for="effort">
        Effort <output ref={output}>{effort.value}</output>
      </label>
      <input
        id="effort"
        type="range"
        min="0"
        max={GREATEST_EFFORT}
        step="1"
        value={effort.value}
        aria-describedby="effort-hint"
        onInput={({ currentTarget }) => {
          const value = Number(currentTarget.value);
          if (output.current !== null) output.current.textContent = String(value);
          if (timer.current !== null) clearTimeout(timer.current);
          timer.current = setTimeout(() => setEffort(value), EFFORT_REST_MS);
        }}
      />
      <p class="hint" id="effort-hint">
        Above 0 the encoder looks for a better file of this picture. Each step takes nearly twice as long.
      </p>
    </div>
  );
}
