/**
 * Runs ONNX models by onnxruntime-web: as WebAssembly in a browser or on Node, or on a graphics card through a browser's WebGPU. The package is loaded
 * when the first session is opened, and only the half that the device needs.
 */
import { checkOneOf } from "../../arguments.ts";
import { HalfstepError } from "../../errors.ts";
import { withLeadingPadding } from "../onnx/leading-padding.ts";
import type { Session } from "../session.ts";
import { arraySession, checkThreads } from "./array-session.ts";

const WEB_DEVICES = ["wasm", "webgpu"] as const;
/** Where a model can run in a browser: on the processor as WebAssembly, or on a graphics card by WebGPU. */
export type WebDevice = (typeof WEB_DEVICES)[number];

/** Where the files `ort-wasm-*` of onnxruntime-web are: the address of their folder, ending in "/", or the addresses of the two files. */
export type WasmPaths = string | { readonly mjs?: string; readonly wasm?: string };

/** Options of {@link openWebSession}. */
export interface WebSessionOptions {
  /**
   * Threads of the WebAssembly, at least 1. Default 1. More than one needs a page that is cross-origin isolated. The first session of a page or worker
   * decides for all others there.
   */
  readonly threads?: number;
  /** Default "wasm". */
  readonly device?: WebDevice;
  /** Default: beside the script, where onnxruntime-web looks by itself. The first session of a page or worker decides for all others there. */
  readonly wasmPaths?: WasmPaths;
  /**
   * Address of onnxruntime-web's script for the device: of its `dist/ort.wasm.bundle.min.mjs`, or `dist/ort.webgpu.bundle.min.mjs`. Default: what a bundler
   * brings along; a codec in a worker asks the page's import map first.
   */
  readonly runtimeAddress?: string;
}

/** How many threads a device's WebAssembly has, and how many calls have started it or are about to. */
interface ThreadClaim {
  readonly threads: number;
  holders: number;
}

/** Each device has a WebAssembly of its own. */
const claims = new Map<WebDevice, ThreadClaim>();

/** The last call into each device's WebAssembly, finished or not. */
const lastCall = new Map<WebDevice, Promise<unknown>>();

/**
 * Begins a call when the one before has ended. While WebGPU computes, the WebAssembly is suspended in the middle of a call and cannot be entered
 * again.
 */
function inTurn<T>(device: WebDevice, call: () => Promise<T>): Promise<T> {
  // If the call before failed, its caller gets the error.
  const result = (lastCall.get(device) ?? Promise.resolve()).then(call, call);
  lastCall.set(device, result);
  return result;
}

/** What browsers and Node say about the page or program. */
interface Surroundings {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly gpu?: { requestAdapter(): Promise<unknown> } };
}

function unavailable(what: string, advice: string, cause?: unknown): HalfstepError {
  return new HalfstepError("device-unavailable", `device: ${what}; ${advice}`, { cause });
}

/**
 * Claims a device's WebAssembly for a number of threads. It waits for nothing; otherwise two calls could both be the first.
 * @returns a function that takes the claim back if the WebAssembly did not start
 */
function claimThreads(device: WebDevice, threads: number): () => void {
  const { crossOriginIsolated = typeof SharedArrayBuffer !== "undefined" } = globalThis as Surroundings;
  if (threads > 1 && !crossOriginIsolated) {
    throw unavailable(
      `got ${threads} threads of WebAssembly in a page that is not cross-origin isolated, expected 1`,
      "serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or ask for 1 thread",
    );
  }
  const claim = claims.get(device) ?? { threads, holders: 0 };
  if (claim.threads !== threads) {
    throw unavailable(
      `got ${threads} threads of WebAssembly, expected the ${claim.threads} that the first codec of the page asked for`,
      "ask for as many, or load the page again",
    );
  }
  claims.set(device, claim);
  claim.holders++;
  return () => {
    claim.holders--;
    if (claim.holders === 0) claims.delete(device);
  };
}

async function checkGraphicsCard(): Promise<void> {
  const { navigator } = globalThis as Surroundings;
  if (!(await navigator?.gpu?.requestAdapter())) {
    throw unavailable(
      'got "webgpu", expected a browser with WebGPU and a graphics card that it accepts',
      'take the device "wasm"',
    );
  }
}

/** The beginning of onnxruntime's message if its WebAssembly does not start. It is loaded for the first session. */
const NOT_STARTED = "no available backend found";

function notLoaded(error: unknown): HalfstepError {
  return new HalfstepError(
    "runtime-unavailable",
    `onnxruntime-web: got an error (${messageOf(error)}), expected it to load; install onnxruntime-web, let \`wasmPaths\` point at the folder with its ort-wasm files, and see that there is memory for them; then load the page again, because a failed attempt is remembered`,
    { cause: error },
  );
}

/** The error for a model that a running runtime does not open: on the processor that of onnxruntime, as on Node. */
function notOpened(device: WebDevice, error: unknown): unknown {
  if (device === "wasm") return error;
  return unavailable(
    `got "${device}", expected one that opens the model (onnxruntime says: ${messageOf(error)})`,
    'free its memory, or take the device "wasm"',
    error,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @param address of the script; undefined: as a bundler, or Node, finds it by its name */
function load(device: WebDevice, address?: string): Promise<typeof import("onnxruntime-web/wasm")> {
  if (address !== undefined) return import(/* @vite-ignore */ /* webpackIgnore: true */ address);
  return device === "webgpu" ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm");
}

/**
 * Loads an ONNX model.
 *
 * @throws {RangeError} for an unknown device, a thread count below 1, and on "wasm" onnxruntime's error for a model that it refuses or has no
 *   memory for.
 * @throws {HalfstepError} `device-unavailable` if there is no WebGPU or it does not take the model, or if there cannot be so
 *   many threads; `runtime-unavailable` if the package onnxruntime-web or its WebAssembly does not load.
 */
export async function openWebSession(model: Uint8Array, options: WebSessionOptions = {}): Promise<Session> {
  const { threads = 1, device = "wasm", wasmPaths, runtimeAddress } = options;
  checkOneOf(device, WEB_DEVICES, "device");
  checkThreads(threads);
  const giveBack = claimThreads(device, threads);
  let started = false;
  try {
    if (device === "webgpu") await checkGraphicsCard();
    const ort = await load(device, runtimeAddress).catch((error: unknown) => {
      throw notLoaded(error);
    });
    ort.env.wasm.numThreads = threads;
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
    const bytes = device === "webgpu" ? withLeadingPadding(model) : model;
    const create = () =>
      ort.InferenceSession.create(bytes, {
        executionProviders: [device],
        executionMode: "sequential",
        graphOptimizationLevel: "all",
        logSeverityLevel: 3,
      });
    const created = await inTurn(device, create).catch((error: unknown) => {
      if (messageOf(error).startsWith(NOT_STARTED)) throw notLoaded(error);
      started = true;
      throw notOpened(device, error);
    });
    const session = arraySession(created, ort.Tensor);
    return {
      ...session,
      run: (feeds) => inTurn(device, () => session.run(feeds)),
      close: () => inTurn(device, () => session.close()),
    };
  } catch (error) {
    if (!started) giveBack();
    throw error;
  }
}
