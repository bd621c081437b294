/**
 * The `.hst` container: a header, one section for each tile (version 1: one tile), and a checksum over all of it
 * (FORMAT.md, "Container"). It carries bytes and knows nothing of what they mean.
 *
 * A stream is read whole or not at all: it refuses missing bytes, bytes after the end, and any change that the checksum
 * finds. Nothing is allocated by a length that was not compared with the bytes at hand.
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

/** What {@link writeStream} puts into a file. */
export interface StreamContents extends StreamFields {
  /** The sections, one for each tile: exactly one in version 1. */
  readonly sections: readonly Uint8Array[];
}

/** A stream whose checksum is right. */
export interface Stream {
  readonly header: StreamHeader;
  /** The sections, one for each tile; views into the bytes that were read, not copies. */
  readonly sections: readonly Uint8Array[];
}

/**
 * Writes a stream of format version 1: 23 to 33 bytes (26 or 27 for 768 x 512 pixels) and the section.
 * @throws {RangeError} for a field beyond its limit or a number of sections other than one
 */
export function writeStream(contents: StreamContents): Uint8Array {
  const [section, ...others] = contents.sections;
  if (section === undefined || others.length > 0) {
    throw new RangeError(
      `writeStream: got ${contents.sections.length} sections, expected 1 (an image that is not tiled)`,
    );
  }
  const header = encodeHeader(contents, section.length);
  const bodyLength = header.length + section.length;
  const bytes = new Uint8Array(bodyLength + CHECKSUM_BYTES);
  bytes.set(header);
  bytes.set(section, header.length);
  new DataView(bytes.buffer).setUint32(bodyLength, crc32(bytes.subarray(0, bodyLength)), true);
  return bytes;
}

/**
 * Reads a stream and verifies all of it.
 * @param bytes exactly one stream
 * @throws {BitstreamError} the codes of `readHeader`; `truncated` for missing bytes, `bad-header` for bytes after the end,
 *   `checksum-mismatch` for changed ones
 */
export function readStream(bytes: Uint8Array): Stream {
  const header = readHeader(bytes);
  const { headerByteLength, streamByteLength, sectionByteLengths } = header;
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
  let at = headerByteLength;
  const sections = sectionByteLengths.map((length) => {
    const section = bytes.subarray(at, at + length);
    at += length;
    return section;
  });
  return { header, sections };
}
