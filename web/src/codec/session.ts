/**
 * What the codec view shows, and the queue that works on it. The queue does one picture at a time, first the one that is looked at. Files and streams of all
 * pictures are kept. Pixels are kept for one picture only, so that a long session does not grow.
 */
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import * as Comlink from "comlink";
import type { Tune } from "../../../src/distortion.ts";
import type { Image } from "../../../src/image/image.ts";
import { errorText } from "../shell/words.ts";
import type { EncodeProgress } from "./codec-worker.ts";
import { endCodec, openCodec, openCodecOf } from "./opened-codec.ts";
import type { OpponentFormat } from "./opponent-encoders.ts";
import type { Likeness, OpponentPicture } from "./pictures-worker.ts";
import { codecWorker, picturesWorker, WorkerEnded } from "./workers.ts";

/** A file that was given to the page. */
export interface Entry {
  readonly id: number;
  /** Of the file, without its ending. */
  readonly name: string;
  /** A picture to encode, or a stream to decode. */
  readonly kind: "picture" | "stream";
  readonly file: Blob;
  readonly state: Signal<EntryState>;
}

/** How far an entry is. */
export interface EntryState {
  readonly step: "waiting" | "reading" | "encoding" | "decoding" | "measuring" | "done" | "failed" | "stopped";
  /** Part of the step that is done, 0..1; null where that is not known. */
  readonly part: number | null;
  readonly size: { readonly width: number; readonly height: number } | null;
  /** The search of an effort while it goes on. */
  readonly search: SearchState | null;
  readonly coded: Coded | null;
  readonly problem: string | null;
}

/** How far the search of an effort is. */
export interface SearchState {
  /** Of the file if the search ended now; null before that is known. */
  readonly bytes: number | null;
  /** Null before that can be told. */
  readonly leftMs: number | null;
}

/** A stream and what is known of it. */
export interface Coded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly quality: number | null;
  /** 0..9; null for a stream that was opened. */
  readonly effort: number | null;
  /** Which model it was encoded with; null for a stream that was opened. */
  readonly tune: Tune | null;
  /** Null for a stream that was opened. */
  readonly encodeMs: number | null;
  readonly decodeMs: number | null;
  /** Null until it is measured, and where there is no picture to compare with. */
  readonly likeness: Likeness | null;
}

/** What there is to see of the entry that is looked at. */
export interface Shown {
  readonly id: number;
  readonly original: ImageBitmap | null;
  readonly decoded: ImageBitmap | null;
  readonly opponent: ShownOpponent | null;
}

/** A file of another format beside it, or why there is none. */
export interface ShownOpponent {
  readonly format: OpponentFormat;
  readonly mostBytes: number;
  /** Null while it is made. */
  readonly picture: OpponentPicture | null;
  readonly problem: string | null;
}

/** What stands on the other side of the picture. */
export type Other = OpponentFormat | "original";

const NEW_STATE: EntryState = { step: "waiting", part: null, size: null, search: null, coded: null, problem: null };

/** All entries, the oldest first. */
export const entries: Signal<readonly Entry[]> = signal([]);
/** The entry that is looked at. */
export const active: Signal<Entry | null> = signal(null);
/** The quality that pictures are encoded with, 0..100. */
export const quality: Signal<number> = signal(50);
/** How long a better stream is looked for, 0..9. */
export const effort: Signal<number> = signal(0);
/** Which model pictures are encoded with. */
export const tune: Signal<Tune> = signal("psnr");
/** What stands beside. */
export const other: Signal<Other> = signal("jpeg");
/** What there is to see. */
export const shown: Signal<Shown | null> = signal(null);
const working = signal(false);
/** Whether the queue works. */
export const isWorking: ReadonlySignal<boolean> = working;

let nextId = 1;
/** The entry whose levels the pictures' worker keeps. */
let sourceId: number | null = null;

/** Adds files; the first of them is looked at. */
export function add(files: readonly { readonly name: string; readonly file: Blob }[]): void {
  const added = files.map(({ name, file }): Entry => {
    const isStream = name.toLowerCase().endsWith(".hst");
    return {
      id: nextId++,
      name: name.replace(/\.\w+$/, ""),
      kind: isStream ? "stream" : "picture",
      file,
      state: signal(NEW_STATE),
    };
  });
  if (added.length === 0) return;
  entries.value = [...entries.value, ...added];
  lookAt(added[0] as Entry);
}

/** Looks at an entry. */
export function lookAt(entry: Entry): void {
  if (active.value !== entry) {
    active.value = entry;
    show(null);
  }
  void work();
}

