/** Which store a text means, and which place in it. */
import { randomUUID } from "node:crypto";
import path from "node:path";
import { UsageError } from "../../errors.ts";
import { needing } from "../optional-package.ts";
import { FolderStore } from "./folder-store.ts";
import { checkKey, type Store } from "./store.ts";

const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/;
/** Tells stores apart, so that a worker notices when it has another than the one that a job means. */
const IDENTITY_KEY = "halfstep-store.json";

/**
 * Opens a store: `s3://bucket/prefix`, or a folder.
 * @throws {UsageError} `no-store`, `missing-package`; HalfstepError `store-failed` when the service does not let one in
 */
export async function openStore(text: string): Promise<Store> {
  if (!text.startsWith("s3:")) return new FolderStore(text);
  const [, bucket, prefix = ""] = BUCKET.exec(text) ?? [];
  if (bucket === undefined) {
    throw new UsageError("no-store", `--store: got ${JSON.stringify(text)}, expected a folder or s3://bucket/prefix`);
  }
  const { S3Store } = await needing("--store s3://", ["@aws-sdk/client-s3"], () => import("./s3-store.ts"));
  const store = new S3Store(bucket, prefix);
  await store.check();
  return store;
}

/** The identity of a store. The first process that asks gives it to the store. */
export async function storeIdentity(store: Store): Promise<string> {
  const bytes = new TextEncoder().encode(`${JSON.stringify({ version: 1, id: randomUUID() })}\n`);
  await store.putNew(IDENTITY_KEY, bytes);
  const stored = new TextDecoder().decode(await store.get(IDENTITY_KEY));
  const id = /"id":\s*"([0-9a-f-]{36})"/.exec(stored)?.[1];
  if (id !== undefined) return id;
  throw new UsageError(
    "no-store",
    `store ${store.name}: got a damaged ${IDENTITY_KEY}; delete it, and it is made again`,
  );
}

/**
 * The key of a place that a user names: below the store as it is written, or by its whole path or address.
 * @param option how messages call it
 * @throws {UsageError} `bad-usage` for a place that is not below the store
 */
export function keyInStore(store: Store, text: string, option: string): string {
  const outside = (): UsageError =>
    new UsageError(
      "bad-usage",
      `${option}: got ${JSON.stringify(text)}, expected a place below the store ${store.name}, because machines share nothing else`,
    );
  const { localFolder } = store;
  let key = text.replace(/\/+$/, "");
  if (text.startsWith("s3:")) {
    if (!text.startsWith(`${store.name}/`)) throw outside();
    key = key.slice(store.name.length + 1);
  } else if (path.isAbsolute(text)) {
    if (localFolder === undefined) throw outside();
    key = path.relative(localFolder, text).split(path.sep).join("/");
  }
  key = key.replace(/^(\.\/)+/, "");
  if (key === "" || key === "." || key.split("/").includes("..")) throw outside();
  return checkKey(key);
}
