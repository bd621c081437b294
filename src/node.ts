/**
 * The public entry on Node: everything of the platform-free entry, codecs that run by onnxruntime-node, and reading and writing pictures. What
 * needs training code or sharp is loaded when it is first called, so that a program that only decodes carries none of it.
 */
import type { Image } from "./image/image.ts";
import type { PngOptions, ReadImage, ReadImageOptions } from "./image/read-image-types.ts";
import type { ExportedModel, ExportModelOptions } from "./models/export-model.ts";
import type { ModelVerification, VerifyModelOptions } from "./models/verify-model.ts";
import type { PackagedModel, PackageModelOptions } from "./packaging/package-model.ts";

export type { EffortProgress } from "./codec/encode-settings.ts";
export type { EncodeOptions, EncodeResult } from "./codec/image-codec.ts";
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
 * Writes a model's graphs as ONNX files. The folder is there completely or not at all.
 *
 * @param which as `loadCodec` takes a model
 * @param folder to be made; its parent must exist
 * @throws {UsageError} `output-exists`, `no-output-folder`, or `not-an-export` for a folder that `force` would destroy and that
 *   was not made by this function
 * @throws {HalfstepError} `cannot-write`; those of `loadCodec` for a model that is missing or damaged; the signal's reason
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
 * Verifies a model: is it whole, and does this machine compute what all others do?
 *
 * @param which as `loadCodec` takes a model
 * @throws {HalfstepError} `verification-failed`, saying what differs; `wrong-identity`; `inexact-engine` if the self-test fails;
 *   `device-unavailable`; those of `loadCodec` for a model that is missing or damaged
 * @throws {UsageError} `bad-identity` for an identity that is none
 */
export async function verifyModel(which: string, options: VerifyModelOptions = {}): Promise<ModelVerification> {
  const verifying = await import("./models/verify-model.ts");
  return verifying.verifyModel(which, options);
}

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

/**
 * Reads an image file as the command line does; "-" is standard input.
 *
 * @returns 8-bit sRGB, and a sentence for each change that was made on the way there
 * @throws {HalfstepError} `cannot-read` if the file is missing, a folder or unreadable; otherwise as {@link decodeImage}
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<ReadImage> {
  const files = await import("./image/read-image.ts");
  return files.readImage(path, options);
}

/**
 * Decodes the bytes of an image file (JPEG, PNG, WebP, AVIF, TIFF, first frame of a GIF) to 8-bit sRGB. What that changes is told in notes.
 *
 * @param name what error messages call the file; "image" by default
 * @throws {HalfstepError} `not-an-image` if the bytes are of another format or damaged; `unsupported-samples` and `unsupported-colours` for
 *   samples without a range and colours beyond a display's; `image-too-large` for more than 65535 pixels per side or 2^28 pixels
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
 * An image as the bytes of a PNG file: 8-bit RGB, or RGBA if it has transparency.
 * @throws {RangeError} for a malformed image
 */
export async function encodePng(image: Image, options: PngOptions = {}): Promise<Uint8Array> {
  const files = await import("./image/read-image.ts");
  return files.encodePng(image, options);
}
