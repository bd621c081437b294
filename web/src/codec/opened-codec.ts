/** The codec of the page's worker: which model it has, and how far it is loaded. The worker has one codec at a time. */
import { type Signal, signal } from "@preact/signals";
import * as Comlink from "comlink";
import type { Tune } from "../../../src/distortion.ts";
import { errorText } from "../shell/words.ts";
import type { OpenedCodec } from "./codec-worker.ts";
import type { DownloadProgress } from "./download.ts";
import { codecWorker, WorkerEnded } from "./workers.ts";

/** The model and the WebAssembly. */
export type CodecStatus =
  | { readonly kind: "absent" }
  | { readonly kind: "loading"; readonly progress: DownloadProgress | null }
  | { readonly kind: "ready"; readonly opened: OpenedCodec }
  | { readonly kind: "failed"; readonly problem: string };

/** Whether the codec is there. */
export const codecStatus: Signal<CodecStatus> = signal({ kind: "absent" });

/** The codec that the worker has, or will have. */
let opening: { readonly model: Tune; readonly opened: Promise<void> } | null = null;

/**
 * Loads the codec of a model, once.
 * @param prepare what it will be needed for first
 * @throws what keeps it from starting
 */
export function openCodec(model: Tune, prepare: "encode" | "decode"): Promise<void> {
  if (opening?.model === model) return opening.opened;
  // Two that are opened at once would take each other's place.
  const before = opening?.opened.catch(() => undefined);
  const opened = Promise.resolve(before)
    .then(() => loadCodec(model, prepare))
    .catch((error: unknown) => {
      // Another may have taken its place meanwhile.
      if (opening?.opened === opened) opening = null;
      // onnxruntime remembers that it did not start; another worker tries again.
      codecWorker.end();
      codecStatus.value = error instanceof WorkerEnded && error.wasAsked ? { kind: "absent" } : failed(error);
      throw error;
    });
  opening = { model, opened };
  return opened;
}

async function loadCodec(model: Tune, prepare: "encode" | "decode"): Promise<void> {
  codecStatus.value = { kind: "loading", progress: null };
  const onProgress = Comlink.proxy((progress: DownloadProgress) => {
    if (codecStatus.value.kind === "loading") codecStatus.value = { kind: "loading", progress };
  });
  const opened = await codecWorker.call((api) => api.open(model, prepare, onProgress));
  codecStatus.value = { kind: "ready", opened };
}

function failed(error: unknown): CodecStatus {
  return { kind: "failed", problem: errorText(error) };
}

/**
 * Loads the codec that a stream needs. If the page does not have it, decoding says what is missing.
 * @param otherwise the model to load then, if there is no codec yet
 */
export async function openCodecOf(bytes: Uint8Array, otherwise: Tune): Promise<void> {
  const model = await codecWorker.call((api) => api.modelOf(bytes));
  return openCodec(model ?? opening?.model ?? otherwise, "decode");
}

/** Ends the codec and what it does. */
export function endCodec(): void {
  opening = null;
  codecStatus.value = { kind: "absent" };
  codecWorker.end();
}
