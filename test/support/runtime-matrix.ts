/**
 * Every runtime that this machine has, and the comparison of all pairs: what one writes, every one reads. The comparison is of
 * bits for whatever must be equal, and of levels for pixels, which may differ by one.
 */

import { exportOnnx } from "../../src/engine/onnx/export.ts";
import { openGraphOn } from "../../src/engine/runtime/open-graph.ts";
import { openWebSession, type WebDevice } from "../../src/engine/runtime/web-session.ts";
import type { Image } from "../../src/image/image.ts";
import { type BrowserPage, bundlePage, missingChromium, openBrowserPage } from "./browser-page.ts";
import { missingSwiftShader, webGpuInChild } from "./graphics-child.ts";
import { type Latents, type RecordedCodec, recordedCodec } from "./recorded-codec.ts";
import type { PageGlobals } from "./runtime-page.ts";

/** Runtimes by name; those that are missing, with what they need. */
export interface Runtimes {
  readonly codecs: ReadonlyMap<string, RecordedCodec>;
  readonly missing: readonly string[];
  close(): Promise<void>;
}

/** One picture under one model through all pairs. */
export interface MatrixResult {
  /** Writers times readers. */
  readonly pairs: number;
  /** Latent integers that were compared, all pairs together: those of z and of y. */
  readonly integers: number;
  /** Scales and means that were compared, all pairs together. */
  readonly parameters: number;
  /** What the first runtime wrote. */
  readonly stream: Uint8Array;
  /** Streams that differ in a byte from that of the first runtime: the analysis is floating point. */
  readonly otherStreams: number;
  /** "writer -> reader: what" for whatever is not equal bit by bit; empty if the runtimes are exact. */
  readonly differences: readonly string[];
  /** Levels of pixels that differ from what the first runtime decodes, all pairs together. */
  readonly otherLevels: number;
  /** Largest difference of a level. */
  readonly largestStep: number;
  /** Part of the first runtime's decoded levels that are not clipped to 0 or 255. */
  readonly unclipped: number;
}

/** A codec in the page. */
function inPage({ page }: BrowserPage, device: WebDevice): RecordedCodec {
  const call = <T>(method: keyof RecordedCodec, ...words: readonly unknown[]): Promise<T> =>
    page.evaluate(
      async ([device, method, words]) => {
        const { codecs } = globalThis as unknown as PageGlobals;
        const run = codecs[device][method] as (...words: readonly unknown[]) => Promise<unknown>;
        return (await run(...words)) as T;
      },
      [device, method, words] as const,
    );
  return {
    use: (...words) => call("use", ...words),
    encode: (...words) => call("encode", ...words),
    decode: (...words) => call("decode", ...words),
    close: () => call("close"),
  };
}

/** Opens all runtimes that are there. */
export async function openRuntimes(): Promise<Runtimes> {
  const codecs = new Map<string, RecordedCodec>([
    ["Node CPU, 1 thread", recordedCodec(openGraphOn("cpu"), 1)],
    ["Node CPU, 2 threads", recordedCodec(openGraphOn("cpu"), 2)],
    ["Node WebAssembly", recordedCodec((graph) => openWebSession(exportOnnx(graph, { openImageSize: true })), 1)],
  ]);
  const missing: string[] = [];
  const [noSwiftShader, noChromium] = [missingSwiftShader(), missingChromium()];
  if (noSwiftShader === null) codecs.set("Node WebGPU", webGpuInChild());
  else missing.push(`Node WebGPU needs ${noSwiftShader}`);
  const pages: BrowserPage[] = [];
  if (noChromium === null) {
    const script = await bundlePage();
    const devices: readonly WebDevice[] = noSwiftShader === null ? ["wasm", "webgpu"] : ["wasm"];
    for (const device of devices) {
      const page = await openBrowserPage(script, { webGpu: device === "webgpu" });
      pages.push(page);
      codecs.set(device === "wasm" ? "Chromium WebAssembly" : "Chromium WebGPU", inPage(page, device));
    }
  } else missing.push(`Chromium needs ${noChromium}`);
  return {
    codecs,
    missing,
    async close() {
      for (const codec of codecs.values()) await codec.close();
      for (const page of pages) await page.close();
    },
  };
}

/** Names of the parts of two decodings that differ, in bits. */
function differing(a: Latents, b: Latents): string[] {
  return (["z", "parameters", "y"] as const).filter((part) => {
    const [as, bs] = [a[part], b[part]];
    return as.length !== bs.length || as.some((array, i) => Buffer.compare(bytesOf(array), bytesOf(bs[i])) !== 0);
  });
}

function bytesOf(array: Float32Array | undefined): Uint8Array {
  return array === undefined ? new Uint8Array(0) : new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const count = (arrays: readonly Float32Array[]): number => arrays.reduce((sum, { length }) => sum + length, 0);

/** Sends a picture through all pairs; every codec has its model already. */
export async function runMatrix(codecs: ReadonlyMap<string, RecordedCodec>, image: Image): Promise<MatrixResult> {
  let pairs = 0;
  let integers = 0;
  let parameters = 0;
  let otherLevels = 0;
  let largestStep = 0;
  const differences: string[] = [];
  const written = new Map<string, Awaited<ReturnType<RecordedCodec["encode"]>>>();
  await Promise.all([...codecs].map(async ([writer, codec]) => written.set(writer, await codec.encode(image))));
  const streams = new Map([...written.values()].map(({ bytes }) => [Buffer.from(bytes).toString("base64"), bytes]));
  let unclipped = 0;
  for (const [key, bytes] of streams) {
    const readers = await Promise.all(
      [...codecs].map(async ([reader, codec]) => ({ reader, read: await codec.decode(bytes) })),
    );
    const { read: first } = readers[0] as (typeof readers)[number];
    for (const { reader, read } of readers) {
      // Runtimes that wrote the same bytes are the same writer to a reader.
      const writers = [...written].filter(([, stream]) => Buffer.from(stream.bytes).toString("base64") === key);
      for (const [writer, { latents }] of writers) {
        pairs++;
        integers += count(read.latents.z) + count(read.latents.y);
        parameters += count(read.latents.parameters);
        // A decoder computes windows of its own, so that only what both had to compute alike can be compared with the writer.
        const parts = differing({ ...latents, y: first.latents.y }, read.latents);
        if (parts.length > 0) differences.push(`${writer} -> ${reader}: ${parts.join(", ")}`);
        for (const [i, level] of read.image.data.entries()) {
          const step = Math.abs(level - first.image.data[i]!);
          if (step > 0) otherLevels++;
          largestStep = Math.max(largestStep, step);
        }
      }
      if (first === read) unclipped = read.image.data.filter((level) => level > 0 && level < 255).length;
    }
  }
  return {
    pairs,
    integers,
    parameters,
    stream: [...streams.values()][0]!,
    otherStreams: streams.size - 1,
    differences,
    otherLevels,
    largestStep,
    unclipped: unclipped / image.data.length,
  };
}
