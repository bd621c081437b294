/**
 * From image to stream and back, for a model whose graphs are open. This file knows no platform; `models/load-codec.ts` opens the graphs on Node.
 *
 * Images come and go as bands of rows. Large ones go through the transforms in tiles with halos (`image-transforms.ts`), so of the pixels only a row
 * of tiles is in memory, and of the latents less. An effort above 0 needs the latent as a whole: 4 bytes for each element of y, which is 12 bytes a
 * pixel with M = 768. `maxTilePixels` limits what the entropy networks take.
 */

import { checkBytes } from "../arguments.ts";
import type { FloatArray } from "../engine/index.ts";
import { BitstreamError } from "../errors.ts";
import { hex } from "../hex.ts";
import { checkImage, type Image } from "../image/image.ts";
import { type ImageRows, type ImageSource, imageSource, type RowBand, wholeImage } from "../image/image-rows.ts";
import { paddedSize } from "../image/planar.ts";
import type { Network } from "../networks/network.ts";
import { knotsOf } from "../networks/quality.ts";
import { Y_STRIDE } from "../networks/strides.ts";
import type { AlphaPlane } from "./alpha/alpha-plane.ts";
import { type Deflate, webDeflate } from "./alpha/deflate.ts";
import type { TransparentImage } from "./alpha/transparent-source.ts";
import { ArrayPool } from "./array-pool.ts";
import { readStream, writeStream } from "./container/stream.ts";
import { MODEL_IDENTITY_BYTES } from "./container/stream-header.ts";
import { LatentSearch } from "./effort/latent-search.ts";
import {
  checkTileSide,
  type EncodeOptions,
  encodeSettings,
  type ImageCodecOptions,
  tileSideFor,
} from "./encode-settings.ts";
import type { InformationCount } from "./estimate/information-count.ts";
import type { NetworkRunner } from "./graphs.ts";
import { analyseTiles, synthesiseRows } from "./image-transforms.ts";
import { factorizedCoder } from "./latents/factorized-coder.ts";
import { hyperpriorCoder } from "./latents/hyperprior-coder.ts";
import type { CodingParts, HyperpriorCoder, LatentCoder } from "./latents/latent-coder.ts";
import type { Model } from "./model/model.ts";
import { lambdaOfField, QUALITY_FIELD_LIMIT, qualityInput, qualityOfField } from "./quality-setting.ts";
import { RunningCalls } from "./running-calls.ts";
import { checkDecodeSize } from "./size-limits.ts";
import { TiledMap } from "./tiling/tiled-map.ts";

export { type EncodeOptions, IMAGE_CODEC_OPTIONS, type ImageCodecOptions } from "./encode-settings.ts";

/** The result of {@link ImageCodec.encode}. */
export interface EncodeResult {
  /** The whole stream, as a `.hst` file holds it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many of these bytes are the alpha plane; 0 for an image without transparency. */
  readonly alphaByteLength: number;
  /** Length of the stream in bits, header and checksum included, divided by width * height. */
  readonly bitsPerPixel: number;
  /** The quality that the image was coded with, rounded to 0.1; null for a model of fixed rate. */
  readonly quality: number | null;
  /** The cost of the latents in bits by the trained densities, as training counts it; null unless `estimate` was set. */
  readonly estimatedBits: number | null;
}

/**
 * Encodes and decodes images with one model. Its functions throw a TypeError for arguments of a wrong kind, for unknown options, and after
 * `close()`. Arrays are copied before a function returns its promise. A call runs to its end, with two exceptions: a signal ends the search of an
 * `effort`, and leaving the loop over the bands of {@link decodeRows} stops the computation.
 */
