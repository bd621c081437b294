/** The public entry on Node: everything of the platform-free entry, and codecs that run by onnxruntime-node. */

export type { EncodeOptions, EncodeResult } from "./codec/image-codec.ts";
export * from "./index.ts";
export {
  type ExportedGraph,
  type ExportedModel,
  type ExportModelOptions,
  exportModel,
  type StopSignal,
} from "./models/export-model.ts";
export { type Codec, type Device, type LoadCodecOptions, loadCodec, loadCodecFor } from "./models/load-codec.ts";
export {
  type FindModelOptions,
  listModels,
  type ModelInfo,
  readModelInfo,
  type UrlObject,
} from "./models/model-files.ts";
export { type PackagedModel, type PackageModelOptions, packageModel } from "./models/package-model.ts";
export {
  type ModelVerification,
  type VerifiedPicture,
  type VerifyModelOptions,
  verifyModel,
} from "./models/verify-model.ts";
