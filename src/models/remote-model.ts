/**
 * Models by URL, http and https, through the global `fetch`. A model is fetched once, and then read from the cache on the disk
 * (`model-cache.ts`). The server is never asked again, so a command does the same with and without a network.
 *
 * A fragment `#sha256=<64 hexadecimal digits>` pins the identity: another file is refused, and one that is in the cache is taken
 * whatever URL it came from. It refuses URLs with a password, and answers that leave https for http.
 */
import { HalfstepError, UsageError } from "../errors.ts";
import { type LoadedModel, loadModelBytes } from "./loaded-model.ts";
import { ModelCache } from "./model-cache.ts";

/** Options of {@link remoteModel}. */
export interface RemoteModelOptions {
  /** Default: the cache of this user. */
  readonly cache?: ModelCache;
  /** Fetch the file even if the cache has it, and keep the new one. Default false. */
  readonly refresh?: boolean;
  /** Largest file that is accepted, in bytes. Default 512 MB. */
  readonly maxBytes?: number;
  /** Give up if nothing arrives for so many milliseconds. Default 30 s. */
  readonly idleMs?: number;
}

const DEFAULT_MAX_BYTES = 512e6;
const DEFAULT_IDLE_MS = 30_000;

/** Whether a model's name is a URL that {@link remoteModel} takes. */
export function isModelUrl(name: string): boolean {
  return /^https?:\/\//i.test(name);
}

/** A URL as it is fetched, and the identity that its fragment pins. */
interface ModelUrl {
  /** Without fragment. */
  readonly url: string;
  readonly pinned: string | undefined;
}

function parseModelUrl(text: string): ModelUrl {
  const bad = (got: string, advice: string): UsageError =>
    new UsageError("bad-model-url", `model: got a URL ${got}, expected http(s)://host/file; ${advice}`);
  if (!URL.canParse(text)) throw bad(`that cannot be read ("${text}")`, "correct it");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw bad("with a user or password", "take them out");
  const { hash } = url;
  url.hash = "";
  if (hash === "") return { url: url.href, pinned: undefined };
  const [, pinned] = /^#sha256=([0-9a-f]{64})$/i.exec(hash) ?? [];
  if (pinned === undefined) {
    throw bad(`that ends in "${hash}"`, "pin the identity by #sha256= and 64 hexadecimal digits, or leave it out");
  }
  return { url: url.href, pinned: pinned.toLowerCase() };
}

/**
 * The model at a URL.
 *
 * @throws {UsageError} `bad-model-url`; `missing-model` if the server says that it is not there
 * @throws {HalfstepError} `model-unreachable` if it cannot be fetched; `model-too-large`; `wrong-identity` if it is not the pinned one;
 *   `cannot-write` if it cannot be kept; the errors of `parseModel` for a file that is not a model. All of them name the URL
 */
export async function remoteModel(text: string, options: RemoteModelOptions = {}): Promise<LoadedModel> {
  const { cache = new ModelCache(), refresh = false } = options;
  const { url, pinned } = parseModelUrl(text);
  if (!refresh) {
    const kept = await (pinned === undefined ? cache.byUrl(url) : cache.byIdentity(pinned));
    if (kept !== undefined) return kept;
  }
  const bytes = await download(url, options);
  const loaded = loadModelBytes(bytes, url);
  const { identity } = loaded.info;
  if (pinned !== undefined && identity !== pinned) {
    throw new HalfstepError(
      "wrong-identity",
      `${url}: got the model with identity ${identity}, expected ${pinned}; the file was replaced or damaged: ask whoever gave you the URL`,
    );
  }
  await cache.keep(url, identity, bytes);
  return loaded;
}

/** Fetches a file, and gives up when nothing arrives for a while or too much does. */
async function download(url: string, options: RemoteModelOptions): Promise<Uint8Array> {
  const { maxBytes = DEFAULT_MAX_BYTES, idleMs = DEFAULT_IDLE_MS } = options;
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new Error(`nothing arrived for ${idleMs / 1000} s`));
  }, idleMs);
  try {
    const response = await fetch(url, { signal: controller.signal });
    checkResponse(url, response);
    return await readBody(url, response, maxBytes, () => timer.refresh());
  } catch (error) {
    if (error instanceof HalfstepError) throw error;
    throw unreachable(url, `an error (${reasonOf(error)})`, error);
  } finally {
    clearTimeout(timer);
    // Whatever ended it, the connection is no longer needed.
    controller.abort();
  }
}

function checkResponse(url: string, response: Response): void {
  const { status, statusText } = response;
  if (status === 404 || status === 410) {
    throw new UsageError(
      "missing-model",
      `${url}: got no such file (status ${status}), expected a model; check the URL`,
    );
  }
  if (!response.ok) throw unreachable(url, `status ${status}${statusText === "" ? "" : ` (${statusText})`}`);
  if (url.startsWith("https:") && !response.url.startsWith("https:")) {
    throw unreachable(url, "sent on to a URL without https");
  }
}

async function readBody(url: string, response: Response, maxBytes: number, onChunk: () => void): Promise<Uint8Array> {
  const tooLarge = (): HalfstepError =>
    new HalfstepError("model-too-large", `${url}: got more than ${maxBytes} bytes, expected a model; check the URL`);
  // A compressed answer states its compressed length, which is not above that of the file.
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    onChunk();
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function unreachable(url: string, got: string, cause?: unknown): HalfstepError {
  return new HalfstepError(
    "model-unreachable",
    `${url}: got ${got}, expected a model; check the URL and the network, or name a model file on this machine`,
    { cause },
  );
}

/** fetch says "fetch failed" and has the reason among its causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message || error.name : reasonOf(error.cause);
}
