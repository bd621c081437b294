/**
 * The header of a `.hst` stream: its fields, limits, writer and reader (FORMAT.md, "Container").
 *
 * Reading allocates nothing that depends on a field, and checks every field against its limit. It refuses reserved bits, and versions other than
 * 1 and 2.
 */
import { checkBytes } from "../../arguments.ts";
import { BitstreamError } from "../../errors.ts";
import { appendVarint, readVarint } from "./varint.ts";

/** 0x89 "HS" line feed. The first byte reveals a channel that cuts the eighth bit, the last byte one that converts line ends. */
const MAGIC: readonly number[] = [0x89, 0x48, 0x53, 0x0a];
/** The version of streams without transparency. */
const PLAIN_VERSION = 1;
/** The newest version, that of streams with an alpha plane. Version 1 is read too. */
const FORMAT_VERSION = 2;
/** The flag of version 2: there is an alpha plane. It is always set. */
const ALPHA_FLAG = 1;
/** A header names the model by so many bytes, the first of its SHA-256. */
export const MODEL_IDENTITY_BYTES = 8;
/** Width and height are at most this, in pixels. */
export const SIDE_LIMIT = 65535;
/** Width times height is at most this, in pixels. */
export const PIXEL_LIMIT: number = 2 ** 28;
/** Quality is at most this. */
const QUALITY_LIMIT = 65535;
/** All sections together are at most this long, in bytes. */
const PAYLOAD_BYTES_LIMIT: number = 2 ** 30;
/** Sides of tiles are multiples of this, in pixels. */
export const TILE_SIZE_UNIT = 64;
/** Sides of tiles are at most this, in pixels. */
export const TILE_SIZE_LIMIT = 65472;
/** Bytes of the checksum at the end. */
export const CHECKSUM_BYTES = 4;
/** No header is longer. So many bytes of a file are enough for `readHeader`. */
export const HEADER_BYTES_LIMIT = 32;

/** What a stream says about itself. */
export interface StreamHeader {
  /** Format version: 1, or 2 for a stream with an alpha plane. */
  readonly version: number;
  /** Whether the image has transparency. */
  readonly hasAlpha: boolean;
  /** `[8]`: the first bytes of the SHA-256 of the model that decodes this stream. */
  readonly modelIdentity: Uint8Array;
  /** Pixels per row, 1..65535. */
  readonly width: number;
  /** Rows, 1..65535; width * height is at most 2^28. */
  readonly height: number;
  /** Setting of a variable-rate model, 1..65535; 0 for a model of fixed rate. */
  readonly quality: number;
  /** Side of a tile in pixels, a multiple of 64; 0: not tiled. */
  readonly tileSize: number;
  /** Bytes between header and checksum: the alpha plane after its length, if there is one, and the sections, with their lengths if the image is tiled. */
  readonly payloadByteLength: number;
  /** Length of the header itself: where the first section begins. */
  readonly headerByteLength: number;
  /** Length of the whole stream: header, sections and checksum. */
  readonly streamByteLength: number;
}

/** Fields that the writer chooses. */
export interface StreamFields {
  /** `[8]`, see {@link StreamHeader.modelIdentity}. */
  readonly modelIdentity: Uint8Array;
  /** Pixels, see {@link StreamHeader.width}. */
  readonly width: number;
  /** Pixels, see {@link StreamHeader.height}. */
  readonly height: number;
  /** Default 0: fixed rate. */
  readonly quality?: number;
  /** See {@link StreamHeader.tileSize}. Default 0: not tiled. */
  readonly tileSize?: number;
}

/** The error `truncated`, with what to do about it. */
export function truncatedStream(what: string, got: number): BitstreamError {
  return new BitstreamError("truncated", `stream: got ${got} bytes, expected ${what}; fetch the file again`);
}

function expectInteger(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`writeStream: got ${name} ${value}, expected an integer in ${low}..${high}`);
  }
}

/**
 * The bytes of a header.
 * @throws {RangeError} for a field beyond its limit
 */
export function encodeHeader(fields: StreamFields, payloadByteLength: number, hasAlpha: boolean): Uint8Array {
  const { modelIdentity, width, height, quality = 0, tileSize = 0 } = fields;
  expectInteger("width", width, 1, SIDE_LIMIT);
  expectInteger("height", height, 1, SIDE_LIMIT);
  expectInteger("width * height", width * height, 1, PIXEL_LIMIT);
  expectInteger("quality", quality, 0, QUALITY_LIMIT);
  expectInteger("tile size", tileSize, 0, TILE_SIZE_LIMIT);
  expectInteger("tile size / 64", tileSize / TILE_SIZE_UNIT, 0, TILE_SIZE_LIMIT / TILE_SIZE_UNIT);
  expectInteger("payload length", payloadByteLength, 0, PAYLOAD_BYTES_LIMIT);
  expectInteger("model identity length", modelIdentity.length, MODEL_IDENTITY_BYTES, MODEL_IDENTITY_BYTES);
  const preamble = hasAlpha ? [FORMAT_VERSION, ALPHA_FLAG] : [PLAIN_VERSION, 0];
  const bytes = [...MAGIC, ...preamble, ...modelIdentity];
  for (const value of [width, height, quality, tileSize, payloadByteLength]) appendVarint(bytes, value);
  return Uint8Array.from(bytes);
}