export interface ImageCodec {
  /**
   * Checks size and options before there are pixels: throws what {@link encode} would throw for an image of this size.
   * @throws as {@link encodeFrom}
   */
  checkEncode(size: { readonly width: number; readonly height: number }, options?: EncodeOptions): void;
  /**
   * Compresses an image. Transparency is kept without loss; colours under full transparency are not kept.
   * @throws {RangeError} for a malformed image, or if `bitsPerSquaredStep` is not above 0
   * @throws {UsageError} `bad-quality` for a quality outside of 0..100; `fixed-rate-model` for any quality if the model has one rate only;
   *   `bad-effort` for an effort that is not a whole number of 0..9; `no-effort` for an effort above 0 if the model takes none
   * @throws the reason of the signal, if it is aborted during the search of an `effort`
   * @throws {HalfstepError} `image-too-large` above the codec's limits, or above those of streams (65535 pixels per side, 2^28 in all)
   */
  encode(image: Image, options?: EncodeOptions): Promise<EncodeResult>;
  /**
   * Gives the same bytes as {@link encode}, for an image that is read band by band. If the image has more pixels than `tileAbovePixels`, at most a
   * row of tiles and its surroundings is asked for at a time. An image with transparency is read twice. An `effort` above 0 reads the colours
   * once more.
   * @throws {RangeError} if a side is not a positive whole number, or a band has another length than was asked for
   * @throws {UsageError} as {@link encode}
   * @throws {HalfstepError} `image-too-large`
   * @throws whatever `readRows` throws
   */
  encodeFrom(source: ImageSource, options?: EncodeOptions): Promise<EncodeResult>;
  /**
   * Decompresses a stream.
   * @throws {BitstreamError} with a stable code: for bytes that are not a stream, a damaged stream, a stream of another model
   *   (`model-mismatch`), or one with a quality that the model does not have (`bad-header`)
   * @throws {HalfstepError} `image-too-large` above the codec's limits
   */
  decode(bytes: Uint8Array): Promise<Image>;
  /**
   * Gives the same pixels as {@link decode}, band by band. The stream with its checksum is checked before the promise is fulfilled, and the symbols of
   * the first tile are decoded. The rest is decoded and computed when a band is asked for.
   * @throws as {@link decode}. A band throws a {@link BitstreamError} if its symbols cannot be decoded in spite of a right checksum.
   */
  decodeRows(bytes: Uint8Array): Promise<ImageRows>;
  /**
   * Waits for the running calls, and then releases the graphs. So do not wait for it inside `readRows`. The codec cannot be used afterwards. If a
   * {@link decodeRows} is not finished, its next band throws a TypeError.
   */
  close(): Promise<void>;
}

function modelMismatch(wanted: Uint8Array, model: Model, identity: Uint8Array): BitstreamError {
  return new BitstreamError(
    "model-mismatch",
    `stream: it needs the model with identity ${hex(wanted)}, got ${hex(identity)} ("${model.name}"); decode it with the model that made it`,
  );
}

/** A copy of an image, which nobody else writes to. */
function copyOf({ width, height, data, alpha }: Image): Image {
  const copy = { width, height, data: new Uint8Array(data) };
  return alpha === undefined ? copy : { ...copy, alpha: new Uint8Array(alpha) };
}

/** What a transparent image needs, as `lookThrough` finds it; null for an opaque one. The code for transparency is loaded when there is some. */
async function transparencyOf(source: ImageSource, deflate: Deflate): Promise<TransparentImage | null> {
  if (source.readAlpha === undefined) return null;
  const { lookThrough } = await import("./alpha/transparent-source.ts");
  return lookThrough(source, deflate);
}

/** Checks the section of an alpha plane. @returns its rows @throws {BitstreamError} as `checkAlpha` */
async function checkedAlpha(
  section: Uint8Array,
  plane: AlphaPlane,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const { alphaRows, checkAlpha } = await import("./alpha/alpha-plane.ts");
  await checkAlpha(section, plane);
  return alphaRows(section, plane);
}

/** Bands with the rows of alpha that belong to them. */
async function* withAlpha(
  bands: AsyncIterable<RowBand>,
  rows: AsyncGenerator<Uint8Array, void, undefined>,
  width: number,
): AsyncGenerator<RowBand, void, undefined> {
  try {
    for await (const band of bands) {
      const alpha = new Uint8Array(width * band.height);
      for (let row = 0; row < band.height; row++) {
        const next = await rows.next();
        if (next.done === true) throw new Error("internal: the alpha plane that was checked has fewer rows");
        alpha.set(next.value, width * row);
      }
      yield { ...band, alpha };
    }
  } finally {
    await rows.return();
  }
}

/** Bytes of arrays that a codec keeps from one step to the next, and from one image to the next. */
const POOL_BYTES = 2 ** 23;

/** What the transforms get for the quality in a stream's header. @throws {BitstreamError} `bad-header` */
function qualityOfStream({ name, network, lambdaRange }: Model, field: number): FloatArray | undefined {
  if (lambdaRange === undefined ? field === 0 : qualityOfField(field) !== null) {
    return lambdaRange && qualityInput(field, lambdaRange, knotsOf(network));
  }
  const expected = lambdaRange === undefined ? "0, because it has one rate only" : `1..${QUALITY_FIELD_LIMIT}`;
  throw new BitstreamError(
    "bad-header",
    `header: got quality ${field} for the model "${name}", expected ${expected}; the file is damaged, fetch it again`,
  );
}

/** What codes the latents, and its parts if there is a hyper-latent. */
interface Coding {
  readonly coder: LatentCoder | HyperpriorCoder;
  readonly parts: CodingParts | null;
}

function codingOf(model: Model, network: Network, runner: NetworkRunner, pool: ArrayPool): Coding {
  if (network.coding === "factorized" && model.tables.coding === "factorized") {
    return { coder: factorizedCoder(model, model.tables, pool), parts: null };
  }
  if (network.coding === "hyperprior" && model.tables.coding === "hyperprior") {
    const coder = hyperpriorCoder(model, model.tables, network, runner, pool);
    return { coder, parts: coder.parts };
  }
  throw new Error("internal: the tables of a model are not of its network's kind");
}

