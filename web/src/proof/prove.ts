/** The proof: every engine of the browser writes a file, and every engine reads every file. */
import * as Comlink from "comlink";
import type { CodecPlace } from "../codec/codec-places.ts";
import { errorText } from "../shell/words.ts";
import type { ProofWorker, ReadIntegers, Written } from "./proof-worker.ts";

/** An engine. If it is missing, the reason is told. */
export interface Engine {
  readonly name: string;
  readonly place: CodecPlace;
  readonly missing: string | null;
}

/** What one engine wrote, and what each engine read from it. */
export interface ProofRow {
  readonly writer: string;
  readonly written: Written;
  readonly read: ReadonlyMap<string, ReadIntegers>;
}

/** How far the proof is. */
export interface ProofProgress {
  readonly rows: readonly ProofRow[];
  /** What is being done, in words; null at the end. */
  readonly step: string | null;
  /** Engines that did not start, with the reason. */
  readonly failed: ReadonlyMap<string, string>;
}

interface WithGpu {
  readonly gpu?: { requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null> };
}

/** All engines, also those that this browser lacks. */
export async function findEngines(): Promise<readonly Engine[]> {
  const threads = Math.max(2, Math.min(4, navigator.hardwareConcurrency));
  const adapter = await (navigator as WithGpu).gpu?.requestAdapter().catch(() => null);
  return [
    { name: "WebAssembly, one thread", place: { device: "wasm", threads: 1 }, missing: null },
    {
      name: `WebAssembly, ${threads} threads`,
      place: { device: "wasm", threads },
      missing: crossOriginIsolated ? null : "this host does not send the two headers that threads need",
    },
    {
      name: adapter?.info?.isFallbackAdapter === true ? "WebGPU, in software" : "WebGPU",
      place: { device: "webgpu", threads: 1 },
      missing: adapter ? null : "this browser has no graphics card for it",
    },
  ];
}

/** Runs the proof. @param onProgress told after every step */
export async function prove(
  pixels: ImageData,
  engines: readonly Engine[],
  onProgress: (progress: ProofProgress) => void,
): Promise<void> {
  const rows: ProofRow[] = [];
  const failed = new Map<string, string>();
  const tell = (step: string | null): void => onProgress({ rows: [...rows], step, failed });
  const running: { readonly name: string; readonly worker: Worker; readonly api: Comlink.Remote<ProofWorker> }[] = [];
  try {
    for (const { name, place, missing } of engines) {
      if (missing !== null) continue;
      tell(`${name} starts`);
      const worker = new Worker(new URL("./proof-worker.ts", import.meta.url), { type: "module", name: "proof" });
      const api = Comlink.wrap<ProofWorker>(worker);
      try {
        await api.open(place);
        running.push({ name, worker, api });
      } catch (error) {
        worker.terminate();
        failed.set(name, errorText(error));
      }
    }
    for (const writer of running) {
      tell(`${writer.name} writes`);
      const written = await writer.api.encode(pixels);
      const read = new Map<string, ReadIntegers>();
      rows.push({ writer: writer.name, written, read });
      for (const reader of running) {
        tell(`${reader.name} reads what ${writer.name} wrote`);
        read.set(reader.name, await reader.api.decode(written.bytes));
      }
    }
    tell(null);
  } finally {
    for (const { worker } of running) worker.terminate();
  }
}

/** Whether all engines read the same integers from every file. */
export function agrees(rows: readonly ProofRow[]): boolean {
  return rows.every(({ read }) => new Set([...read.values()].map(({ hash }) => hash)).size === 1);
}
