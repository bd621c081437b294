/**
 * Checks on this machine that a model does what its streams rely on. Reading it checks the bounds of its exact layers and its tables. Opening it runs
 * its self-test on the device. Then generated pictures go through streams, in both directions between the device and one thread of the processor.
 * Latents must be equal, and pixels within one level.
 *
 * This does not judge how well a model compresses: the pictures are not photographs.
 */
import { checkOptions } from "../arguments.ts";
import { modelGraphs, openNetwork } from "../codec/graphs.ts";
import { createImageCodec, type EncodeOptions, type ImageCodec } from "../codec/image-codec.ts";
import { CounterRandom, type OpenGraph } from "../engine/index.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import type { Device } from "../engine/runtime/session.ts";
import { BitstreamError, HalfstepError, UsageError } from "../errors.ts";
import { findModel, type LoadedModel, type ModelInfo } from "./model-files.ts";

/** Options of {@link verifyModel}. */
export interface VerifyModelOptions {
  /** Default "cpu". */
  readonly device?: Device;
  /** Default 1. */
  readonly threads?: number;
  /** The SHA-256 that the file must have, or its beginning: 8 to 64 hexadecimal digits. Default: any. */
  readonly identity?: string;
}

const VERIFY_OPTIONS: readonly (keyof VerifyModelOptions)[] = ["device", "threads", "identity"];

/** The result of one picture. Latents and levels are counted over both directions. */
export interface VerifiedPicture {
  readonly width: number;
  readonly height: number;
  /** The quality that it was coded with; null for a model of fixed rate. */
  readonly quality: number | null;
  /** Length of the stream that the device wrote. */
  readonly bytes: number;
  /** How many values of decoded latents were compared. All were equal. */
  readonly latents: number;
  /** How many levels of decoded pixels were compared. */
  readonly levels: number;
  /** How many of these levels differ. They differ by one. */
  readonly differingLevels: number;
}

/** What {@link verifyModel} found. If anything is wrong, it throws instead. */
export interface ModelVerification {
  /** The model that was verified. */
  readonly info: ModelInfo;
  /** Where it ran. */
  readonly device: Device;
  /** With how many threads. */
  readonly threads: number;
  /** Names of the graphs that compute integers, whose self-test was run. Empty for a network without hyper-latent. */
  readonly exactGraphs: readonly string[];
  /** The pictures that went through streams, one at each size and quality. */
  readonly pictures: readonly VerifiedPicture[];
}

/** Pictures as a codec takes them. */
type Image = Parameters<ImageCodec["encode"]>[0];

/** Widths and heights of the pictures. One has a latent of 4x4, where kernels are as large as their input; one is larger. */
const SIZES = [
  [48, 40],
  [200, 136],
] as const;

/** Each picture is coded at these qualities, if the model has variable rate. */
const QUALITIES = [0, 100] as const;

/** A picture with slopes, edges and noise: latents of all magnitudes. */
function generatedPicture(width: number, height: number): Image {
  const noise = new Float32Array(3 * width * height);
  new CounterRandom(1).fillUniform(noise, 0, 0, 0, 60);
  const data = Uint8Array.from(noise, (value, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return value + 90 * (x / width) + (((x >> 4) ^ (y >> 3)) & 1 ? 100 : 0);
  });
  return { width, height, data };
}

/** An image as it was decoded, and the latents behind it. */
interface Decoded {
  readonly image: Image;
  readonly latents: Float32Array;
}

/** A codec that also gives the latents of what it decodes. */
interface WatchedCodec {
  encode(image: Image, options: EncodeOptions): Promise<Uint8Array>;
  decode(stream: Uint8Array): Promise<Decoded>;
  close: ImageCodec["close"];
}

async function openWatched({ model, identity }: LoadedModel, open: OpenGraph, threads: number): Promise<WatchedCodec> {
  const runner = await openNetwork(model, open, threads);
  let latents = new Float32Array(0);
  const codec = createImageCodec(model, identity, {
    ...runner,
    synthesis(yHat, quality) {
      // Adding 0 turns -0 into 0, which is the same integer.
      latents = yHat.data.map((value) => value + 0);
      return runner.synthesis(yHat, quality);
    },
  });
  return {
    encode: async (image, options) => (await codec.encode(image, options)).bytes,
    decode: async (stream) => ({ image: await codec.decode(stream), latents }),
    close: () => codec.close(),
  };
}