function limitExceeded(what: string, value: number, limit: string): BitstreamError {
  return new BitstreamError(
    "limit-exceeded",
    `header: got ${what} ${value}, expected ${limit}; the file is damaged or beyond what this format carries`,
  );
}

/** Reads magic, version and flags. They must be right before any other byte has a meaning. */
function readPreamble(bytes: Uint8Array): { readonly version: number; readonly end: number } {
  for (const [i, expected] of MAGIC.entries()) {
    if (i >= bytes.length) throw truncatedStream(`a header of at least ${MAGIC.length + 2} bytes`, bytes.length);
    if (bytes[i] !== expected) {
      throw new BitstreamError(
        "bad-magic",
        "stream: the first bytes are not those of a .hst file; check that it is one and was not transferred as text",
      );
    }
  }
  const [version, flags] = [bytes[MAGIC.length], bytes[MAGIC.length + 1]];
  if (version === undefined) throw truncatedStream("a version byte", bytes.length);
  if (version !== PLAIN_VERSION && version !== FORMAT_VERSION) {
    throw new BitstreamError(
      "unsupported-version",
      `header: got format version ${version}, expected ${PLAIN_VERSION} or ${FORMAT_VERSION}; install a version of halfstep that reads it`,
    );
  }
  if (flags === undefined) throw truncatedStream("a flags byte", bytes.length);
  const expected = version === FORMAT_VERSION ? ALPHA_FLAG : 0;
  if (flags !== expected) {
    throw new BitstreamError(
      "bad-header",
      `header: got flags ${flags} in version ${version}, expected ${expected}; the file is damaged, fetch it again`,
    );
  }
  return { version, end: MAGIC.length + 2 };
}

/**
 * Reads only the header. The sections may be missing or damaged, and the checksum is not verified.
 * @param bytes a stream, or its first 32 bytes or more
 * @throws {BitstreamError} `bad-magic`, `unsupported-version`, `bad-header`, `limit-exceeded` or `truncated`
 * @throws {TypeError} for anything but a Uint8Array
 */
export function readHeader(bytes: Uint8Array): StreamHeader {
  checkBytes(bytes, "readHeader: the stream");
  const { version, end } = readPreamble(bytes);
  let at = end;
  if (bytes.length < at + MODEL_IDENTITY_BYTES) throw truncatedStream("a model identity", bytes.length);
  // Of a Buffer, slice would be a view.
  const modelIdentity = Uint8Array.from(bytes.subarray(at, at + MODEL_IDENTITY_BYTES));
  at += MODEL_IDENTITY_BYTES;
  const next = (what: string) => {
    const read = readVarint(bytes, at, what);
    at = read.end;
    return read.value;
  };
  const width = next("width");
  if (width < 1 || width > SIDE_LIMIT) throw limitExceeded("width", width, `1..${SIDE_LIMIT} pixels`);
  const height = next("height");
  if (height < 1 || height > SIDE_LIMIT) throw limitExceeded("height", height, `1..${SIDE_LIMIT} pixels`);
  if (width * height > PIXEL_LIMIT) throw limitExceeded("pixels", width * height, `at most ${PIXEL_LIMIT}`);
  const quality = next("quality");
  if (quality > QUALITY_LIMIT) throw limitExceeded("quality", quality, `0..${QUALITY_LIMIT}`);
  const tileSize = next("tile size");
  if (tileSize > TILE_SIZE_LIMIT || tileSize % TILE_SIZE_UNIT !== 0) {
    throw limitExceeded("tile size", tileSize, `0 or a multiple of ${TILE_SIZE_UNIT} up to ${TILE_SIZE_LIMIT}`);
  }
  const payloadByteLength = next("payload length");
  if (payloadByteLength > PAYLOAD_BYTES_LIMIT) {
    throw limitExceeded("payload length", payloadByteLength, `at most ${PAYLOAD_BYTES_LIMIT} bytes`);
  }
  return {
    version,
    hasAlpha: version === FORMAT_VERSION,
    modelIdentity,
    width,
    height,
    quality,
    tileSize,
    payloadByteLength,
    headerByteLength: at,
    streamByteLength: at + payloadByteLength + CHECKSUM_BYTES,
  };
}
