/**
 * A store that is a folder: of this machine, or one that all machines mount (NFS, SMB, a volume of containers). Objects appear by a rename. It
 * writes below its folder and nowhere else: a link that leads out of it is refused.
 */
import { constants, copyFileSync, linkSync, realpathSync, statSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { cannotWrite, makeFolder, removingAfter, writeFileAtomic } from "../../atomic-file.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import { checkKey, type Store, type StoredObject, storeFailed } from "./store.ts";

/** Names that files have while they are written. */
const TEMPORARY = /^\.halfstep-|\.partial$/;

/** A folder as a store. */
export class FolderStore implements Store {
  readonly name: string;
  readonly localFolder: string;
  readonly #root: string;

  /** @throws {UsageError} `no-store` when the folder is not there: a forgotten mount must not become a folder of one machine alone */
  constructor(folder: string) {
    this.name = `"${folder}"`;
    this.localFolder = path.resolve(folder);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new UsageError(
        "no-store",
        `store ${this.name}: got no folder with that name, expected the folder that all machines share; mount it, or make it`,
      );
    }
    this.#root = realpathSync(folder);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#reading(key, () => readFile(this.#path(key)));
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await writeFileAtomic(this.#pathToWrite(key), bytes, { force: true });
  }

  async putNew(key: string, bytes: Uint8Array): Promise<boolean> {
    try {
      await writeFileAtomic(this.#pathToWrite(key), bytes);
      return true;
    } catch (error) {
      if (error instanceof UsageError && error.code === "output-exists") return false;
      throw error;
    }
  }

  async putFile(key: string, file: string): Promise<void> {
    const target = this.#pathToWrite(key);
    if ((await this.#reading(key, () => stat(target))) !== undefined) return;
    // Under another name until it is whole: a file of gigabytes is copied for minutes.
    const temporary = `${target}.${process.pid}.partial`;
    await removingAfter(temporary, async () => {
      try {
        copyFileSync(file, temporary, constants.COPYFILE_FICLONE);
        linkSync(temporary, target);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw cannotWrite(target, error);
      }
    });
  }

  async getFile(key: string, file: string): Promise<boolean> {
    const bytes = await this.get(key);
    if (bytes !== undefined) await writeFileAtomic(file, bytes, { force: true });
    return bytes !== undefined;
  }

  async *list(folder: string): AsyncIterable<StoredObject> {
    const entries = await this.#reading(folder, () => readdir(this.#path(folder), { withFileTypes: true }));
    const sorted = (entries ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of sorted) {
      const key = `${folder}/${entry.name}`;
      if (entry.isDirectory()) yield* this.list(key);
      else if (entry.isFile() && !TEMPORARY.test(entry.name)) {
        const found = await this.#reading(key, () => stat(this.#path(key)));
        if (found !== undefined) yield { key, bytes: found.size };
      }
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  close(): void {
    // A folder holds nothing open.
  }

  #path(key: string): string {
    return path.join(this.#root, ...checkKey(key).split("/"));
  }

  /** The path, whose folder is made; refuses one that a link has put elsewhere. */
  #pathToWrite(key: string): string {
    const target = this.#path(key);
    const folder = path.dirname(target);
    this.#refuseOutside(nearestExisting(folder), key);
    makeFolder(folder);
    return target;
  }

  #refuseOutside(folder: string, key: string): void {
    const relative = path.relative(this.#root, realpathSync(folder));
    if (relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)) return;
    throw new HalfstepError(
      "bad-key",
      `store ${this.name}: got the key "${key}", which a link leads out of the store, expected a place below it; remove the link`,
    );
  }

  /** What `read` gives; undefined where nothing is. */
  async #reading<Result>(key: string, read: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await read();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      if (error instanceof HalfstepError) throw error;
      throw storeFailed(this.name, `"${key}" cannot be read (${code})`, "check the folder and its mount", error);
    }
  }
}

function nearestExisting(folder: string): string {
  return statSync(folder, { throwIfNoEntry: false }) === undefined ? nearestExisting(path.dirname(folder)) : folder;
}
