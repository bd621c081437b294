/** The public entry on Node: everything of the platform-free entry, and codecs that run by onnxruntime-node. */

export type { EncodeOptions, EncodeResult } from "./codec/image-codec.ts";
export * from "./index.ts";
export { type Codec, type Device, type LoadCodecOptions, loadCodec, loadCodecFor } from "./models/load-codec.ts";
export { listModels, type ModelInfo, readModelInfo } from "./models/model-files.ts";
export { type PackageModelOptions, packageModel } from "./models/package-model.ts";