/** Takes an entry out of the list. */
export function remove(entry: Entry): void {
  entries.value = entries.value.filter((one) => one !== entry);
  if (active.value !== entry) return;
  active.value = entries.value.at(-1) ?? null;
  show(null);
  void work();
}

/** Chooses a quality: the entry that is looked at is encoded again at once, the others when they are looked at. */
export function setQuality(value: number): void {
  quality.value = value;
  void work();
}

/** Chooses an effort, as {@link setQuality} chooses a quality. */
export function setEffort(value: number): void {
  effort.value = value;
  void work();
}

/** Chooses a model, as {@link setQuality} chooses a quality. */
export function setTune(value: Tune): void {
  tune.value = value;
  void work();
}

/** What pictures are encoded with. */
function asked(): { readonly quality: number; readonly effort: number; readonly tune: Tune } {
  return { quality: quality.value, effort: effort.value, tune: tune.value };
}

/** Chooses what stands beside. */
export function setOther(value: Other): void {
  other.value = value;
  void work();
}

/** Stops what is being done. The queue goes on when something new is asked for, or by {@link goOn}. */
export function stop(): void {
  for (const { state } of entries.value) {
    if (!["done", "failed"].includes(state.value.step))
      state.value = { ...state.value, step: "stopped", part: null, search: null };
  }
  endCodec();
  picturesWorker.end();
  sourceId = null;
}

/** Goes on with what was stopped. */
export function goOn(): void {
  for (const { state } of entries.value) {
    if (state.value.step === "stopped") state.value = { ...state.value, step: "waiting" };
  }
  void work();
}

function show(next: Shown | null): void {
  const before = shown.value;
  shown.value = next;
  if (before === null) return;
  // Bitmaps hold memory until they are closed.
  for (const which of ["original", "decoded"] as const) {
    if (before[which] !== next?.[which]) before[which]?.close();
  }
  const picture = before.opponent?.picture;
  if (picture !== next?.opponent?.picture) picture?.bitmap.close();
}

/** Changes what is shown of an entry if it is still looked at. If not, what was made for it is closed. */
function showOf(entry: Entry, change: Partial<Shown>): void {
  if (active.value !== entry) {
    change.original?.close();
    change.decoded?.close();
    change.opponent?.picture?.bitmap.close();
    return;
  }
  const { value } = shown;
  const before = value?.id === entry.id ? value : { id: entry.id, original: null, decoded: null, opponent: null };
  show({ ...before, ...change });
}

/** What has to be done next, or null. */
function nextEntry(): Entry | null {
  const { value: looked } = active;
  if (looked !== null && looked.state.value.step !== "failed" && !isComplete(looked)) return looked;
  return entries.value.find(({ state }) => state.value.step === "waiting") ?? null;
}

function isComplete(entry: Entry): boolean {
  const { step, coded } = entry.state.value;
  if (step !== "done" || coded === null || shown.value?.id !== entry.id || shown.value.decoded === null) return false;
  if (entry.kind === "stream") return true;
  const { opponent } = shown.value;
  const hasOpponent =
    other.value === "original" || (opponent?.format === other.value && opponent.mostBytes === coded.bytes.length);
  return isAsked(coded) && hasOpponent;
}

/** Whether a stream is what {@link asked} says. */
function isAsked(coded: Coded): boolean {
  const wanted = asked();
  return coded.quality === wanted.quality && coded.effort === wanted.effort && coded.tune === wanted.tune;
}

/** Works until nothing is left. */
async function work(): Promise<void> {
  if (working.value) return;
  working.value = true;
  try {
    for (let entry = nextEntry(); entry !== null; entry = nextEntry()) {
      try {
        await workOn(entry);
      } catch (error) {
        if (error instanceof WorkerEnded && error.wasAsked) break;
        entry.state.value = {
          ...entry.state.value,
          step: "failed",
          part: null,
          search: null,
          problem: errorText(error),
        };
      }
    }
  } finally {
    working.value = false;
  }
}

