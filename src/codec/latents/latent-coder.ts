/** What the codec of an image asks of the part that turns latents into bytes and back. */
import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import { BitstreamError, HalfstepError } from "../../errors.ts";
import { SYMBOL_MAGNITUDE_LIMIT } from "../entropy/table-set.ts";
import type { FeatureMap } from "../tiling/feature-map.ts";
import type { TiledMap } from "../tiling/tiled-map.ts";
import type { Rectangle } from "../tiling/windows.ts";

/** Told what is coded, in the order in which it is. Arrays are not to be written to. */
export interface CodingListener {
  /** Integers ordered by channel, each channel with a table of its own: z, or y of a network without. */
  byChannel(symbols: Int32Array): void;
  /** Integers of y less its mean, and the scales that their tables are chosen by, as the network gives them. */
  byScale(symbols: Int32Array, scales: Float32Array): void;
}

/** Options of an encoder beside {@link LatentOptions}. */
export interface EncodeLatentOptions {
  /** See `economicalRounding`; Infinity for the nearest integers. */
  readonly bitsPerSquaredStep: number;
  /** Whether channels that may be left out are all coded, as in training. False by default. */
  readonly leaveOutNothing?: boolean;
  readonly listener?: CodingListener | undefined;
}

/** What a search for better latents found, beside y. */
export interface SoughtLatents {
  /** Integers to code as the hyper-latent in place of those that follow from y. */
  readonly hyperLatent: FeatureMap;
  /** For each tile in the order in which they are coded: whether its y was moved. */
  readonly moved: readonly boolean[];
}

/** Further options of an encoder of latents with a hyper-latent. */
export interface EncodeHyperpriorOptions extends EncodeLatentOptions {
  readonly sought?: SoughtLatents | undefined;
}

/** Further options of one tile. */
export interface EncodeTileOptions extends EncodeLatentOptions {
  /** Whether its y was moved by a search: then elements are rounded with the weight times `WEIGHT_OF_MOVED`. */
  readonly moved: boolean;
}

/** How latents are coded. */
export interface LatentOptions {
  /** Side of a tile in pixels, a multiple of 64; 0: not tiled. */
  readonly tileSize: number;
}

/** Codes the latents of one image. */
export interface LatentCoder {
  /** How many elements of y below a tile, and to its right, {@link encode} looks at. */
  readonly lookAhead: number;
  /**
   * The entropy-coded sections of the stream.
   * @param y of the whole padded image. Its parts are asked for as they are needed, and forgotten.
   */
  encode(y: TiledMap, options: LatentOptions & EncodeLatentOptions): Promise<readonly Uint8Array[]>;
  /**
   * The quantized y of the whole padded image. A tile lacks the channels of the last group that may be left out, if none of them is there. What stands
   * before the first tile is read at once. A tile is read when it is asked for.
   * @param yHeight rows of y, padded height / 16
   * @throws {BitstreamError} `truncated` or `corrupt-payload`, here and when a tile is asked for
   */
  decode(sections: readonly Uint8Array[], yHeight: number, yWidth: number, options: LatentOptions): TiledMap;
}

/** A tile as it would be coded. */
export interface CodedTile {
  readonly section: Uint8Array;
  /** y^ of the tile as a decoder has it, without channels of the last group that may be left out, if none is there. */
  readonly yHat: FloatArray;
}

/** The parts of coding, for code that chooses latents by what they cost. */
export interface CodingParts {
  /** The hyper-latent that follows from y: integers. */
  hyperLatent(y: FeatureMap, options: LatentOptions): Promise<FeatureMap>;
  /** What contexts and densities of a tile of y get to know of the hyper-latent, `[1, featureChannels, h, w]`: levels of the exact networks. */
  featuresOf(z: FeatureMap, tile: Rectangle): Promise<FloatArray>;
  /**
   * Codes one tile in a section of its own.
   * @param y `[1, M, h, w]`
   * @param options.withHyperLatent is coded before it, as for an image without tiles
   */
  codeTile(
    y: FloatArray,
    features: FloatArray,
    options: EncodeTileOptions & { readonly withHyperLatent?: FeatureMap | undefined },
  ): Promise<CodedTile>;
}

/** Codes the latents of a network with a hyper-latent. */
export interface HyperpriorCoder extends LatentCoder {
  encode(y: TiledMap, options: LatentOptions & EncodeHyperpriorOptions): Promise<readonly Uint8Array[]>;
  readonly parts: CodingParts;
}

/**
 * The integer nearest to a latent, kept inside of what the entropy coder carries. Ties go up; a decoder sees only integers.
 * @throws {HalfstepError} `non-finite-latent` for a value that is not a number or infinite
 */
export function symbolOf(value: number): number {
  const symbol = Math.round(value);
  if (symbol > -SYMBOL_MAGNITUDE_LIMIT && symbol < SYMBOL_MAGNITUDE_LIMIT) return symbol;
  if (Number.isFinite(value)) return symbol > 0 ? SYMBOL_MAGNITUDE_LIMIT - 1 : 1 - SYMBOL_MAGNITUDE_LIMIT;
  throw new HalfstepError(
    "non-finite-latent",
    `encode: got a latent of ${value}, expected a finite number; the model is damaged or was not trained, use another`,
  );
}

/** Table indexes of symbols ordered by channel when the table is the channel: `[channels * perChannel]`. */
export function channelIndexes(channels: number, perChannel: number): Uint16Array {
  const indexes = new Uint16Array(channels * perChannel);
  for (let channel = 0; channel < channels; channel++) {
    indexes.fill(channel, channel * perChannel, (channel + 1) * perChannel);
  }
  return indexes;
}

/** Symbols as the numbers that a network takes. */
export function toFloats(symbols: Int32Array, shape: FloatArray["shape"]): OwnedArray {
  return { data: Float32Array.from(symbols), shape };
}

/** Refuses a number of sections that does not fit the tiles. */
export function expectSections(sections: readonly Uint8Array[], expected: number): void {
  if (sections.length === expected) return;
  throw new BitstreamError(
    "corrupt-payload",
    `stream: got ${sections.length} sections, expected ${expected} for this image and model; the file is damaged, fetch it again`,
  );
}
