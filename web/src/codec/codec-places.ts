/** Where a codec may run in this browser. */
import type { WebDevice } from "../../../src/engine/runtime/web-session.ts";

/** Where the codec runs. */
export interface CodecPlace {
  readonly device: WebDevice;
  readonly threads: number;
}

/** Most threads of WebAssembly: more gain little on pictures of a megapixel. */
const MOST_THREADS = 4;

/** The part of WebGPU that this file asks. */
interface WithGpu {
  readonly gpu?: { requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null> };
}

/** The places, the best first: a graphics card, WebAssembly on several threads, on one. */
export async function codecPlaces(): Promise<readonly CodecPlace[]> {
  const threads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  const places: CodecPlace[] = [{ device: "wasm", threads }];
  const adapter = await (navigator as WithGpu).gpu?.requestAdapter().catch(() => null);
  // A graphics card in software is slower than WebAssembly.
  if (adapter && adapter.info?.isFallbackAdapter !== true) places.unshift({ device: "webgpu", threads: 1 });
  return places;
}
