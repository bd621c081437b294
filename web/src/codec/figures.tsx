/** The figures of the entry that is looked at, beside those of what it is compared with. */
import type { JSX } from "preact";
import { bytesText, psnrText, similarityText, timeText } from "../shell/words.ts";
import { save, saveStream } from "./files.ts";
import { codecStatus } from "./opened-codec.ts";
import { OTHER_TITLES } from "./quality-control.tsx";
import { type Entry, other, type ShownOpponent, shown } from "./session.ts";

const FORMAT_NAMES = { jpeg: "MozJPEG", webp: "libwebp", avif: "libaom" } as const;

/** The table. */
export function Figures({ entry }: { readonly entry: Entry | null }): JSX.Element | null {
  const state = entry?.state.value ?? null;
  const coded = state?.coded ?? null;
  const opponent = shown.value?.id === entry?.id ? (shown.value?.opponent ?? null) : null;
  const beside = other.value === "original" || entry?.kind === "stream" ? null : opponent;
  const picture = beside?.picture ?? null;
  const pixels = state?.size === null || state === null ? null : state.size.width * state.size.height;
  const perPixel = (bytes: number | undefined): string =>
    bytes === undefined || pixels === null ? "" : ((8 * bytes) / pixels).toFixed(3);
  const rows: readonly (readonly [string, string, string])[] = [
    ["bits per pixel", perPixel(coded?.bytes.length), perPixel(picture?.bytes.length)],
    ["PSNR", coded?.likeness ? psnrText(coded.likeness.psnrDb) : "", picture ? psnrText(picture.psnrDb) : ""],
    [
      "MS-SSIM",
      coded?.likeness ? similarityText(coded.likeness.msSsim) : "",
      picture ? similarityText(picture.msSsim) : "",
    ],
    ["encoding", coded?.encodeMs ? timeText(coded.encodeMs) : "", picture ? timeText(picture.encodeMs) : ""],
    ["decoding", coded?.decodeMs ? timeText(coded.decodeMs) : "", ""],
  ];
  return (
    <div class="figures">
      <table aria-label="Figures of the picture">
        <thead>
          <tr>
            <td />
            <th scope="col">Halfstep</th>
            {other.value !== "original" && <th scope="col">{OTHER_TITLES[other.value]}</th>}
          </tr>
        </thead>
        <tbody>
          <tr class="bytes">
            <th scope="row">file</th>
            <td class={coded === null ? "is-empty" : ""}>{coded === null ? "–" : bytesText(coded.bytes.length)}</td>
            {other.value !== "original" && <td class={picture === null ? "is-empty" : ""}>{sizeText(beside)}</td>}
          </tr>
          {rows.map(([name, ours, theirs]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{ours || "–"}</td>
              {other.value !== "original" && <td>{theirs || "–"}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <div class="figures-foot">
        <button
          type="button"
          class="primary"
          disabled={coded === null || entry === null}
          onClick={() => entry !== null && saveStream(entry)}
        >
          Save .hst
        </button>
        {picture !== null && beside !== null && entry !== null && (
          <button
            type="button"
            class="quiet"
            onClick={() => save(`${entry.name}.${beside.format}`, picture.bytes, `image/${beside.format}`)}
          >
            Save {OTHER_TITLES[beside.format]}
          </button>
        )}
        <p class="hint">{noteOf(beside)}</p>
      </div>
    </div>
  );
}

function sizeText(beside: ShownOpponent | null): string {
  if (beside === null) return "–";
  if (beside.problem !== null) return "failed";
  return beside.picture === null ? "…" : bytesText(beside.picture.bytes.length);
}

function noteOf(beside: ShownOpponent | null): string {
  const status = codecStatus.value;
  const place =
    status.kind !== "ready"
      ? ""
      : status.opened.device === "webgpu"
        ? `${status.opened.model.name} on the graphics card (WebGPU).`
        : `${status.opened.model.name} as WebAssembly on ${status.opened.threads === 1 ? "one thread" : `${status.opened.threads} threads`}.`;
  if (beside === null) return place;
  if (beside.problem !== null) return `${place} ${OTHER_TITLES[beside.format]}: ${beside.problem}`;
  if (beside.picture === null) return `${place} ${OTHER_TITLES[beside.format]} of this size is being made.`;
  const { quality, isTooLarge } = beside.picture;
  const size = isTooLarge ? "its smallest file, which is larger" : "the largest file that is no larger";
  return `${place} ${FORMAT_NAMES[beside.format]} at quality ${quality}: ${size}.`;
}