/**
 * Verifies a model.
 *
 * @param which as `findModel` takes it
 * @throws {HalfstepError} `verification-failed`, saying what differs; `wrong-identity`; `inexact-engine` if the self-test fails;
 *   `device-unavailable`; the errors of `findModel` for a model that is missing or damaged
 * @throws {UsageError} `bad-identity` for an identity that is not 8 to 64 hexadecimal digits
 */
export async function verifyModel(which: string, options: VerifyModelOptions = {}): Promise<ModelVerification> {
  checkOptions(options, "verifyModel: the options", VERIFY_OPTIONS);
  const { device = "cpu", threads = 1, identity = "" } = options;
  if (options.identity !== undefined && !/^[0-9a-f]{8,64}$/i.test(identity)) {
    throw new UsageError(
      "bad-identity",
      `identity: got "${identity}", expected 8 to 64 hexadecimal digits; correct it`,
    );
  }
  const loaded = await findModel(which);
  const { info, model } = loaded;
  if (!info.identity.startsWith(identity.toLowerCase())) {
    throw new HalfstepError(
      "wrong-identity",
      `${which}: got the model with identity ${info.identity}, expected one that begins with ${identity.toLowerCase()}; get the right file`,
    );
  }
  const exactGraphs = [...modelGraphs(model)].flatMap(([name, { exact }]) => (exact ? [name] : []));
  const pictures = await verifyPictures(loaded, `${which} on ${device}`, openGraphOn(device), threads);
  return { info, device, threads, exactGraphs, pictures };
}

/**
 * The part of {@link verifyModel} that computes.
 *
 * @param where what messages call the model and the device
 * @param open opens graphs on the device
 * @throws {HalfstepError} `verification-failed`, and those of opening
 */
export async function verifyPictures(
  loaded: LoadedModel,
  where: string,
  open: OpenGraph,
  threads: number,
): Promise<readonly VerifiedPicture[]> {
  const codec = await openWatched(loaded, open, threads);
  try {
    const reference = await openWatched(loaded, openGraphOn("cpu"), 1);
    try {
      const pictures: VerifiedPicture[] = [];
      const qualities = loaded.info.lambdaRange === null ? [null] : QUALITIES;
      for (const [width, height] of SIZES) {
        for (const quality of qualities) {
          pictures.push(await verifyPicture(where, generatedPicture(width, height), quality, codec, reference));
        }
      }
      return pictures;
    } finally {
      await reference.close();
    }
  } finally {
    await codec.close();
  }
}

/** Sends a picture through a stream of each codec, and both streams through both codecs. */
async function verifyPicture(
  where: string,
  image: Image,
  quality: number | null,
  codec: WatchedCodec,
  reference: WatchedCodec,
): Promise<VerifiedPicture> {
  const { width, height } = image;
  const found = { bytes: 0, latents: 0, levels: 0, differingLevels: 0 };
  for (const writer of [reference, codec]) {
    const stream = await writer.encode(image, quality === null ? {} : { quality });
    const [got, expected] = [await decode(where, codec, stream), await decode(where, reference, stream)];
    const differing = countDifferences(got.latents, expected.latents, 0);
    if (differing.above > 0 || got.latents.length !== expected.latents.length) {
      throw failed(
        where,
        `${differing.above} of ${expected.latents.length} latents unlike the processor's for a picture of ${width} x ${height}`,
      );
    }
    const levels = countDifferences(got.image.data, expected.image.data, 1);
    if (levels.above > 0) {
      throw failed(
        where,
        `${levels.above} of ${expected.image.data.length} levels more than one from the processor's for a picture of ${width} x ${height}`,
      );
    }
    found.bytes = stream.length;
    found.latents += expected.latents.length;
    found.levels += expected.image.data.length;
    found.differingLevels += levels.different;
  }
  return { width, height, quality, ...found };
}

async function decode(where: string, codec: WatchedCodec, stream: Uint8Array): Promise<Decoded> {
  try {
    return await codec.decode(stream);
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    throw failed(where, `a stream that does not decode (${error.message})`, error);
  }
}

function failed(where: string, got: string, cause?: unknown): HalfstepError {
  return new HalfstepError(
    "verification-failed",
    `${where}: got ${got}, expected the same latents and levels within one; do not use this device for it, and report this`,
    { cause },
  );
}

/** How many values differ at all, and by more than a tolerance. */
function countDifferences(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  tolerance: number,
): { readonly different: number; readonly above: number } {
  let different = 0;
  let above = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (difference !== 0) different++;
    // A NaN differs from everything.
    if (!(difference <= tolerance)) above++;
  }
  return { different, above };
}
