/** What a page and its workers hold after a collection of garbage, asked by the DevTools protocol of each of their threads. */
import type { CDPSession, Page } from "playwright-core";

/** Bytes of one thread. */
export interface LiveBytes {
  /** Of objects of JavaScript. */
  readonly objects: number;
  /** Of the memory behind arrays, that of WebAssembly for one thread included. */
  readonly arrays: number;
  /** Of bitmaps that are not closed; in a worker, of those that it made and still has. */
  readonly bitmaps: number;
  /** Of WebAssembly's memories, which never shrink; in a worker, of those that it made. */
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

/**
 * Runs in a worker before its own script: remembers the bitmaps and memories that it makes, without holding them. (Chromium 156.0.8078.108 never answers
 * `Runtime.queryObjects` in a worker, nor anything that it is asked there afterwards.)
 */
const REMEMBER = `(() => {
  const [bitmaps, memories] = [[], []];
  const make = self.createImageBitmap;
  self.createImageBitmap = async (...given) => {
    const bitmap = await make(...given);
    bitmaps.push(new WeakRef(bitmap));
    return bitmap;
  };
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(target, given) {
      const memory = new target(...given);
      memories.push(new WeakRef(memory));
      return memory;
    },
  });
  const alive = (list) => list.map((one) => one.deref()).filter((one) => one !== undefined);
  self.liveBytes = () => ({
    bitmaps: alive(bitmaps).reduce((sum, { width, height }) => sum + 4 * width * height, 0),
    wasm: alive(memories).reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
  });
})()`;

type OutsideTheHeap = Pick<LiveBytes, "bitmaps" | "wasm">;

async function outsideTheHeapOfPage(send: Send): Promise<OutsideTheHeap> {
  return {
    bitmaps: await sumOver(send, "ImageBitmap.prototype", "(sum, { width, height }) => sum + 4 * width * height"),
    wasm: await sumOver(send, "WebAssembly.Memory.prototype", "(sum, { buffer }) => sum + buffer.byteLength"),
  };
}

async function outsideTheHeapOfWorker(send: Send): Promise<OutsideTheHeap> {
  const found = await send("Runtime.evaluate", { expression: "liveBytes()", returnByValue: true });
  return (found as { readonly result: { readonly value: OutsideTheHeap } }).result.value;
}

async function countIn(send: Send, outsideTheHeap: (send: Send) => Promise<OutsideTheHeap>): Promise<LiveBytes> {
  await send("HeapProfiler.collectGarbage");
  const { bitmaps, wasm } = await outsideTheHeap(send);
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
    const send: Send = (method, parameters = {}) =>
      new Promise((resolve, reject) => {
        const id = count++;
        waiting.set(id, ({ result, error }) =>
          error === undefined ? resolve(result) : reject(new Error(JSON.stringify(error))),
        );
        const message = JSON.stringify({ id, method, params: parameters });
        session.send("Target.sendMessageToTarget", { sessionId, message }).catch(reject);
      });
    workers.set(name, send);
    void send("Runtime.evaluate", { expression: REMEMBER }).then(() => send("Runtime.runIfWaitingForDebugger"));
  });
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const answer = JSON.parse(message) as Answer & { readonly id?: number };
    // Without a number it is an event.
    if (answer.id === undefined) return;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: false });
  return workers;
}

/** Makes a counter for a page, and loads the page again, so that nothing is made unseen. It counts in the workers that the page has when it is asked. */
export async function liveByteCounter(page: Page): Promise<LiveByteCounter> {
  const address = page.url();
  await page.goto("about:blank");
  const session = await page.context().newCDPSession(page);
  const workers = await workersOf(session);
  await page.goto(address);
  return {
    async count() {
      const own: Send = (method, parameters) => session.send(method as never, parameters as never);
      const counts: Record<string, LiveBytes> = { page: await countIn(own, outsideTheHeapOfPage) };
      for (const [name, send] of workers) counts[name] = await countIn(send, outsideTheHeapOfWorker);
      return counts;
    },
  };
}
