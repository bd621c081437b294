/**
 * Loads a heavy file and tells its progress. If the file was loaded before, it comes from the browser's cache storage. The names of the files change with
 * their contents, so an entry is never stale. Entries of other names are removed.
 */

const CACHE = "halfstep-files";

/** How far a download is. */
export interface DownloadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/**
 * The bytes at an address.
 * @param totalBytes the length of the file, for the progress: a server that compresses does not tell it
 * @throws {Error} if the server does not give the file
 */
export async function download(
  address: string,
  totalBytes: number,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const cache = await openCache();
  const kept = await cache?.match(address);
  const response = kept ?? (await fetch(address));
  if (!response.ok || response.body === null) {
    throw new Error(`${address}: the server answered ${response.status}, expected the file; load the page again`);
  }
  let bytes = new Uint8Array(totalBytes);
  let at = 0;
  for await (const part of response.body) {
    if (at + part.length > bytes.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, at + part.length));
      larger.set(bytes.subarray(0, at));
      bytes = larger;
    }
    bytes.set(part, at);
    at += part.length;
    onProgress({ loadedBytes: at, totalBytes: Math.max(totalBytes, at) });
  }
  const whole = at === bytes.length ? bytes : bytes.slice(0, at);
  if (kept === undefined && cache !== null) await keep(cache, address, whole);
  return whole;
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
async function keep(cache: Cache, address: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    for (const { url } of await cache.keys()) {
      if (withoutHash(url) === withoutHash(new URL(address, location.href).href)) await cache.delete(url);
    }
    await cache.put(address, new Response(bytes));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** A file's address without the part that depends on its contents: `model-B3kq0d_1.bin` and `model-x81Sfa2a.bin` are two versions of one. */
function withoutHash(address: string): string {
  return address.replace(/-[\w-]{8}(?=\.\w+$)/, "");
}
