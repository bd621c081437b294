/**
 * Loads a heavy file and tells its progress. If the file was loaded before, it comes from the browser's cache storage. The names of the files change with
 * their contents, so an entry is never stale. Entries of other names are removed.
 */

import type { HeavyFile } from "./heavy-files.ts";

const CACHE = "halfstep-files";

/** How far a download is. */
export interface DownloadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/**
 * Begins to load a file.
 * @throws {Error} if the server does not give the file
 */
async function begin(address: string): Promise<Response> {
  const cache = await openCache();
  const kept = await cache?.match(address);
  const response = kept ?? (await fetch(address));
  if (!response.ok || response.body === null) {
    throw new Error(`${address}: the server answered ${response.status}, expected the file; load the page again`);
  }
  // What is loaded is used at once; nobody waits until it is kept.
  if (kept === undefined && cache !== null) void keep(cache, address, response.clone());
  return response;
}

/**
 * The bytes of a file.
 * @throws {Error} if the server does not give the file
 */
export async function download(
  { address, byteLength }: HeavyFile,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = await begin(address);
  let bytes = new Uint8Array(byteLength);
  let at = 0;
  for await (const part of body ?? []) {
    if (at + part.length > bytes.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, at + part.length));
      larger.set(bytes.subarray(0, at));
      bytes = larger;
    }
    bytes.set(part, at);
    at += part.length;
    onProgress({ loadedBytes: at, totalBytes: Math.max(byteLength, at) });
  }
  return at === bytes.length ? bytes : bytes.slice(0, at);
}

/** Null if the browser has none (as in a page that did not come by https), or denies it. */
async function openCache(): Promise<Cache | null> {
  try {
    return await globalThis.caches.open(CACHE);
  } catch {
    return null;
  }
}

/** Keeps a file, and forgets older ones of the same name. A full disk is no reason to stop. */
async function keep(cache: Cache, address: string, response: Response): Promise<void> {
  try {
    for (const { url } of await cache.keys()) {
      if (withoutHash(url) === withoutHash(new URL(address, location.href).href)) await cache.delete(url);
    }
    await cache.put(address, response);
  } catch (error) {
    // A TypeError: the download broke, of which its reader hears.
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
  }
}

/** A file's address without the part that depends on its contents: `model-B3kq0d_1.bin` and `model-x81Sfa2a.bin` are two versions of one. */
function withoutHash(address: string): string {
  return address.replace(/-[\w-]{8}(?=\.\w+$)/, "");
}
