/**
 * The public entry on Node: everything of the platform-free entry, codecs that run by onnxruntime-node, and functions that read and write pictures.
 * Training code and sharp are loaded when they are first needed, so a program that only decodes loads neither.
 */
import type { Image } from "./image/image.ts";
import type { PngOptions, ReadImage, ReadImageOptions } from "./image/read-image-types.ts";
import type { ExportedModel, ExportModelOptions } from "./models/export-model.ts";
import type { ModelVerification, VerifyModelOptions } from "./models/verify-model.ts";
import type { PackagedModel, PackageModelOptions } from "./packaging/package-model.ts";

export type { EffortProgress } from "./codec/encode-settings.ts";
export type { EncodeOptions, EncodeResult } from "./codec/image-codec.ts";
export type { Tune } from "./distortion.ts";
export type { RgbColour } from "./image/pixel-layout.ts";
export type { PngOptions, ReadImage, ReadImageOptions } from "./image/read-image-types.ts";
export * from "./index.ts";
export type { ExportedGraph, ExportedModel, ExportModelOptions } from "./models/export-model.ts";
export { type Codec, type Device, type LoadCodecOptions, loadCodec, loadCodecFor } from "./models/load-codec.ts";
export {
  type FindModelOptions,
  listModels,
  type ModelInfo,
  readModelInfo,
  type UrlObject,
} from "./models/model-files.ts";
export type { ModelVerification, VerifiedPicture, VerifyModelOptions } from "./models/verify-model.ts";
export type { PackagedModel, PackageModelOptions } from "./packaging/package-model.ts";
export type { HeardSignal, StopSignal } from "./stop-signal.ts";

/**
 * Writes a model's graphs as ONNX files. The folder is written completely or not at all.
 *
 * @param which name of a shipped model, path of a model file, or its URL
 * @param folder the folder to make; its parent must exist
 * @throws {UsageError} `output-exists`; `no-output-folder`; `not-an-export` if `force` would destroy a folder that this function did not make
 * @throws {HalfstepError} `cannot-write`; the errors of `loadCodec` for a model that is missing or damaged; the signal's reason if it is aborted
 */
export async function exportModel(
  which: string,
  folder: string,
  options: ExportModelOptions = {},
): Promise<ExportedModel> {
  const exporting = await import("./models/export-model.ts");
  return exporting.exportModel(which, folder, options);
}

/**
 * Verifies a model: is its file whole, and does this machine compute what all others do?
 *
 * @param which name of a shipped model, path of a model file, or its URL
 * @throws {HalfstepError} `verification-failed`, saying what differs; `wrong-identity`; `inexact-engine` if the self-test fails;
 *   `device-unavailable`; the errors of `loadCodec` for a model that is missing or damaged
 * @throws {UsageError} `bad-identity` for an identity that is not 8 to 64 hexadecimal digits
 */
export async function verifyModel(which: string, options: VerifyModelOptions = {}): Promise<ModelVerification> {
  const verifying = await import("./models/verify-model.ts");
  return verifying.verifyModel(which, options);
}

/**
 * Makes a model file of the newest intact checkpoint of a training run.
 *
 * @param run the folder of the run
 * @param out the model file to write; its name must end in ".safetensors"
 * @throws {UsageError} `bad-model-name`; `missing-checkpoint`; or if the output exists, or the packed images are missing or too small
 * @throws {HalfstepError} `bad-checkpoint`; `bad-weights`; or if the output cannot be written
 */
export async function packageModel(
  run: string,
  out: string,
  options: PackageModelOptions = {},
): Promise<PackagedModel> {
  const packaging = await import("./packaging/package-model.ts");
  return packaging.packageModel(run, out, options);
}

/**
 * Reads an image file as the command line does. The path "-" means standard input.
 *
 * @returns 8-bit sRGB, and one sentence for each change that reading made
 * @throws {HalfstepError} `cannot-read` if the file is missing, is a folder or cannot be read; otherwise as {@link decodeImage}
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<ReadImage> {
  const files = await import("./image/read-image.ts");
  return files.readImage(path, options);
}

/**
 * Decodes the bytes of an image file (JPEG, PNG, WebP, AVIF, TIFF, first frame of a GIF) to 8-bit sRGB. Notes say what that changes.
 *
 * @param name what error messages call the file. Default "image"
 * @throws {HalfstepError} `not-an-image` if the bytes are damaged or of another format; `unsupported-samples` for samples without a stated range;
 *   `unsupported-colours` for high dynamic range; `image-too-large` above 65535 pixels per side or 2^28 pixels
 */
export async function decodeImage(
  bytes: Uint8Array,
  name = "image",
  options: ReadImageOptions = {},
): Promise<ReadImage> {
  const files = await import("./image/read-image.ts");
  return files.decodeImage(bytes, name, options);
}

/**
 * Encodes an image as a PNG file: 8-bit RGB, or RGBA if it has transparency.
 * @throws {RangeError} for a malformed image
 */
export async function encodePng(image: Image, options: PngOptions = {}): Promise<Uint8Array> {
  const files = await import("./image/read-image.ts");
  return files.encodePng(image, options);
}
