/**
 * The `.hst` container: a header, the sections (one, or several for an image in tiles), and a checksum over all of it
 * (FORMAT.md, "Container"). It carries bytes and does not know what they mean.
 *
 * A stream is read as a whole or not at all. Missing bytes, bytes after the end, and any change that the checksum finds are refused. No memory is
 * allocated by a length that was not compared with the number of bytes.
 */
import { BitstreamError } from "../../errors.ts";
import { crc32 } from "./crc32.ts";
import {
  CHECKSUM_BYTES,
  encodeHeader,
  readHeader,
  type StreamFields,
  type StreamHeader,
  truncatedStream,
} from "./stream-header.ts";
import { appendVarint, readVarint } from "./varint.ts";

/** What {@link writeStream} puts into a file. */
export interface StreamContents extends StreamFields {
  /** Exactly one section if the image is not tiled. Otherwise at least one, and at most one for each tile plus one. */
  readonly sections: readonly Uint8Array[];
  /** The alpha plane, compressed; at least one byte. Left out for an image without transparency. */
  readonly alpha?: Uint8Array;
}

/** A stream whose checksum is right. */
export interface Stream {
  readonly header: StreamHeader;
  /** The sections, as views of the bytes that were read, not copies. */
  readonly sections: readonly Uint8Array[];
  /** The compressed alpha plane, also a view; null if there is none. */
  readonly alpha: Uint8Array | null;
}

/** Largest number of sections of an image: one for each tile plus one. */
function sectionLimit({ width, height, tileSize = 0 }: StreamFields): number {
  return tileSize === 0 ? 1 : 1 + Math.ceil(width / tileSize) * Math.ceil(height / tileSize);
}

/** The payload: the alpha plane after its length, then the single section, or each of several sections after its length. */
function payloadParts({ sections, alpha, tileSize = 0 }: StreamContents): readonly Uint8Array[] {
  const behindLength = (part: Uint8Array): readonly Uint8Array[] => {
    const length: number[] = [];
    appendVarint(length, part.length);
    return [Uint8Array.from(length), part];
  };
  return [
    ...(alpha === undefined ? [] : behindLength(alpha)),
    ...(tileSize === 0 ? sections : sections.flatMap(behindLength)),
  ];
}

/**
 * Writes a stream of format version 1, or 2 if there is an alpha plane: 23 to 35 bytes (26 to 28 for 768 x 512 pixels) and the sections.
 * @throws {RangeError} for a field beyond its limit, a number of sections that does not fit the tiles, or an alpha plane of no bytes
 */
export function writeStream(contents: StreamContents): Uint8Array<ArrayBuffer> {
  const count = contents.sections.length;
  const limit = sectionLimit(contents);
  if (count < 1 || count > limit) {
    throw new RangeError(`writeStream: got ${count} sections, expected 1..${limit} for this image and tile size`);
  }
  if (contents.alpha?.length === 0)
    throw new RangeError("writeStream: got an empty alpha plane, expected at least one byte");
  const parts = payloadParts(contents);
  const payloadByteLength = parts.reduce((sum, part) => sum + part.length, 0);
  const header = encodeHeader(contents, payloadByteLength, contents.alpha !== undefined);
  const bodyLength = header.length + payloadByteLength;
  const bytes = new Uint8Array(bodyLength + CHECKSUM_BYTES);
  bytes.set(header);
  let at = header.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  new DataView(bytes.buffer).setUint32(bodyLength, crc32(bytes.subarray(0, bodyLength)), true);
  return bytes;
}

/** Splits the payload of a tiled image into sections. */
function splitSections(payload: Uint8Array, header: StreamHeader): readonly Uint8Array[] {
  const limit = sectionLimit(header);
  const sections: Uint8Array[] = [];
  for (let at = 0; at < payload.length; ) {
    const { value: length, end } = readVarint(payload, at, "section length");
    if (length > payload.length - end || sections.length === limit) {
      throw new BitstreamError(
        "bad-header",
        `stream: section ${sections.length}: got a length of ${length} with ${payload.length - end} bytes left, expected at most ${limit} sections that fit; the file is damaged, fetch it again`,
      );
    }
    sections.push(payload.subarray(end, end + length));
    at = end + length;
  }
  return sections;
}

/**
 * Reads a stream and verifies all of it.
 * @param bytes exactly one stream
 * @throws {BitstreamError} the codes of `readHeader`; `truncated` for missing bytes, `bad-header` for bytes after the end,
 *   `checksum-mismatch` for changed ones
 */
export function readStream(bytes: Uint8Array): Stream {
  const header = readHeader(bytes);
  const { headerByteLength, streamByteLength } = header;
  if (bytes.length < streamByteLength) throw truncatedStream(`${streamByteLength}`, bytes.length);
  if (bytes.length > streamByteLength) {
    throw new BitstreamError(
      "bad-header",
      `stream: got ${bytes.length - streamByteLength} bytes after the end, expected none; the file is damaged or has data appended`,
    );
  }
  const bodyLength = streamByteLength - CHECKSUM_BYTES;
  const stored = new DataView(bytes.buffer, bytes.byteOffset + bodyLength, CHECKSUM_BYTES).getUint32(0, true);
  const computed = crc32(bytes.subarray(0, bodyLength));
  if (stored !== computed) {
    const hex = (value: number) => value.toString(16).padStart(8, "0");
    throw new BitstreamError(
      "checksum-mismatch",
      `stream: got checksum ${hex(computed)}, expected ${hex(stored)}; bytes were changed on the way, fetch the file again`,
    );
  }
  const payload = bytes.subarray(headerByteLength, bodyLength);
  const { alpha, rest } = header.hasAlpha ? splitAlpha(payload) : { alpha: null, rest: payload };
  const sections = header.tileSize === 0 ? [rest] : splitSections(rest, header);
  return { header, sections, alpha };
}

/** Takes the alpha plane from the start of a payload. */
function splitAlpha(payload: Uint8Array): { readonly alpha: Uint8Array; readonly rest: Uint8Array } {
  const { value: length, end } = readVarint(payload, 0, "length of the alpha plane");
  const left = payload.length - end;
  if (length < 1 || length > left) {
    throw new BitstreamError(
      "bad-header",
      `stream: got an alpha plane of ${length} bytes with ${left} left, expected 1..${left}; the file is damaged, fetch it again`,
    );
  }
  return { alpha: payload.subarray(end, end + length), rest: payload.subarray(end + length) };
}
