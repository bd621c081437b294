/**
 * Deflate (RFC 1951, without a wrapper) as the codec needs it: given to it, because platforms have their own. Here is that of the web's
 * streams, which browsers and Node have; `models/node-deflate.ts` is that of Node's zlib.
 */

/** Takes bytes in parts. */
export interface Compressor {
  write(part: Uint8Array): Promise<void>;
  /** Everything that was compressed. */
  finish(): Promise<Uint8Array>;
  /** Gives up: frees what it holds. Nothing may be asked of it afterwards. */
  abandon(): Promise<void>;
}

/** Both directions. */
export interface Deflate {
  compressor(): Compressor;
  /**
   * What a stream holds, in parts that are made when they are asked for: never much more than one of them is in memory. Fails for bytes that are
   * damaged, end too early, or go on after the end.
   */
  expand(bytes: Uint8Array): AsyncIterable<Uint8Array>;
}

/** The parts of the web's streams that are used; this project does not depend on the types of a page. */
interface ByteTransform {
  readonly readable: { getReader(): ByteSource };
  readonly writable: { getWriter(): ByteSink };
}
interface ByteSource {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>;
  cancel(): Promise<void>;
}
interface ByteSink {
  write(part: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}
type TransformClass = new (format: "deflate-raw") => ByteTransform;
interface WithStreams {
  readonly CompressionStream: TransformClass;
  readonly DecompressionStream: TransformClass;
}

/** Compressed bytes that are handed over at a time: they become at most a thousand times as many. */
const EXPANDED_AT_A_TIME = 4096;

/** By CompressionStream and DecompressionStream. */
export const webDeflate: Deflate = {
  compressor() {
    const { CompressionStream } = globalThis as unknown as WithStreams;
    const { readable, writable } = new CompressionStream("deflate-raw");
    const writer = writable.getWriter();
    const collected = collect(readable.getReader());
    // Who gives up does not wait for it.
    collected.catch(() => undefined);
    return {
      write: (part) => writer.write(part),
      async finish() {
        await writer.close();
        return collected;
      },
      abandon: () => writer.abort(),
    };
  },
  async *expand(bytes) {
    const { DecompressionStream } = globalThis as unknown as WithStreams;
    const { readable, writable } = new DecompressionStream("deflate-raw");
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    const feeding = feed(writer, bytes);
    // Its failure ends the reading too, which passes it on.
    feeding.catch(() => undefined);
    let finished = false;
    try {
      for (let step = await reader.read(); !step.done; step = await reader.read()) {
        if (step.value !== undefined) yield step.value;
      }
      finished = true;
    } finally {
      if (!finished) await Promise.allSettled([reader.cancel(), writer.abort()]);
    }
    await feeding;
  },
};

async function feed(writer: ByteSink, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += EXPANDED_AT_A_TIME) {
    await writer.write(bytes.subarray(at, at + EXPANDED_AT_A_TIME));
  }
  await writer.close();
}

async function collect(reader: ByteSource): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    if (step.value !== undefined) parts.push(step.value);
  }
  return joined(parts);
}

/** Parts as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
