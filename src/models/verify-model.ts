/**
 * Proves on this machine that a model does what its streams rely on: the bounds of its exact layers and its tables (reading it does
 * that), its self-test on the device (opening it does that), and generated pictures that go through streams both ways between
 * the device and the processor with one thread, with equal latents and pixels within one level.
 *
 * It does not judge how well a model compresses: the pictures are no photographs.
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
  /** Beginning of the SHA-256 that the file must have, 8 to 64 hexadecimal digits. Default: any. */
  readonly identity?: string;
}

const VERIFY_OPTIONS: readonly (keyof VerifyModelOptions)[] = ["device", "threads", "identity"];

/** What one picture showed. Latents and levels are counted over both directions. */
export interface VerifiedPicture {
  readonly width: number;
  readonly height: number;
  /** Quality that it was coded with; null for a model of fixed rate. */
  readonly quality: number | null;
  /** Length of the stream that the device wrote. */
  readonly bytes: number;
  /** Values of decoded latents that were compared; all were equal. */
  readonly latents: number;
  /** Levels of decoded pixels that were compared. */
  readonly levels: number;
  /** How many of them differ, by one. */
  readonly differingLevels: number;
}

/** What {@link verifyModel} found; whatever is wrong is an error instead. */
export interface ModelVerification {
  /** The model that was verified. */
  readonly info: ModelInfo;
  /** Where it ran. */
  readonly device: Device;
  /** With how many threads. */
  readonly threads: number;
  /** Names of the graphs that compute integers; their self-test was run. Empty for a network without hyper-latent. */
  readonly exactGraphs: readonly string[];
  /** What went through streams, a picture at each size and quality. */
  readonly pictures: readonly VerifiedPicture[];
}

/** Pictures as a codec takes them. */
type Image = Parameters<ImageCodec["encode"]>[0];

/** Width and height of the pictures: a latent of 4x4, where kernels are as large as what they work on, and a larger one. */
const SIZES = [
  [48, 40],
  [200, 136],
] as const;

/** Qualities of a model of variable rate that each picture is coded with. */
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

/** A codec that tells the latents behind what it decodes. */
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
      // Adding 0 makes -0 to 0, which is the same integer.
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
 *   `device-unavailable`; those of `findModel` for a model that is missing or damaged
 * @throws {UsageError} `bad-identity` for an identity that is none
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
 * @param where how to call the model and the device in messages
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
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (difference !== 0) different++;
    // A NaN is unlike anything.
    if (!(difference <= tolerance)) above++;
  }
  return { different, above };
}
