/** The quality, and what stands beside. */
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { OPPONENT_FORMATS } from "./opponent-encoders.ts";
import { isWorking, type Other, other, quality, setOther, setQuality, stop } from "./session.ts";

/** How long a slider rests before what it says is done. */
const REST_MS = 200;

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
      {isWorking.value && (
        <button type="button" class="quiet" onClick={stop}>
          Stop
        </button>
      )}
    </div>
  );
}