/** What training would count; loaded when it is first asked for. */
async function countFor(model: Model, network: Network): Promise<InformationCount> {
  const { informationCount } = await import("./estimate/information-count.ts");
  return informationCount(model, network);
}

/**
 * Makes a codec.
 *
 * @param identity `[32]`: the SHA-256 of the model file. Streams name its first 8 bytes.
 * @param runner the model's graphs. They are closed with the codec.
 * @param deflate the platform's deflate. Default: that of web streams.
 */
export function createImageCodec(
  model: Model,
  identity: Uint8Array,
  runner: NetworkRunner,
  options: ImageCodecOptions = {},
  deflate: Deflate = webDeflate,
): ImageCodec {
  checkTileSide(options);
  // Of a Buffer, slice would be a view.
  const modelIdentity = Uint8Array.from(identity.subarray(0, MODEL_IDENTITY_BYTES));
  const { network } = runner;
  const pool = new ArrayPool(POOL_BYTES);
  const { coder, parts } = codingOf(model, network, runner, pool);
  const search = new LatentSearch(model, network, parts, runner);
  const { downscale } = network;
  const calls = new RunningCalls("codec");

  const encodeSource = async (source: ImageSource, settings: EncodeOptions = {}): Promise<EncodeResult> => {
    const { width, height } = source;
    calls.check();
    const coding = encodeSettings(model, { width, height }, settings, options);
    const { estimate, bitsPerSquaredStep, effort, tileSize, field } = coding;
    search.check(effort);
    const quality = qualityOfStream(model, field);
    const transparent = await transparencyOf(source, deflate);
    const pixels = transparent?.source ?? source;
    const { lookAhead } = coder;
    const analysed = analyseTiles(pixels, { network, lookAhead, tileSide: tileSize, runner, quality, pool });
    const lambda = model.lambdaRange === undefined ? model.lambda : lambdaOfField(field, model.lambdaRange);
    const { signal, onProgress } = settings;
    const wanted = { effort, source: pixels, tileSize, quality, lambda, bitsPerSquaredStep, signal, onProgress };
    // The search moves latents of all tiles: then they are in memory as a whole.
    const latents = effort === 0 ? null : await analysed.whole();
    const sought = latents === null ? undefined : await search.refine(latents, wanted);
    const y = latents === null ? analysed : TiledMap.of(latents, pool);
    const count = estimate ? await countFor(model, network) : undefined;
    const sections = await coder.encode(y, { tileSize, bitsPerSquaredStep, sought, listener: count });
    const alpha = transparent?.section;
    const fields = { modelIdentity, width, height, quality: field, tileSize, sections };
    const bytes = writeStream(alpha === undefined ? fields : { ...fields, alpha });
    return {
      bytes,
      alphaByteLength: alpha?.length ?? 0,
      bitsPerPixel: (8 * bytes.length) / (width * height),
      quality: qualityOfField(field),
      estimatedBits: count?.bits ?? null,
    };
  };

  const decodeStream = async (bytes: Uint8Array): Promise<ImageRows> => {
    checkBytes(bytes, "decode: the stream");
    // What the caller does to the bytes from here on does no harm. Of a Buffer, slice would be a view.
    const { header, sections, alpha } = readStream(new Uint8Array(bytes));
    const { width, height, tileSize } = header;
    if (hex(header.modelIdentity) !== hex(modelIdentity)) {
      throw modelMismatch(header.modelIdentity, model, modelIdentity);
    }
    checkDecodeSize(header, options);
    const quality = qualityOfStream(model, header.quality);
    const [yHeight, yWidth] = [height, width].map((side) => paddedSize(side, downscale) / Y_STRIDE) as [number, number];
    const rowsOfAlpha = alpha === null ? null : await checkedAlpha(alpha, { width, height, deflate });
    const yHat = coder.decode(sections, yHeight, yWidth, { tileSize });
    // A stream that cannot be read is refused here, if its first tile shows it.
    await yHat.through({ top: 0, left: 0, height: 1, width: 1 });
    const tileSide = tileSideFor(width * height, options);
    const bands = synthesiseRows(yHat, { width, height, network, tileSide, runner, quality, pool });
    return { width, height, bands: rowsOfAlpha === null ? bands : withAlpha(bands, rowsOfAlpha, width) };
  };

  return {
    checkEncode(size, settings = {}) {
      calls.check();
      search.check(encodeSettings(model, size, settings, options).effort);
    },
    encodeFrom: (source, settings) => calls.run(() => encodeSource(source, settings)),
    encode: (image, settings) =>
      calls.run(async () => {
        checkImage(image, "encode");
        return encodeSource(imageSource(copyOf(image)), settings);
      }),
    decode: (bytes) => calls.run(async () => wholeImage(await decodeStream(bytes))),
    async decodeRows(bytes) {
      const { width, height, bands } = await calls.run(() => decodeStream(bytes));
      return { width, height, bands: calls.each(bands) };
    },
    async close() {
      await calls.close();
      await search.close();
      await runner.close();
    },
  };
}
