/** Fetching a `.hst` file, and telling its header before the rest has come. */
import { HEADER_BYTES_LIMIT, readHeader, type StreamHeader } from "../codec/container/stream-header.ts";
import { HalfstepError } from "../errors.ts";

/**
 * The bytes of a file on a server.
 * @throws {HalfstepError} `file-unreachable` if the server answers without success
 * @throws the reason of the signal, and what `fetch` throws if no answer comes
 */
export async function fetchFile(address: string, what: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(address, signal === undefined ? {} : { signal });
  if (response.ok) return response;
  throw new HalfstepError(
    "file-unreachable",
    `${address}: got the status ${response.status}, expected ${what}; check the address`,
  );
}

/** A stream whose header has arrived. */
export interface ArrivingStream {
  readonly header: StreamHeader;
  /** Waits for all of its bytes. @throws the reason of the signal; what `fetch` throws if the connection breaks */
  rest(): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Fetches a stream until its header is there.
 * @throws {BitstreamError} for a file without a header
 * @throws as {@link fetchFile}
 */
export async function fetchStream(address: string, signal: AbortSignal): Promise<ArrivingStream> {
  const response = await fetchFile(address, "a .hst file", signal);
  const reader = response.body?.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let byteLength = 0;
  /** Reads until that many bytes are there, or the file ends. */
  const readUntil = async (wanted: number): Promise<Uint8Array<ArrayBuffer>> => {
    while (byteLength < wanted) {
      const step = await reader?.read();
      if (step === undefined || step.done) break;
      parts.push(step.value);
      byteLength += step.value.length;
    }
    return joined(parts, byteLength);
  };
  return { header: readHeader(await readUntil(HEADER_BYTES_LIMIT)), rest: () => readUntil(Number.POSITIVE_INFINITY) };
}

function joined(parts: readonly Uint8Array[], byteLength: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
