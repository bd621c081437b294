/** The script of the worker in which the codec of a page runs (`worker-codec.ts`). It is also an entry of the package, for bundlers that do not find workers. */
import { serveCodec } from "../remote/serve-codec.ts";
import { createDirectCodec, type DirectCodecOptions } from "./direct-codec.ts";

/** What the worker needs to open a codec. */
export interface WorkerOpening {
  readonly modelBytes: Uint8Array;
  readonly options: DirectCodecOptions;
}

/** The part of a worker's global scope that is used. */
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
