/** The codec: pictures in, streams out, and the picture beside what another format makes of it. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import "../styles/codec.css";
import { bytesText } from "../shell/words.ts";
import { Figures } from "./figures.tsx";
import { ACCEPTED, filesOf, type NamedFile, namedFiles } from "./files.ts";
import { MODEL_FILES, RUNTIME_FILES } from "./heavy-files.ts";
import { codecStatus, openCodec } from "./opened-codec.ts";
import { QualityControl } from "./quality-control.tsx";
import { Queue } from "./queue.tsx";
import { SAMPLES, type Sample } from "./samples.ts";
import { active, add, entries, shown, tune } from "./session.ts";
import { Stage } from "./stage.tsx";

/** What is said under the title. */
const [MODEL_TEXT, RUNTIME_TEXT] = [bytesText(MODEL_FILES.psnr.byteLength), bytesText(RUNTIME_FILES.wasm.byteLength)];

async function openSample({ name, address }: Sample): Promise<void> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The sample ${name} did not load (${response.status}).`);
  add([{ name: `${name}.png`, file: await response.blob() }]);
}

/** Whether the visitor asked the browser to save data. */
function savesData(): boolean {
  return (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;
}

/** The view. @param isShown whether it is looked at; nothing is loaded before */
export function CodecView({ isShown }: { readonly isShown: boolean }): JSX.Element {
  const [isDragged, setDragged] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useDroppedFiles(setDragged);
  // Before the first frame is drawn: others load meanwhile.
  useLayoutEffect(() => {
    if (!isShown || entries.value.length > 0 || savesData()) return;
    const [first] = SAMPLES;
    // Side by side: the picture and the model come over different connections. What fails is said by the status.
    openCodec(tune.value, "encode").catch(() => undefined);
    if (first !== undefined) openSample(first).catch((error: Error) => setProblem(error.message));
  }, [isShown]);
  const entry = active.value;
  return (
    <div class={isDragged ? "codec is-dragged" : "codec"}>
      <div class="intro">
        <h1>A learned codec, in this page</h1>
        <p class="lead">
          A neural network compresses your pictures on your own machine; none is uploaded. The network ({MODEL_TEXT})
          and its runtime ({RUNTIME_TEXT} of WebAssembly) are loaded once and kept.
        </p>
      </div>
      {problem !== null && (
        <p class="notice" role="alert">
          {problem}
        </p>
      )}
      <div class="bench">
        <div class="viewing">
          <Stage shown={shown.value} entry={entry} />
          <Sources onProblem={setProblem} />
        </div>
        <div class="panel">
          <Status />
          <QualityControl />
          <Figures entry={entry} />
        </div>
      </div>
      <Queue />
    </div>
  );
}

function Sources({ onProblem }: { readonly onProblem: (text: string | null) => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="sources">
      <button type="button" class="primary" onClick={() => input.current?.click()}>
        Open pictures
      </button>
      <input
        ref={input}
        type="file"
        accept={ACCEPTED}
        multiple
        hidden
        aria-label="Pictures or .hst files"
        onChange={({ currentTarget }) => {
          add(namedFiles(currentTarget.files ?? []));
          currentTarget.value = "";
        }}
      />
      <ul class="samples" aria-label="Sample photographs">
        {SAMPLES.map((sample) => (
          <li key={sample.name}>
            <button
              type="button"
              title={`${sample.name}: ${sample.credit}`}
              onClick={() => {
                onProblem(null);
                openSample(sample).catch((error: Error) => onProblem(error.message));
              }}
            >
              <img src={sample.thumb} alt={`Sample: ${sample.name}`} height="44" />
            </button>
          </li>
        ))}
      </ul>
      <p class="hint">or drop or paste them; a .hst file is decoded</p>
    </div>
  );
}

/** What the codec is doing before it is ready, or why it is not. */
function Status(): JSX.Element | null {
  const status = codecStatus.value;
  if (status.kind === "failed") {
    return (
      <p class="notice" role="alert">
        The codec did not start: {status.problem}
      </p>
    );
  }
  if (status.kind !== "loading") return null;
  const { progress } = status;
  const done = progress !== null && progress.loadedBytes >= progress.totalBytes;
  return (
    <div class="download">
      <label for="download">
        {progress === null || done
          ? "Starting the network …"
          : `Loading the network: ${bytesText(progress.loadedBytes)} of ${bytesText(progress.totalBytes)}`}
      </label>
      <progress id="download" max={progress?.totalBytes ?? 1} value={done ? undefined : (progress?.loadedBytes ?? 0)} />
    </div>
  );
}

/** Opens files in the view, whichever view is shown. */
function take(files: readonly NamedFile[]): void {
  if (files.length === 0) return;
  location.hash = "/codec";
  add(files);
}

/** Files that are dropped on the page or pasted into it. */
function useDroppedFiles(setDragged: (is: boolean) => void): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      setDragged(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setDragged(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setDragged(false);
      take(filesOf(event.dataTransfer));
    };
    const paste = (event: ClipboardEvent): void => take(filesOf(event.clipboardData));
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  }, [setDragged]);
}
