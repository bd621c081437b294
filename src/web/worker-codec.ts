/** A codec in a worker of its own. The thread that draws the page stays free while the codec opens, encodes and decodes. */
import type { ImageCodec } from "../codec/image-codec.ts";
import type { ModelInfo } from "../codec/model/model-info.ts";
import { mappedRuntime } from "../engine/runtime/runtime-address.ts";
import type { WasmPaths } from "../engine/runtime/web-session.ts";
import { HalfstepError } from "../errors.ts";
import { remoteCodec } from "../remote/remote-codec.ts";
import type { WorkerOpening } from "./codec-worker.ts";
import type { DirectCodecOptions } from "./direct-codec.ts";

/** The part of a page's `Worker` that is used. */
interface PageWorker {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "error" | "messageerror", listener: (event: { readonly message?: string }) => void): void;
  terminate(): void;
}

declare const Worker: new (address: string | URL, options: { readonly type: "module" }) => PageWorker;

/** Whether this is the thread of a page that can have workers. */
export function canHaveWorker(): boolean {
  return typeof Worker === "function" && "document" in globalThis;
}

/** @param address of the worker's script. Default: where the package has it, or a bundler that knows `new Worker(new URL(...))` puts it */
function startWorker(address?: string): PageWorker {
  if (typeof Worker !== "function") {
    throw new HalfstepError(
      "worker-unavailable",
      "createCodec: got an environment without workers, expected a page; compute in the thread that asks by `worker: false`",
    );
  }
  // Bundlers look for exactly these words.
  if (address === undefined) return new Worker(new URL("./codec-worker.js", import.meta.url), { type: "module" });
  return new Worker(address, { type: "module" });
}

/** An address in absolute form, because the worker has another base address. */
function absolute(address: string): string {
  const { document } = globalThis as { readonly document?: { readonly baseURI: string } };
  return document === undefined ? address : new URL(address, document.baseURI).href;
}

/** The options with addresses that a worker understands, and with addresses that only a page can look up. */
function withAbsoluteAddresses({ wasmPaths, runtimeAddress, ...options }: DirectCodecOptions): DirectCodecOptions {
  const runtime = runtimeAddress === undefined ? mappedRuntime(options.device ?? "wasm") : absolute(runtimeAddress);
  return {
    ...options,
    ...(wasmPaths !== undefined && { wasmPaths: absolutePaths(wasmPaths) }),
    ...(runtime !== undefined && { runtimeAddress: runtime }),
  };
}

function absolutePaths(wasmPaths: WasmPaths): WasmPaths {
  if (typeof wasmPaths === "string") return absolute(wasmPaths);
  const { mjs, wasm } = wasmPaths;
  return { ...(mjs === undefined ? {} : { mjs: absolute(mjs) }), ...(wasm && { wasm: absolute(wasm) }) };
}

/**
 * Makes a codec in a worker.
 * @param bytes of the model file. Their memory moves to the worker
 * @param address of the worker's script, see {@link startWorker}
 * @throws as `createCodec` of `web.ts`
 */
export function createWorkerCodec(
  bytes: Uint8Array<ArrayBuffer>,
  options: DirectCodecOptions,
  address?: string,
): Promise<ImageCodec & { readonly model: ModelInfo }> {
  const worker = startWorker(address);
  let isStarted = false;
  const remote = remoteCodec<WorkerOpening>({
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => worker.terminate(),
  });
  worker.addEventListener("message", ({ data }) => {
    isStarted = true;
    remote.receive(data);
  });
  const fail = ({ message }: { readonly message?: string }): void => {
    worker.terminate();
    remote.fail(
      isStarted
        ? new HalfstepError(
            "worker-failed",
            `codec: got an error of its worker (${message ?? "no message"}), expected it to go on; make a new codec, with fewer pixels at a time if memory was short`,
          )
        : new HalfstepError(
            "worker-unavailable",
            `createCodec: got no worker (${message ?? "its script did not load"}), expected its script beside the page's; name the address of the bundled halfstep/web-worker by the option \`worker\`, or compute in the page's thread by \`worker: false\``,
          ),
    );
  };
  worker.addEventListener("error", fail);
  worker.addEventListener("messageerror", fail);
  return remote.open({ modelBytes: bytes, options: withAbsoluteAddresses(options) }, options, [bytes.buffer]);
}
