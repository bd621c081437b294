/** onnxruntime in a worker of the page: its WebAssembly comes with progress, from the cache if it can, and is compiled while it comes. */
import { defineGraph, graphInput, negate } from "../../../src/engine/index.ts";
import { exportOnnx } from "../../../src/engine/onnx/export.ts";
import { openWebSession, type WasmPaths, type WebDevice } from "../../../src/engine/runtime/web-session.ts";
import { type DownloadProgress, downloadAnswer } from "./download.ts";
import { RUNTIME_FILES } from "./heavy-files.ts";

/** Those that are being loaded, or were. */
const begun = new Map<WebDevice, WasmPaths>();

/** Begins to load the WebAssembly for a device, once, and tells onnxruntime's sessions where it is. */
export function runtimeFiles(device: WebDevice, onProgress: (progress: DownloadProgress) => void): WasmPaths {
  const before = begun.get(device);
  if (before !== undefined) return before;
  const file = RUNTIME_FILES[device];
  const wasm = new URL(file.address, import.meta.url).href;
  answerFetch(wasm, downloadAnswer(file, onProgress));
  const paths = { mjs: new URL(file.script, import.meta.url).href, wasm };
  begun.set(device, paths);
  return paths;
}

/** onnxruntime fetches its WebAssembly by itself. The next fetch of this address in the worker gets what is on its way already. */
function answerFetch(address: string, answer: Promise<Response>): void {
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    if (input !== address) return fetch(input, init);
    globalThis.fetch = fetch;
    return answer;
  };
  // The fetch gets the error.
  answer.catch(() => undefined);
}

/**
 * Starts onnxruntime while the model is still on its way.
 * @throws {HalfstepError} as `openWebSession`
 */
export async function startRuntime(device: WebDevice, threads: number, wasmPaths: WasmPaths): Promise<void> {
  const smallest = exportOnnx(defineGraph({ y: negate(graphInput("x", [1])) }));
  // It stays open: a device whose last session is closed may stop.
  await openWebSession(smallest, { device, threads, wasmPaths });
}
