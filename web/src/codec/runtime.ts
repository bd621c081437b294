/** onnxruntime in a worker of the page: its WebAssembly comes with progress, and from the cache if it can. */
import { defineGraph, graphInput, negate } from "../../../src/engine/index.ts";
import { exportOnnx } from "../../../src/engine/onnx/export.ts";
import { openWebSession, type WebDevice } from "../../../src/engine/runtime/web-session.ts";
import { type DownloadProgress, download } from "./download.ts";
import { RUNTIME_FILES } from "./heavy-files.ts";

/** Where onnxruntime's sessions find its two files. */
export interface RuntimePaths {
  readonly mjs: string;
  readonly wasm: string;
}

/** Those that are being loaded, or were. */
const begun = new Map<WebDevice, Promise<RuntimePaths>>();

/**
 * Loads the WebAssembly for a device, once for a worker.
 * @throws {Error} if the server does not give it
 */
export function runtimeFiles(
  device: WebDevice,
  onProgress: (progress: DownloadProgress) => void,
): Promise<RuntimePaths> {
  const loading = begun.get(device) ?? loadRuntime(device, onProgress);
  begun.set(device, loading);
  return loading;
}

async function loadRuntime(device: WebDevice, onProgress: (progress: DownloadProgress) => void): Promise<RuntimePaths> {
  const file = RUNTIME_FILES[device];
  const bytes = await download(file, onProgress);
  const wasm = URL.createObjectURL(new Blob([bytes], { type: "application/wasm" }));
  return { mjs: new URL(file.script, import.meta.url).href, wasm };
}

/**
 * Starts onnxruntime while the model is still on its way.
 * @throws {HalfstepError} as `openWebSession`
 */
export async function startRuntime(device: WebDevice, threads: number, wasmPaths: RuntimePaths): Promise<void> {
  const smallest = exportOnnx(defineGraph({ y: negate(graphInput("x", [1])) }));
  // It stays open: a device whose last session is closed may stop.
  await openWebSession(smallest, { device, threads, wasmPaths });
}
