/** The list of what was opened. */
import type { JSX } from "preact";
import { bytesText } from "../shell/words.ts";
import { saveStream } from "./files.ts";
import { active, type Entry, type EntryState, entries, lookAt, remove } from "./session.ts";

const STEPS: Readonly<Record<EntryState["step"], string>> = {
  waiting: "waits",
  reading: "reading",
  encoding: "encoding",
  decoding: "decoding",
  measuring: "measuring",
  done: "",
  failed: "failed",
  stopped: "stopped",
};

/** The list; nothing while there is one entry only. */
export function Queue(): JSX.Element | null {
  if (entries.value.length < 2) return null;
  return (
    <section class="queue" aria-labelledby="queue-title">
      <h2 id="queue-title">Opened</h2>
      <ul>
        {entries.value.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </ul>
    </section>
  );
}

function Row({ entry }: { readonly entry: Entry }): JSX.Element {
  const { step, part, size, coded } = entry.state.value;
  const percent = part === null ? "" : ` ${Math.round(100 * part)} %`;
  return (
    <li>
      <button
        type="button"
        class="queue-name"
        aria-current={active.value === entry ? "true" : undefined}
        onClick={() => lookAt(entry)}
      >
        {entry.name}
        {entry.kind === "stream" && <span class="hint">.hst</span>}
      </button>
      <span class="queue-size">{size === null ? "" : `${size.width} × ${size.height}`}</span>
      <span class="queue-bytes" role="status">
        {step === "done" && coded !== null ? bytesText(coded.bytes.length) : `${STEPS[step]}${percent}`}
      </span>
      <button type="button" class="quiet" disabled={coded === null} onClick={() => saveStream(entry)}>
        Save
      </button>
      <button type="button" class="icon" aria-label={`Remove ${entry.name}`} onClick={() => remove(entry)}>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d="M3 3l10 10M13 3 3 13" stroke="currentColor" stroke-width="1.5" />
        </svg>
      </button>
    </li>
  );
}
