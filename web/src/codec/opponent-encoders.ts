/**
 * Encoders of other formats as WebAssembly: MozJPEG, libwebp and libaom, as Squoosh built them (the jSquash packages). They use the default settings of these
 * packages. Each is loaded when it is first asked for.
 */
import type { AVIFModule } from "@jsquash/avif/codec/enc/avif_enc.js";
import type { MozJPEGModule } from "@jsquash/jpeg/codec/enc/mozjpeg_enc.js";
import type { WebPModule } from "@jsquash/webp/codec/enc/webp_enc.js";

/** The formats, by their name in `image/...`. */
export const OPPONENT_FORMATS = ["jpeg", "webp", "avif"] as const;

/** One of them. */
export type OpponentFormat = (typeof OPPONENT_FORMATS)[number];

/** What one encoder does: pixels and a quality of 1..100 to a file. */
type Encoder = (pixels: ImageData, quality: number) => Uint8Array<ArrayBuffer>;

const loaded = new Map<OpponentFormat, Promise<Encoder>>();

/** A file of the format. @throws {Error} if the encoder gives none */
export async function encodeAs(
  format: OpponentFormat,
  pixels: ImageData,
  quality: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let encoder = loaded.get(format);
  if (encoder === undefined) {
    encoder = LOADERS[format]();
    loaded.set(format, encoder);
  }
  return (await encoder)(pixels, quality);
}

const LOADERS: Readonly<Record<OpponentFormat, () => Promise<Encoder>>> = {
  async jpeg() {
    const [factory, { default: wasm }, { defaultOptions }] = await Promise.all([
      import("@jsquash/jpeg/codec/enc/mozjpeg_enc.js"),
      import("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm?url"),
      import("@jsquash/jpeg/meta.js"),
    ]);
    const module = await start<MozJPEGModule>(factory.default, wasm);
    return ({ data, width, height }, quality) =>
      copied("JPEG", module.encode(bytesOf(data), width, height, { ...defaultOptions, quality }));
  },
  async webp() {
    const [factory, { default: wasm }, { defaultOptions }] = await Promise.all([
      import("@jsquash/webp/codec/enc/webp_enc_simd.js"),
      import("@jsquash/webp/codec/enc/webp_enc_simd.wasm?url"),
      import("@jsquash/webp/meta.js"),
    ]);
    const module = await start<WebPModule>(factory.default, wasm);
    return ({ data, width, height }, quality) =>
      copied("WebP", module.encode(bytesOf(data), width, height, { ...defaultOptions, quality }));
  },
  async avif() {
    // The encoder of one thread. That of several threads starts workers of its own, which a bundle does not find.
    const [factory, { default: wasm }, { defaultOptions }] = await Promise.all([
      import("@jsquash/avif/codec/enc/avif_enc.js"),
      import("@jsquash/avif/codec/enc/avif_enc.wasm?url"),
      import("@jsquash/avif/meta.js"),
    ]);
    const module = await start<AVIFModule>(factory.default, wasm);
    return ({ data, width, height }, quality) =>
      copied("AVIF", module.encode(bytesOf(data), width, height, { ...defaultOptions, quality }));
  },
};

function bytesOf(data: ImageData["data"]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** A copy, because the encoder's result lies in the encoder's own memory. */
function copied(name: string, bytes: Uint8Array | null): Uint8Array<ArrayBuffer> {
  if (bytes === null) throw new Error(`The ${name} encoder gave no file; the picture may be too large for it.`);
  return new Uint8Array(bytes);
}

/** The options of Emscripten's factories that this file gives. The packages' own types leave out the instance. */
type Factory = (options: never) => Promise<unknown>;

/** Starts an Emscripten module whose WebAssembly lies at an address. */
async function start<Module>(factory: Factory, address: string): Promise<Module> {
  const compiled = await WebAssembly.compileStreaming(fetch(address));
  const options = {
    noInitialRun: true,
    instantiateWasm(imports: WebAssembly.Imports, callback: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(compiled, imports);
      callback(instance);
      return instance.exports;
    },
  };
  return (await factory(options as never)) as Module;
}
