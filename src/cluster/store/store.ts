/**
 * Where machines that work together keep what they share: images, checkpoints, results, pictures. A store holds whole objects under keys
 * ("runs/mine/results/0123.json"); an object is there completely or not at all. `folder-store.ts` is a folder that all machines mount,
 * `s3-store.ts` a bucket of an S3-compatible service.
 */
import { HalfstepError } from "../../errors.ts";

/** One object of a listing. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

/** A store. Keys are checked by {@link checkKey}; every method throws HalfstepError "store-failed" when the store does not answer. */
export interface Store {
  /** How messages call it; without secrets. */
  readonly name: string;
  /** The folder, where the store is one of this machine: its objects can be used in place. */
  readonly localFolder: string | undefined;
  /** The object, or undefined. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Stores an object, in place of an earlier one. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Stores an object unless one is there: then false. */
  putNew(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Stores a file of this machine, of any size, unless an object is there. */
  putFile(key: string, file: string): Promise<void>;
  /** Writes an object to a file of this machine, whole or not at all. @returns whether there was one */
  getFile(key: string, file: string): Promise<boolean>;
  /** All objects whose key begins with a folder and "/", in the order of their keys. */
  list(folder: string): AsyncIterable<StoredObject>;
  /** Deletes an object, if there is one. */
  delete(key: string): Promise<void>;
  close(): void;
}

/** S3 takes no longer keys, in bytes of UTF-8. */
const LONGEST_KEY = 1024;

/**
 * Refuses keys that could lead out of a store: empty parts, ".", "..", backslashes, control characters.
 * @throws {HalfstepError} `bad-key`
 */
export function checkKey(key: string): string {
  const parts = key.split("/");
  const isGood =
    parts.every((part) => part !== "" && part !== "." && part !== ".." && !/[\\\p{Cc}]/u.test(part)) &&
    Buffer.byteLength(key) <= LONGEST_KEY;
  if (isGood) return key;
  throw new HalfstepError(
    "bad-key",
    `store: got the key ${JSON.stringify(key.slice(0, 200))}, expected names between single slashes, none of them "." or ".."; name another place`,
  );
}

/** A failure of a store, with its name and what to do. */
export function storeFailed(name: string, problem: string, advice: string, cause?: unknown): HalfstepError {
  const message = `store ${name}: ${problem}; ${advice}`;
  return new HalfstepError("store-failed", message, ...(cause === undefined ? [] : [{ cause }]));
}
