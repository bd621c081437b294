/**
 * The public entry on Node: everything of the platform-free entry, and codecs that run by onnxruntime-node. What needs training code is
 * loaded when it is first called, so that a program that only decodes carries none of it.
 */
import type { PackagedModel, PackageModelOptions } from "./packaging/package-model.ts";

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
export {
  type ModelVerification,
  type VerifiedPicture,
  type VerifyModelOptions,
  verifyModel,
} from "./models/verify-model.ts";
export type { PackagedModel, PackageModelOptions } from "./packaging/package-model.ts";

/**
 * Packages the newest intact checkpoint of a run.
 *
 * @param run the run's folder
 * @param out the model file to write; its name must end in ".safetensors"
 * @throws {UsageError} `bad-model-name`, `missing-checkpoint`, because the output exists, or because the packed
 *   images are not there or too small
 * @throws {HalfstepError} `bad-checkpoint`, `bad-weights`, or because the output cannot be written
 */
export async function packageModel(
  run: string,
  out: string,
  options: PackageModelOptions = {},
): Promise<PackagedModel> {
  const packaging = await import("./packaging/package-model.ts");
  return packaging.packageModel(run, out, options);
}
