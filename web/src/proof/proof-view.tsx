/** The proof that a stream means the same integers on every engine of the browser. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { SAMPLES } from "../codec/samples.ts";
import { bytesText, errorText, timeText } from "../shell/words.ts";
import "../styles/proof.css";
import { Scrolls } from "../shell/scrolls.tsx";
import { agrees, type Engine, findEngines, type ProofProgress, prove } from "./prove.ts";

/** The part of the photograph that goes through, from its middle. */
const PART = { width: 384, height: 256 };
/** Digits of a hash that are shown. */
const DIGITS = 10;

/** The view. */
export function ProofView(): JSX.Element {
  const [engines, setEngines] = useState<readonly Engine[]>([]);
  const [progress, setProgress] = useState<ProofProgress | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    findEngines().then(setEngines, (error: unknown) => setTrouble(errorText(error)));
  }, []);
  const isRunning = progress !== null && progress.step !== null;
  const run = async (): Promise<void> => {
    setTrouble(null);
    try {
      await prove(await photograph(), engines, setProgress);
    } catch (error) {
      setTrouble(errorText(error));
      setProgress(null);
    }
  };
  return (
    <div class="proof">
      <header>
        <h1>The same integers everywhere</h1>
        <p class="lead">
          A decoder must compute exactly what the encoder computed, or the rest of the file is noise. Floating point
          differs between engines; the networks that matter here are integers, exact in any order of summing.
        </p>
      </header>
      <section class="study" aria-label="Engines">
        <ul class="engines">
          {engines.map(({ name, missing }) => (
            <li key={name}>
              {name}
              <span class="hint">{progress?.failed.get(name) ?? missing ?? ""}</span>
            </li>
          ))}
        </ul>
        <div class="prove">
          <button type="button" class="primary" disabled={isRunning || engines.length === 0} onClick={() => void run()}>
            Encode on every engine
          </button>
          <p class="hint" role="status">
            {isRunning ? `${progress.step} …` : ""}
          </p>
        </div>
        {trouble !== null && (
          <p class="notice" role="alert">
            {trouble}
          </p>
        )}
      </section>
      {progress !== null && progress.rows.length > 0 && <Matrix progress={progress} />}
    </div>
  );
}

function Matrix({ progress }: { readonly progress: ProofProgress }): JSX.Element {
  const { rows, step } = progress;
  const readers = [...(rows[0]?.read.keys() ?? [])];
  const integers = rows.reduce(
    (sum, { read }) => sum + [...read.values()].reduce((all, { count }) => all + count, 0),
    0,
  );
  return (
    <section class="study" aria-label="What was read">
      {step === null && (
        <p class={agrees(rows) ? "verdict" : "verdict is-broken"} data-integers={integers}>
          {agrees(rows)
            ? `All agree: ${integers.toLocaleString("en")} integers, out of ${rows.length} ${rows.length === 1 ? "file" : "files"} by ${readers.length} ${readers.length === 1 ? "engine" : "engines"}.`
            : "They do not agree. Please report it with the names of your browser and graphics card."}
        </p>
      )}
      <Scrolls label="Table of hashes">
        <table class="plain" aria-label="Hashes of the integers">
          <thead>
            <tr>
              <th scope="col">written by</th>
              <th scope="col">file</th>
              {readers.map((name) => (
                <th scope="col" key={name}>
                  read by {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ writer, written, read }) => (
              <tr key={writer}>
                <th scope="row">{writer}</th>
                <td>
                  {bytesText(written.bytes.length)} in {timeText(written.ms)}
                </td>
                {readers.map((name) => {
                  const one = read.get(name);
                  return (
                    <td key={name} data-hash={one?.hash}>
                      {one === undefined ? "–" : <code>{one.hash.slice(0, DIGITS)}</code>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolls>
      <p class="hint">
        The first digits of the SHA-256 of all integers that passed: into and out of the exact networks, and into the
        synthesis. Files of two writers may differ, for the analysis is floating point; what a file means may not.
      </p>
    </section>
  );
}

/** Pixels of a part of a sample photograph. */
async function photograph(): Promise<ImageData> {
  const sample = SAMPLES.find(({ name }) => name === "fig");
  if (sample === undefined) throw new Error("internal: no sample");
  const response = await fetch(sample.address);
  if (!response.ok) throw new Error(`The photograph did not load (${response.status}); load the page again.`);
  const bitmap = await createImageBitmap(await response.blob());
  const { width, height } = PART;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) throw new Error("The browser gave no canvas; close other pages to free memory.");
  context.drawImage(bitmap, (width - bitmap.width) >> 1, (height - bitmap.height) >> 1);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}
