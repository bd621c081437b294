/**
 * A run's training, on its way between a worker's own disk and the store. A worker trains in a folder of its own. The store has the layout of
 * a sweep's folder:
 *
 *   begun/<id>.safetensors  the state after the last checkpoint, one object, so that two writers cannot mix theirs
 *   runs/<id>/              the training of a run that is over, as `halfstep train` keeps it
 *   results/<id>.json       its result, stored once
 *   weights/<sha256>        beside the sweeps: files of weights that runs begin with
 *
 * A worker that was wrongly taken for dead may go on writing. That does no harm: it writes what another worker would write, or an earlier state.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeFolder, writeFileAtomic } from "../../atomic-file.ts";
import { HalfstepError } from "../../errors.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../../safetensors.ts";
import { TEMPORARY_ENDING } from "../../train/replace-file.ts";
import { LOCK_FILE } from "../../train/run-lock.ts";
import { type RunResult, runResultSchema } from "../../train/sweep/run-result.ts";
import type { Store } from "../store/store.ts";

/** Files of a run, by the names that training gives them; a state from elsewhere may hold no others. */
const RUN_FILE = /^(config\.json|latest\.json|metrics\.jsonl|checkpoint-\d{8,}\.(json|safetensors))$/;
/** Says which checkpoints count, and so is stored last. */
const LATEST_FILE = "latest.json";

/** The keys of a sweep's runs. @param place folder of the sweep in the store */
export class SweepPlaces {
  readonly place: string;

  constructor(place: string) {
    this.place = place;
  }

  /** Folder of all results. */
  get results(): string {
    return `${this.place}/results`;
  }

  result(id: string): string {
    return `${this.results}/${id}.json`;
  }

  begun(id: string): string {
    return `${this.place}/begun/${id}.safetensors`;
  }

  run(id: string): string {
    return `${this.place}/runs/${id}`;
  }
}

/** The key of a file of weights. */
export function weightsKey(sha256: string): string {
  return `weights/${sha256}.safetensors`;
}

/** Names and contents of a run's files, read at one moment: no step may be taken meanwhile. */
export function readRunFiles(folder: string): ReadonlyMap<string, Uint8Array> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => isRunFile(name)) : [];
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
}

/** Whether training left something to go on from. */
export function hasCheckpoint(files: ReadonlyMap<string, Uint8Array>): boolean {
  return files.has(LATEST_FILE);
}

/** Stores the state of a run that is not over. */
export async function storeBegun(store: Store, key: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const tensors = [...files].map(([name, data]): [string, SafeTensor] => [
    name,
    { dtype: "U8", shape: [data.length], data },
  ]);
  await store.put(key, writeSafetensors(new Map(tensors), { format: "halfstep-begun-run" }));
}

/**
 * Brings the state of a run into an empty folder: what a worker stored, or what `halfstep sweep` without a queue left in the sweep's folder.
 * @returns whether there was one
 */
export async function restoreRun(store: Store, places: SweepPlaces, id: string, folder: string): Promise<boolean> {
  const bytes = await store.get(places.begun(id));
  if (bytes === undefined) return fetchRun(store, places, id, folder);
  const files = new Map<string, Uint8Array>();
  for (const [name, tensor] of readSafetensors(bytes).tensors) {
    if (!isRunFile(name) || tensor.dtype !== "U8") {
      throw new HalfstepError(
        "bad-begun-run",
        `store ${store.name}: "${places.begun(id)}": got a part ${JSON.stringify(name)}, expected the files of a run; delete it to begin the run again`,
      );
    }
    files.set(name, tensor.data);
  }
  writeFiles(folder, files);
  return true;
}

/** Brings the folder of a run that the store has into an empty one. @returns whether there was a checkpoint */
export async function fetchRun(store: Store, places: SweepPlaces, id: string, folder: string): Promise<boolean> {
  const latest = await store.get(`${places.run(id)}/${LATEST_FILE}`);
  if (latest === undefined) return false;
  const files = new Map<string, Uint8Array>();
  for await (const { key } of store.list(places.run(id))) {
    const name = key.slice(places.run(id).length + 1);
    const bytes = isRunFile(name) ? await store.get(key) : undefined;
    if (bytes !== undefined) files.set(name, bytes);
  }
  writeFiles(folder, files);
  return true;
}

/** Stores the folder of a run that is over, and forgets how it was begun. */
export async function storeFinished(store: Store, places: SweepPlaces, id: string, folder: string): Promise<void> {
  const files = [...readRunFiles(folder)].sort(([a], [b]) => Number(a === LATEST_FILE) - Number(b === LATEST_FILE));
  for (const [name, bytes] of files) await store.put(`${places.run(id)}/${name}`, bytes);
  await store.delete(places.begun(id));
}

/** The result of a run, or undefined while it is not over. @throws HalfstepError "bad-result" */
export async function readStoredResult(store: Store, places: SweepPlaces, id: string): Promise<RunResult | undefined> {
  const bytes = await store.get(places.result(id));
  if (bytes === undefined) return undefined;
  try {
    return runResultSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    const problem = `store ${store.name}: "${places.result(id)}": got a damaged result; delete it to make it again`;
    throw new HalfstepError("bad-result", problem, { cause: error });
  }
}

/** Brings a file of weights to this machine. @throws HalfstepError "bad-weights" when it is not there, or is another */
export async function fetchWeights(store: Store, sha256: string, folder: string): Promise<string> {
  const file = path.join(folder, `${sha256}.safetensors`);
  if (!existsSync(file)) {
    makeFolder(folder);
    const bytes = await store.get(weightsKey(sha256));
    const found = bytes === undefined ? "nothing" : createHash("sha256").update(bytes).digest("hex");
    if (bytes === undefined || found !== sha256) {
      const problem = `store ${store.name}: "${weightsKey(sha256)}": got ${found}, expected weights with that hash`;
      throw new HalfstepError("bad-weights", `${problem}; put the plan on the queue again`);
    }
    await writeFileAtomic(file, bytes, { force: true });
  }
  return file;
}

function isRunFile(name: string): boolean {
  return RUN_FILE.test(name) && name !== LOCK_FILE && !name.endsWith(TEMPORARY_ENDING);
}

function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  makeFolder(folder);
  for (const [name, bytes] of files) writeFileSync(path.join(folder, name), bytes);
}
