/** Packed images in a store, under their identity: `images/<hash>/`, as `halfstep data pack` writes them. */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { makeFolder } from "../../atomic-file.ts";
import { HalfstepError } from "../../errors.ts";
import { MANIFEST_FILE } from "../../train/data/manifest.ts";
import { PackedDataset } from "../../train/data/packed-dataset.ts";
import type { Store } from "../store/store.ts";

const imagesKey = (dataHash: string): string => `images/${dataHash}`;

/** Whether the store has all of the images. */
async function hasImages(store: Store, dataHash: string): Promise<boolean> {
  return (await store.get(`${imagesKey(dataHash)}/${MANIFEST_FILE}`)) !== undefined;
}

/** Puts packed images into the store, unless they are there. */
export async function storeImages(store: Store, dataHash: string, folder: string): Promise<void> {
  if (await hasImages(store, dataHash)) return;
  const names = readdirSync(folder).filter((name) => /^shard-\d+\.rgb$/.test(name));
  // The manifest last: where it is, all is.
  for (const name of [...names, MANIFEST_FILE]) {
    await store.putFile(`${imagesKey(dataHash)}/${name}`, path.join(folder, name));
  }
}

/**
 * A folder of this machine with the images: the store's own, if that is a folder, otherwise a copy, made once and checked.
 * @param folder where copies are kept
 * @throws HalfstepError "missing-dataset" when the store has none with this identity; "bad-dataset" when they are damaged
 */
export async function fetchImages(store: Store, dataHash: string, folder: string): Promise<string> {
  const key = imagesKey(dataHash);
  if (!(await hasImages(store, dataHash))) {
    throw new HalfstepError(
      "missing-dataset",
      `store ${store.name}: got no images at "${key}", expected those that the runs are trained on; put the plan on the queue again with --data`,
    );
  }
  if (store.localFolder !== undefined) return checked(path.join(store.localFolder, key), dataHash, false);
  const target = path.join(folder, dataHash);
  if (existsSync(target)) return target;
  makeFolder(folder);
  const temporary = mkdtempSync(path.join(folder, "images-"));
  try {
    for await (const object of store.list(key)) {
      const name = object.key.slice(key.length + 1);
      if (name === MANIFEST_FILE || /^shard-\d+\.rgb$/.test(name))
        await store.getFile(object.key, path.join(temporary, name));
    }
    checked(temporary, dataHash, true);
    // Another run of this process may have brought them meanwhile.
    if (!existsSync(target)) renameSync(temporary, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return target;
}

/** @throws HalfstepError "bad-dataset" when the images are others than their place says, or damaged */
function checked(folder: string, dataHash: string, isCopy: boolean): string {
  const dataset = PackedDataset.open(folder);
  try {
    const found = dataset.contentHash();
    if (found !== dataHash) {
      const problem = `packed images "${folder}": got the hash ${found.slice(0, 12)}, expected ${dataHash.slice(0, 12)}`;
      throw new HalfstepError(
        "bad-dataset",
        `${problem}; delete them, and put the plan on the queue again with --data`,
      );
    }
    if (isCopy) dataset.verify();
  } finally {
    dataset.close();
  }
  return folder;
}
