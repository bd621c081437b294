/** The script of the worker in which a page has its codec (`worker-codec.ts`). Also an entry of the package, for bundlers that must be told of workers. */
import { serveCodec } from "../remote/serve-codec.ts";
import { createDirectCodec, type DirectCodecOptions } from "./direct-codec.ts";

/** What the worker opens a codec of. */
export interface WorkerOpening {
  readonly modelBytes: Uint8Array;
  readonly options: DirectCodecOptions;
}

/** What is used of the global scope of a worker. */
interface WorkerScope {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const served = serveCodec<WorkerOpening>(
  (message, transfer) => scope.postMessage(message, transfer),
  ({ modelBytes, options }) => createDirectCodec(modelBytes, options),
);
scope.addEventListener("message", ({ data }) => served.receive(data));
