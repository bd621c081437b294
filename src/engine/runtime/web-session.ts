/**
 * Runs ONNX models by onnxruntime-web: as WebAssembly, in a browser or on Node, or on a graphics card through a browser's
 * WebGPU. The package is loaded when the first session is opened, and only the half of it that the device needs.
 */
import { HalfstepError } from "../../errors.ts";
import { withLeadingPadding } from "../onnx/leading-padding.ts";
import { arraySession, checkThreads, type Session } from "./array-session.ts";

/** Where a model may run in a browser. */
export type WebDevice = "wasm" | "webgpu";

/** Where the files `ort-wasm-*` of onnxruntime-web are: a folder's address that ends in "/", or the addresses of the two. */
export type WasmPaths = string | { readonly mjs?: string; readonly wasm?: string };

/** Options of {@link openWebSession}. */
export interface WebSessionOptions {
  /**
   * Threads of the WebAssembly, at least 1; 1 by default. More than one needs a page that is cross-origin isolated. The
   * first session decides for the whole page.
   */
  readonly threads?: number;
  /** Default "wasm". */
  readonly device?: WebDevice;
  /** Default: where onnxruntime-web looks by itself, beside the script. The first session decides for the whole page. */
  readonly wasmPaths?: WasmPaths;
}

/** Threads of the WebAssembly that runs, by device: each has its own. */
const threadsRunning = new Map<WebDevice, number>();

/** The last call into each device's WebAssembly, over or not. */
const lastCall = new Map<WebDevice, Promise<unknown>>();

/**
 * Begins a call when the one before it has ended: while WebGPU computes, the WebAssembly is suspended in the middle of a call and
 * cannot be entered again.
 */
function inTurn<T>(device: WebDevice, call: () => Promise<T>): Promise<T> {
  // Whether the call before failed is told to whoever made it.
  const result = (lastCall.get(device) ?? Promise.resolve()).then(call, call);
  lastCall.set(device, result);
  return result;
}

/** What browsers and Node say of the page or program. */
interface Surroundings {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly gpu?: { requestAdapter(): Promise<unknown> } };
}

function unavailable(what: string, advice: string, cause?: unknown): HalfstepError {
  return new HalfstepError("device-unavailable", `device: ${what}; ${advice}`, { cause });
}

async function checkDevice(device: WebDevice, threads: number): Promise<void> {
  const { navigator, crossOriginIsolated = typeof SharedArrayBuffer !== "undefined" } = globalThis as Surroundings;
  if (threads > 1 && !crossOriginIsolated) {
    throw unavailable(
      `got ${threads} threads of WebAssembly in a page that is not cross-origin isolated, expected 1`,
      "serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or ask for 1 thread",
    );
  }
  const running = threadsRunning.get(device);
  if (running !== undefined && running !== threads) {
    throw unavailable(
      `got ${threads} threads of WebAssembly, expected the ${running} that the first codec of the page asked for`,
      "ask for as many, or load the page anew",
    );
  }
  if (device !== "webgpu") return;
  if (!(await navigator?.gpu?.requestAdapter())) {
    throw unavailable(
      'got "webgpu", expected a browser with WebGPU and a graphics card that it accepts',
      'take the device "wasm"',
    );
  }
}

const load = (device: WebDevice) =>
  device === "webgpu" ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm");

/**
 * Loads an ONNX model.
 *
 * @throws {RangeError} for a thread count below 1, and onnxruntime's error for a model that it refuses.
 * @throws {HalfstepError} `device-unavailable` if there is no WebGPU, or if there cannot be so many threads;
 *   `runtime-unavailable` if the package onnxruntime-web or its WebAssembly does not load.
 */
export async function openWebSession(model: Uint8Array, options: WebSessionOptions = {}): Promise<Session> {
  const { threads = 1, device = "wasm", wasmPaths } = options;
  checkThreads(threads);
  await checkDevice(device, threads);
  try {
    const ort = await load(device);
    ort.env.wasm.numThreads = threads;
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
    const create = () =>
      ort.InferenceSession.create(device === "webgpu" ? withLeadingPadding(model) : model, {
        executionProviders: [device],
        executionMode: "sequential",
        graphOptimizationLevel: "all",
        logSeverityLevel: 3,
      });
    const session = arraySession(await inTurn(device, create), ort.Tensor);
    threadsRunning.set(device, threads);
    return {
      ...session,
      run: (feeds, into) => inTurn(device, () => session.run(feeds, into)),
      close: () => inTurn(device, () => session.close()),
    };
  } catch (error) {
    throw new HalfstepError(
      "runtime-unavailable",
      `onnxruntime-web: got an error (${(error as Error).message}), expected it to load and to open a model; install onnxruntime-web and let \`wasmPaths\` point at the folder with its ort-wasm files`,
      { cause: error },
    );
  }
}
