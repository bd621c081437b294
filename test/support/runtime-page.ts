/** What the page of the browser tests holds: the browser entry as users get it, and codecs that tell their latents. */
import { exportOnnx } from "../../src/engine/onnx/export.ts";
import { openWebSession, type WebDevice } from "../../src/engine/runtime/web-session.ts";
import * as web from "../../src/web.ts";
import { type RecordedCodec, recordedCodec } from "./recorded-codec.ts";

/** The global names of the page. */
export interface PageGlobals {
  readonly web: typeof web;
  readonly codecs: Readonly<Record<WebDevice, RecordedCodec>>;
}

function codecOn(device: WebDevice): RecordedCodec {
  return recordedCodec((graph) => {
    const onnx = exportOnnx(graph, { openImageSize: true });
    return openWebSession(onnx, { device, wasmPaths: "/ort/" });
  }, 1);
}

const globals: PageGlobals = { web, codecs: { wasm: codecOn("wasm"), webgpu: codecOn("webgpu") } };
Object.assign(globalThis, globals);
