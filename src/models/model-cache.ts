/**
 * Models that were fetched, on this machine's disk. `models/<identity>.safetensors` are the files as they came. `urls/<SHA-256 of a URL>` holds the
 * identity that the URL gave. URLs themselves are not stored, because they may hold secrets.
 *
 * The SHA-256 of a file is computed whenever it is read. A file that is not what its name says counts as missing. Nothing is fetched again or removed
 * here; the folder may be deleted at any time.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import process from "node:process";
import { makeFolder, writeFileAtomic } from "../atomic-file.ts";
import { HalfstepError } from "../errors.ts";
import { type LoadedModel, loadModelBytes, MODEL_ENDING } from "./loaded-model.ts";

/** What the place of the cache depends on. */
export interface CacheSurroundings {
  /** Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: this machine's. */
  readonly platform?: NodeJS.Platform;
  /** The user's folder. Default: this user's. */
  readonly home?: string;
}

/**
 * The cache's folder: `HALFSTEP_CACHE` if that is set; otherwise `halfstep` in the platform's folder for caches, which is
 * `XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`, on Windows `halfstep\cache` in `LOCALAPPDATA`.
 */
export function cacheFolder(surroundings: CacheSurroundings = {}): string {
  const { env = process.env, platform = process.platform, home = homedir() } = surroundings;
  if (env.HALFSTEP_CACHE) return path.resolve(env.HALFSTEP_CACHE);
  if (platform === "darwin") return path.join(home, "Library", "Caches", "halfstep");
  if (platform === "win32") {
    return path.join(env.LOCALAPPDATA || path.join(home, "AppData", "Local"), "halfstep", "cache");
  }
  // The XDG specification says that relative paths are ignored.
  const base = env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : undefined;
  return path.join(base ?? path.join(home, ".cache"), "halfstep");
}

/** Models by identity and by URL, in one folder, which need not exist. */
export class ModelCache {
  readonly #folder: string;

  /** @param folder default: {@link cacheFolder} */
  constructor(folder: string = cacheFolder()) {
    this.#folder = folder;
  }

  /** The model whose identity begins with these hexadecimal digits, or undefined. A damaged file counts as absent. */
  async byIdentity(prefix: string): Promise<LoadedModel | undefined> {
    const folder = path.join(this.#folder, "models");
    const names = (await unlessMissing(folder, () => readdir(folder))) ?? [];
    for (const name of names.filter((name) => name.startsWith(prefix) && name.endsWith(MODEL_ENDING)).sort()) {
      const file = path.join(folder, name);
      const bytes = await unlessMissing(file, () => readFile(file));
      if (bytes === undefined || `${createHash("sha256").update(bytes).digest("hex")}${MODEL_ENDING}` !== name)
        continue;
      return loadModelBytes(bytes, file);
    }
    return undefined;
  }

  /** The model that a URL gave, or undefined. */
  async byUrl(url: string): Promise<LoadedModel | undefined> {
    const file = this.#urlFile(url);
    const identity = (await unlessMissing(file, () => readFile(file, "utf8")))?.trim();
    return identity !== undefined && /^[0-9a-f]{64}$/.test(identity) ? this.byIdentity(identity) : undefined;
  }

  /** Keeps a model that a URL gave. @throws {HalfstepError} `cannot-write`, naming the folder */
  async keep(url: string, identity: string, bytes: Uint8Array): Promise<void> {
    await this.#write(path.join(this.#folder, "models", identity + MODEL_ENDING), bytes);
    await this.#write(this.#urlFile(url), new TextEncoder().encode(`${identity}\n`));
  }

  #urlFile(url: string): string {
    return path.join(this.#folder, "urls", createHash("sha256").update(url).digest("hex"));
  }

  async #write(file: string, bytes: Uint8Array): Promise<void> {
    try {
      makeFolder(path.dirname(file));
      await writeFileAtomic(file, bytes, { force: true });
    } catch (error) {
      throw new HalfstepError(
        "cannot-write",
        `model cache "${this.#folder}": got an error (${(error as Error).message}), expected a folder to write to; set HALFSTEP_CACHE to one`,
        { cause: error },
      );
    }
  }
}

/** What `read` gives, or undefined if nothing is at the path. @throws {HalfstepError} `unreadable-model` */
async function unlessMissing<Result>(where: string, read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new HalfstepError(
      "unreadable-model",
      `model cache: got an error at "${where}" (${message}), expected to read it; set HALFSTEP_CACHE to another folder`,
      { cause: error },
    );
  }
}
