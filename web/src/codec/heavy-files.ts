/** What the codec has to load: a model, and onnxruntime's WebAssembly. For a graphics card, the WebAssembly is another file. */
import gpuScript from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import gpuBytes from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?bytes";
import gpuAddress from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import wasmScript from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmBytes from "onnxruntime-web/ort-wasm-simd-threaded.wasm?bytes";
import wasmAddress from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { Tune } from "../../../src/distortion.ts";
import type { WebDevice } from "../../../src/engine/runtime/web-session.ts";
import psnrBytes from "../../../weights/halfstep-2.safetensors?bytes";
import psnrIdentity from "../../../weights/halfstep-2.safetensors?identity";
import psnrAddress from "../../../weights/halfstep-2.safetensors?url";
import ssimBytes from "../../../weights/halfstep-2-eye.safetensors?bytes";
import ssimIdentity from "../../../weights/halfstep-2-eye.safetensors?identity";
import ssimAddress from "../../../weights/halfstep-2-eye.safetensors?url";

/** A file to load, and how long it is before any compression on its way. */
export interface HeavyFile {
  readonly address: string;
  readonly byteLength: number;
}

/** A model, and the first 16 hexadecimal digits of its identity, by which a stream names it. */
export interface ModelFile extends HeavyFile {
  readonly identity: string;
}

/** The models of the page. */
export const MODEL_FILES: Readonly<Record<Tune, ModelFile>> = {
  psnr: { address: psnrAddress, byteLength: psnrBytes, identity: psnrIdentity },
  ssim: { address: ssimAddress, byteLength: ssimBytes, identity: ssimIdentity },
};

/** The WebAssembly for each device, with the script that starts it. */
export const RUNTIME_FILES: Readonly<Record<WebDevice, HeavyFile & { readonly script: string }>> = {
  wasm: { address: wasmAddress, byteLength: wasmBytes, script: wasmScript },
  webgpu: { address: gpuAddress, byteLength: gpuBytes, script: gpuScript },
};
