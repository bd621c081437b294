/**
 * The workers of the codec view. They are started when they are first needed. To cancel a call, its worker is ended, because neither an encoder of WebAssembly
 * nor the codec stops in the middle.
 */
import * as Comlink from "comlink";
import type { CodecWorker } from "./codec-worker.ts";
import type { PicturesWorker } from "./pictures-worker.ts";

/** A worker that starts when it is needed. */
class LazyWorker<Api> {
  readonly #make: () => Worker;
  #running: RunningWorker<Api> | null = null;

  constructor(make: () => Worker) {
    this.#make = make;
  }

  /** Whether it runs. */
  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Runs a call in the worker. @throws {Error} what the call throws; also if the worker does not load, or is ended meanwhile */
  call<Result>(run: (api: Comlink.Remote<Api>) => Promise<Result>): Promise<Result> {
    this.#running ??= this.#start();
    const { api, waiting } = this.#running;
    // No race with a promise that lives as long as the worker: that one would keep the result of every call.
    return new Promise<Result>((resolve, reject) => {
      waiting.add(reject);
      run(api)
        .then(resolve, reject)
        .finally(() => waiting.delete(reject));
    });
  }

  /** Ends the worker and what it does; the next call starts another. */
  end(): void {
    if (this.#running === null) return;
    this.#running.worker.dispatchEvent(new ErrorEvent("error", { message: ENDED }));
  }

  #start(): RunningWorker<Api> {
    const worker = this.#make();
    const waiting = new Set<(error: Error) => void>();
    worker.addEventListener("error", (event) => {
      worker.terminate();
      this.#running = null;
      const ended = new WorkerEnded(event.message || "a part of the page did not load; load the page again");
      for (const reject of waiting) reject(ended);
    });
    return { worker, api: Comlink.wrap<Api>(worker), waiting };
  }
}

interface RunningWorker<Api> {
  readonly worker: Worker;
  readonly api: Comlink.Remote<Api>;
  /** What ends the calls that wait for an answer. */
  readonly waiting: Set<(error: Error) => void>;
}

const ENDED = "stopped";

/** The worker of a call was ended, or did not load. */
export class WorkerEnded extends Error {
  override readonly name = "WorkerEnded";
  /** Whether somebody asked for it. */
  get wasAsked(): boolean {
    return this.message === ENDED;
  }
}

/** The codec's. */
export const codecWorker: LazyWorker<CodecWorker> = new LazyWorker<CodecWorker>(
  () => new Worker(new URL("./codec-worker.ts", import.meta.url), { type: "module", name: "codec" }),
);

/** That of pictures and other formats. */
export const picturesWorker: LazyWorker<PicturesWorker> = new LazyWorker<PicturesWorker>(
  () => new Worker(new URL("./pictures-worker.ts", import.meta.url), { type: "module", name: "pictures" }),
);
