/** What a page and its workers hold after a collection of garbage, asked by the DevTools protocol of each of their threads. */
import type { CDPSession, Page } from "playwright-core";

/** Bytes of one thread. */
export interface LiveBytes {
  /** Of objects of JavaScript. */
  readonly objects: number;
  /** Of the memory behind arrays, that of WebAssembly for one thread included. */
  readonly arrays: number;
  /** Of bitmaps that are not closed; 0 for a worker, which is not asked. */
  readonly bitmaps: number;
  /** Of WebAssembly's memories, which never shrink; 0 for a worker, which is not asked. */
  readonly wasm: number;
}

/** Counts. */
export interface LiveByteCounter {
  /** By the names of the threads: "page", and those of its workers. */
  count(): Promise<Readonly<Record<string, LiveBytes>>>;
}

/** Calls a method of the protocol. */
type Send = (method: string, parameters?: object) => Promise<unknown>;

interface RemoteObject {
  readonly objectId: string;
}

/** Adds something up over all objects that have a prototype. */
async function sumOver(send: Send, prototype: string, add: string): Promise<number> {
  const { result } = (await send("Runtime.evaluate", { expression: prototype })) as { readonly result: RemoteObject };
  const { objects } = (await send("Runtime.queryObjects", { prototypeObjectId: result.objectId })) as {
    readonly objects: RemoteObject;
  };
  const summed = (await send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: `function () { return this.reduce(${add}, 0); }`,
    returnByValue: true,
  })) as { readonly result: { readonly value: number } };
  for (const { objectId } of [result, objects]) await send("Runtime.releaseObject", { objectId });
  return summed.result.value;
}

/** @param canList whether objects can be listed there: in a worker, Chromium 156.0.8078.108 never answers that question */
async function countIn(send: Send, canList: boolean): Promise<LiveBytes> {
  const sum = canList ? sumOver : async (): Promise<number> => 0;
  const bitmaps = await sum(send, "ImageBitmap.prototype", "(sum, { width, height }) => sum + 4 * width * height");
  const wasm = await sum(send, "WebAssembly.Memory.prototype", "(sum, { buffer }) => sum + buffer.byteLength");
  await send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize } = (await send("Runtime.getHeapUsage")) as {
    readonly usedSize: number;
    readonly backingStorageSize: number;
  };
  return { objects: usedSize, arrays: backingStorageSize, bitmaps, wasm };
}

interface Answer {
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Ways to the workers of a page: each has a session of its own inside that of the page. */
async function workersOf(session: CDPSession): Promise<ReadonlyMap<string, Send>> {
  const workers = new Map<string, Send>();
  const waiting = new Map<number, (answer: Answer) => void>();
  let count = 0;
  session.on("Target.attachedToTarget", ({ sessionId, targetInfo: { title, url } }) => {
    const name = title === "" || title === url ? (url.split("/").at(-1) ?? url) : title;
    workers.set(
      name,
      (method, parameters = {}) =>
        new Promise((resolve, reject) => {
          const id = count++;
          waiting.set(id, ({ result, error }) =>
            error === undefined ? resolve(result) : reject(new Error(JSON.stringify(error))),
          );
          const message = JSON.stringify({ id, method, params: parameters });
          session.send("Target.sendMessageToTarget", { sessionId, message }).catch(reject);
        }),
    );
  });
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const answer = JSON.parse(message) as Answer & { readonly id?: number };
    // Without a number it is an event.
    if (answer.id === undefined) return;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  return workers;
}

/** Makes a counter for a page; it counts in the workers that the page has when it is asked. */
export async function liveByteCounter(page: Page): Promise<LiveByteCounter> {
  const session = await page.context().newCDPSession(page);
  const workers = await workersOf(session);
  return {
    async count() {
      const own: Send = (method, parameters) => session.send(method as never, parameters as never);
      const counts: Record<string, LiveBytes> = { page: await countIn(own, true) };
      for (const [name, send] of workers) counts[name] = await countIn(send, false);
      return counts;
    },
  };
}
