/**
 * The picture. The decoded one is on the left of a line, and what it is compared with is on the right. Both zoom and move together. For the keyboard and for
 * screen readers, the line is a slider.
 */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { bytesText, waitText } from "../shell/words.ts";
import { OTHER_TITLES } from "./quality-control.tsx";
import { type Entry, type EntryState, entries, goOn, isWorking, other, type Shown, stop } from "./session.ts";
import { useGestures } from "./stage-gestures.ts";
import { bounded, FITTED, fitScale, type Place, type Size } from "./zoom.ts";

const STEP_TEXTS: Readonly<Record<EntryState["step"], string>> = {
  waiting: "Waiting",
  reading: "Reading the picture",
  encoding: "Encoding",
  decoding: "Decoding",
  measuring: "",
  done: "",
  failed: "",
  stopped: "Stopped",
};

/** How far a key moves the line, in percent. */
const KEY_STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: -100,
  End: 100,
};

/** The stage. */
export function Stage({ shown, entry }: { readonly shown: Shown | null; readonly entry: Entry | null }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const [line, setLine] = useState(50);
  const [wished, setPlace] = useState<Place>(FITTED);
  const [left, right] = [shown?.decoded ?? null, rightOf(shown)];
  const picture: Size | null = shown?.original ?? left;
  const place = picture === null ? FITTED : bounded(wished, picture, size);
  // Another entry begins unzoomed.
  useEffect(() => setPlace(FITTED), [entry?.id]);
  useGestures(frame, { place, setPlace, setLine, isZoomed: place.zoom > 1 });
  const scale = picture === null ? 1 : fitScale(picture, size) * place.zoom;
  const hasLine = left !== null && right !== null;
  const state = entry?.state.value ?? null;
  const ratio = picture === null ? 1.5 : picture.width / picture.height;
  return (
    <section class="stage" aria-label="The picture">
      <div
        class={place.zoom > 1 ? "frame is-zoomed" : "frame"}
        ref={frame}
        style={{ aspectRatio: String(Math.min(Math.max(ratio, 0.8), 2.4)) }}
      >
        {left !== null && <Layer bitmap={left} place={place} scale={scale} name="What Halfstep makes of the picture" />}
        {right !== null && (
          <div class="layer" style={{ clipPath: left === null ? "none" : `inset(0 0 0 ${line}%)` }}>
            <Layer bitmap={right} place={place} scale={scale} name={labelOf(shown)} />
          </div>
        )}
        {hasLine && (
          <div
            class="line"
            role="slider"
            tabIndex={0}
            aria-label={`Line between Halfstep and ${labelOf(shown)}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(line)}
            aria-valuetext={`${Math.round(line)} % Halfstep`}
            style={{ left: `${line}%` }}
            onKeyDown={(event) => {
              const step = KEY_STEPS[event.key];
              if (step === undefined) return;
              event.preventDefault();
              setLine((before) => Math.min(Math.max(before + step, 0), 100));
            }}
          >
            <span class="grip" />
          </div>
        )}
        {left !== null && <p class="label is-left">Halfstep{sizeOf(state?.coded?.bytes.length)}</p>}
        {right !== null && (
          <p class="label is-right">
            {labelOf(shown)}
            {sizeOf(shown?.opponent?.picture?.bytes.length, right === shown?.original)}
          </p>
        )}
        {entry === null && <p class="invitation">Drop a picture here, paste one, or open one below.</p>}
        <Message state={state} />
      </div>
      <div class="tools">
        <p class="hint">
          {entry === null ? "" : `${entry.name}${picture === null ? "" : `, ${picture.width} × ${picture.height}`}`}
        </p>
        <StopButton />
        <ZoomButtons place={place} scale={scale} setPlace={setPlace} isDisabled={picture === null} />
      </div>
    </section>
  );
}

/** What is on the right: what was chosen, or the original until the choice is ready. */
function rightOf(shown: Shown | null): ImageBitmap | null {
  if (shown === null || shown.original === null) return null;
  if (other.value === "original" || shown.opponent?.format !== other.value) return shown.original;
  return shown.opponent.picture?.bitmap ?? shown.original;
}

function labelOf(shown: Shown | null): string {
  return rightOf(shown) === shown?.original ? "Original" : OTHER_TITLES[other.value];
}

function sizeOf(bytes: number | undefined, isOriginal = false): string {
  return bytes === undefined || isOriginal ? "" : ` ${bytesText(bytes)}`;
}

function stepText({ step, part, search }: EntryState): string {
  const text = STEP_TEXTS[step];
  if (text === "") return "";
  const words = [`${text}${part === null ? "" : ` ${Math.round(100 * part)} %`}`];
  if (search !== null && search.bytes !== null) words.push(`${bytesText(search.bytes)} now`);
  if (search !== null && search.leftMs !== null) words.push(`${waitText(search.leftMs)} left`);
  return words.join(", ");
}

function Message({ state }: { readonly state: EntryState | null }): JSX.Element | null {
  return (
    <>
      <p class="step" role="status">
        {state === null ? "" : stepText(state)}
      </p>
      {state?.problem && (
        <p class="notice is-over" role="alert">
          {state.problem}
        </p>
      )}
    </>
  );
}

/** Stops the work, or goes on with it; nothing where neither makes sense. It stands where it moves nothing else. */
function StopButton(): JSX.Element | null {
  const isStopped = entries.value.some(({ state }) => state.value.step === "stopped");
  if (!isWorking.value && !isStopped) return null;
  return (
    <button type="button" class="quiet" onClick={isWorking.value ? stop : goOn}>
      {isWorking.value ? "Stop" : "Go on"}
    </button>
  );
}

function ZoomButtons(props: {
  readonly place: Place;
  readonly scale: number;
  readonly setPlace: (place: Place) => void;
  readonly isDisabled: boolean;
}): JSX.Element {
  const { place, scale, setPlace, isDisabled } = props;
  const by = (factor: number) => () =>
    setPlace({ zoom: place.zoom * factor, x: place.x * factor, y: place.y * factor });
  return (
    <div class="zoom">
      <button type="button" class="icon" aria-label="Zoom out" disabled={isDisabled} onClick={by(0.5)}>
        −
      </button>
      <button type="button" class="quiet" disabled={isDisabled} onClick={by(1 / (scale * devicePixelRatio))}>
        {isDisabled ? "100 %" : `${Math.round(100 * scale * devicePixelRatio)} %`}
      </button>
      <button type="button" class="icon" aria-label="Zoom in" disabled={isDisabled} onClick={by(2)}>
        +
      </button>
      <button type="button" class="quiet" disabled={isDisabled || place.zoom === 1} onClick={() => setPlace(FITTED)}>
        Fit
      </button>
    </div>
  );
}

/** One picture, as a canvas that is scaled and moved. */
function Layer(props: {
  readonly bitmap: ImageBitmap;
  readonly place: Place;
  readonly scale: number;
  readonly name: string;
}): JSX.Element {
  const { bitmap, place, scale, name } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const { current } = canvas;
    if (current === null) return;
    current.width = bitmap.width;
    current.height = bitmap.height;
    current.getContext("2d")?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={name}
      style={{
        transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y}px) scale(${scale})`,
        imageRendering: scale * devicePixelRatio >= 3 ? "pixelated" : "auto",
      }}
    />
  );
}

/** The size of an element, kept up to date. */
function useSize(element: { readonly current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 1, height: 1 });
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: current.clientWidth || 1, height: current.clientHeight || 1 }),
    );
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
