/** A sweep in a store, seen as a folder. It is made for reading results. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { IMAGES_FILE, SweepFolder } from "../../train/sweep/sweep-folder.ts";
import type { Store } from "../store/store.ts";
import { SweepPlaces } from "./stored-run.ts";

/** Objects that are fetched at once. */
const AT_ONCE = 16;

/**
 * Notes which images the runs of a sweep are trained on, the first time, and compares after that.
 * @throws UsageError "other-images", as for a folder
 */
export async function noteImages(store: Store, place: string, dataHash: string): Promise<void> {
  const key = `${place}/${IMAGES_FILE}`;
  await withSweepFolder(store, place, async (folder) => {
    folder.make();
    if (store.localFolder !== undefined) return folder.checkImages(dataHash);
    const file = path.join(folder.folder, IMAGES_FILE);
    await store.getFile(key, file);
    folder.checkImages(dataHash);
    await store.putNew(key, readFileSync(file));
  });
}

/**
 * Gives `look` the folder of a sweep: the one in the store, if that is a folder; otherwise a temporary one with the results alone.
 * @param place folder of the sweep in the store
 */
export async function withSweepFolder<Seen>(
  store: Store,
  place: string,
  look: (folder: SweepFolder) => Promise<Seen> | Seen,
): Promise<Seen> {
  if (store.localFolder !== undefined) return look(new SweepFolder(path.join(store.localFolder, place)));
  const temporary = mkdtempSync(path.join(tmpdir(), "halfstep-sweep-"));
  try {
    const folder = new SweepFolder(temporary);
    folder.make();
    const keys: string[] = [];
    for await (const { key } of store.list(new SweepPlaces(place).results)) if (key.endsWith(".json")) keys.push(key);
    const fetchAll = async (): Promise<void> => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        await store.getFile(key, path.join(temporary, "results", path.posix.basename(key)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, fetchAll));
    return await look(folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
