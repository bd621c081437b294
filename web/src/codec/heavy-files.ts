/** What the codec has to load: the model, and onnxruntime's WebAssembly. For a graphics card, the WebAssembly is another file. */
import gpuScript from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import gpuBytes from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?bytes";
import gpuAddress from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import wasmScript from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmBytes from "onnxruntime-web/ort-wasm-simd-threaded.wasm?bytes";
import wasmAddress from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { WebDevice } from "../../../src/engine/runtime/web-session.ts";
import modelBytes from "../../../weights/halfstep-2.safetensors?bytes";
import modelAddress from "../../../weights/halfstep-2.safetensors?url";

/** A file to load, and how long it is before any compression on its way. */
export interface HeavyFile {
  readonly address: string;
  readonly byteLength: number;
}

/** The model of the page. */
export const MODEL_FILE: HeavyFile = { address: modelAddress, byteLength: modelBytes };

/** The WebAssembly for each device, with the script that starts it. */
export const RUNTIME_FILES: Readonly<Record<WebDevice, HeavyFile & { readonly script: string }>> = {
  wasm: { address: wasmAddress, byteLength: wasmBytes, script: wasmScript },
  webgpu: { address: gpuAddress, byteLength: gpuBytes, script: gpuScript },
};
