/** The public entry on Node: everything of the platform-free entry, codecs that run by onnxruntime-node, and reading and writing pictures. */

export type { EncodeOptions, EncodeResult } from "./codec/image-codec.ts";
export type { RgbColour } from "./image/pixel-layout.ts";
export {
  decodeImage,
  encodePng,
  type PngOptions,
  type ReadImage,
  type ReadImageOptions,
  readImage,
} from "./image/read-image.ts";
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