async function workOn(entry: Entry): Promise<void> {
  const set = (change: Partial<EntryState>): void => {
    entry.state.value = { ...entry.state.value, problem: null, part: null, search: null, ...change };
  };
  if (entry.kind === "stream") return workOnStream(entry, set);

  await openSource(entry, set);
  let { coded } = entry.state.value;
  if (coded === null || !isAsked(coded)) {
    const settings = asked();
    set({ step: "encoding" });
    await openCodec(settings.tune, "encode");
    const onProgress = Comlink.proxy((progress: EncodeProgress) => {
      if (entry.state.value.step !== "encoding") return;
      const { part } = progress;
      if (progress.kind === "search") {
        set({ step: "encoding", part, search: { bytes: progress.bytes, leftMs: progress.leftMs } });
      } else if (part > 0) set({ step: "encoding", part });
    });
    const image = await picturesWorker.call((api) => api.levels());
    const { bytes, ms } = await codecWorker.call((api) => api.encode(moved(image), settings, onProgress));
    coded = { bytes, ...settings, encodeMs: ms, decodeMs: null, likeness: null };
    set({ step: "decoding", coded });
    if (shown.value?.id === entry.id) showOf(entry, { decoded: null });
  }
  if (active.value !== entry && coded.likeness !== null) return set({ step: "done" });
  if (shown.value?.id !== entry.id || shown.value.decoded === null || coded.likeness === null) {
    coded = await decodeAndMeasure(entry, coded, set);
  }
  set({ step: "done", coded });
  if (active.value === entry && other.value !== "original" && isAsked(coded)) {
    const made = makeOpponent(entry, other.value, coded.bytes.length);
    // The worker keeps one picture, so a picture that waits would end this search. A new choice of the visitor need not wait for it.
    if (entries.value.some(({ state }) => state.value.step === "waiting")) await untilChangeOr(made);
  }
}

/** Lets the pictures' worker read a picture and keep its levels. */
async function openSource(entry: Entry, set: (change: Partial<EntryState>) => void): Promise<void> {
  const isShown = shown.value?.id === entry.id && shown.value.original !== null;
  if (sourceId === entry.id && (isShown || active.value !== entry)) return;
  set({ step: "reading" });
  sourceId = null;
  const bitmap = await picturesWorker.call((api) => api.open(entry.file));
  sourceId = entry.id;
  set({ step: "reading", size: { width: bitmap.width, height: bitmap.height } });
  showOf(entry, { original: bitmap });
}

/** An image whose levels move to a worker. Copying them would hold the page, for as long as a picture is large. */
function moved(image: Image): Image {
  const { data, alpha } = image;
  return Comlink.transfer(image, [data.buffer as ArrayBuffer, ...(alpha ? [alpha.buffer as ArrayBuffer] : [])]);
}

async function decodeAndMeasure(
  entry: Entry,
  coded: Coded,
  set: (change: Partial<EntryState>) => void,
): Promise<Coded> {
  set({ step: "decoding" });
  await openCodecOf(coded.bytes, tune.value);
  const decoded = await codecWorker.call((api) => api.decode(coded.bytes));
  showOf(entry, { decoded: decoded.bitmap });
  set({ step: "measuring", coded: { ...coded, decodeMs: decoded.ms } });
  const likeness = coded.likeness ?? (await picturesWorker.call((api) => api.measure(moved(decoded.image))));
  return { ...coded, decodeMs: decoded.ms, likeness };
}

async function workOnStream(entry: Entry, set: (change: Partial<EntryState>) => void): Promise<void> {
  set({ step: "decoding" });
  const bytes = new Uint8Array(await entry.file.arrayBuffer());
  await openCodecOf(bytes, tune.value);
  const { image, bitmap, quality: made, ms } = await codecWorker.call((api) => api.decode(bytes));
  showOf(entry, { decoded: bitmap });
  const coded = { bytes, quality: made, effort: null, tune: null, encodeMs: null, decodeMs: ms, likeness: null };
  set({ step: "done", coded, size: { width: image.width, height: image.height } });
}

async function makeOpponent(entry: Entry, format: OpponentFormat, mostBytes: number): Promise<void> {
  const begun: ShownOpponent = { format, mostBytes, picture: null, problem: null };
  showOf(entry, { opponent: begun });
  let made: ShownOpponent | null = null;
  let wasStopped = false;
  try {
    const picture = await picturesWorker.call((api) => api.opponent(format, mostBytes));
    if (picture !== null) made = { ...begun, picture };
  } catch (error) {
    wasStopped = error instanceof WorkerEnded && error.wasAsked;
    if (!wasStopped) made = { ...begun, problem: errorText(error) };
  }
  if (shown.value?.opponent !== begun) made?.picture?.bitmap.close();
  else {
    // Null: another picture was opened meanwhile, so this one must be made again.
    showOf(entry, { opponent: made });
    if (made === null && !wasStopped) void work();
  }
}

/** Waits for something, but no longer than until the visitor chooses something else. */
async function untilChangeOr(made: Promise<void>): Promise<void> {
  let end = (): void => undefined;
  const changed = new Promise<void>((resolve) => {
    let isFirst = true;
    end = effect(() => {
      for (const choice of [quality, effort, tune, other, active]) void choice.value;
      if (!isFirst) resolve();
      isFirst = false;
    });
  });
  await Promise.race([made, changed]);
  end();
}
