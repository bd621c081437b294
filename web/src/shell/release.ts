/** Ending callbacks that the page handed to a worker. */
import * as Comlink from "comlink";

/** Ends one, in the worker. Until then the page keeps all that the callback refers to, and what its neighbours refer to, such as the levels of a picture. */
export function release(callback: unknown): void {
  (callback as Comlink.ProxyMethods)[Comlink.releaseProxy]();
}
