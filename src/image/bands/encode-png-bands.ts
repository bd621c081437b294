/**
 * A PNG file (8-bit RGB, or RGBA) from bands of rows, in memory that does not grow with the image. Based on the PNG specification, third
 * edition (W3C 2025), sections 5, 9.2 and 10; deflate and CRC-32 are Node's zlib. sharp writes smaller images faster, but wants all
 * pixels at once (`encodePng`).
 *
 * Every row is predicted by the row above it ("Up"), and deflate uses only runs and Huffman codes. On photographs, matches further apart
 * cost most of the time and save next to nothing (docs/log/0011-large-images.md).
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, crc32, createDeflate } from "node:zlib";
import type { ImageRows, RowBand } from "../image-rows.ts";
import { interleaveAlpha } from "../pixel-layout.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Byte before each row: its filter. */
const UP = 2;
/** Bytes of a chunk of compressed pixels. Large, because each one is a trip to another thread and back. */
const CHUNK_BYTES = 2 ** 22;

/**
 * The parts of the file in order.
 * @throws {RangeError} for bands that are not all rows of the image in order; what making the bands throws is passed on
 */
export async function* encodePngBands(rows: ImageRows): AsyncGenerator<Uint8Array, void, undefined> {
  yield SIGNATURE;
  // The first band shows whether there is transparency.
  const bands = rows.bands[Symbol.asyncIterator]();
  const first = await bands.next();
  const hasAlpha = first.done !== true && first.value.alpha !== undefined;
  yield* chunk("IHDR", imageHeader(rows.width, rows.height, hasAlpha));
  const deflate = createDeflate({ level: 1, strategy: constants.Z_RLE, chunkSize: CHUNK_BYTES });
  // One band is compressed on another thread while the next is computed.
  const feeding = pipeline(
    Readable.from(filtered({ ...rows, bands: again(first, bands) }, hasAlpha ? 4 : 3), { highWaterMark: 1 }),
    deflate,
  );
  // A failure ends the loop below too, which passes it on; this keeps it from being called unhandled before.
  feeding.catch(() => undefined);
  for await (const part of deflate) yield* chunk("IDAT", part as Uint8Array);
  await feeding;
  yield* chunk("IEND", new Uint8Array(0));
}

/** What an iterator gives, from its first step on, which was taken already. */
async function* again(
  first: IteratorResult<RowBand>,
  rest: AsyncIterator<RowBand>,
): AsyncGenerator<RowBand, void, undefined> {
  try {
    for (let step = first; step.done !== true; step = await rest.next()) yield step.value;
  } finally {
    await rest.return?.();
  }
}

/** Length, type, contents and checksum. */
function* chunk(type: string, data: Uint8Array): Generator<Uint8Array, void, undefined> {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, "latin1");
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data, crc32(head.subarray(4))));
  yield head;
  yield data;
  yield checksum;
}

/** Sizes; 8 bits a sample; colour type RGB or RGBA; the only compression and filter method; not interlaced. */
function imageHeader(width: number, height: number, hasAlpha: boolean): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, hasAlpha ? 6 : 2, 0, 0, 0], 8);
  return header;
}

/** The rows with their filter bytes, band by band. */
async function* filtered(
  { width, height, bands }: ImageRows,
  channels: 3 | 4,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rowBytes = channels * width;
  let above = new Uint8Array(rowBytes);
  let nextRow = 0;
  for await (const band of bands) {
    checkBand(band, width, nextRow, channels === 4);
    const pixels = channels === 3 ? band.data : interleaveAlpha(band.data, band.alpha);
    const bytes = new Uint8Array((rowBytes + 1) * band.height);
    for (let row = 0, to = 0; row < band.height; row++) {
      const current = pixels.subarray(rowBytes * row, rowBytes * (row + 1));
      bytes[to++] = UP;
      for (let at = 0; at < rowBytes; at++, to++) bytes[to] = current[at]! - above[at]!;
      above = current;
    }
    // Its own memory: the band's may be written to again.
    above = above.slice();
    nextRow += band.height;
    yield bytes;
  }
  if (nextRow !== height) throw new RangeError(`encodePngBands: got ${nextRow} rows, expected ${height}`);
}

function checkBand({ top, height, data, alpha }: RowBand, width: number, expectedTop: number, hasAlpha: boolean): void {
  const alphaFits = hasAlpha ? alpha?.length === width * height : alpha === undefined;
  if (top === expectedTop && height >= 1 && data.length === 3 * width * height && alphaFits) return;
  throw new RangeError(
    `encodePngBands: got ${data.length} bytes for ${height} rows from row ${top} on, expected whole rows from row ${expectedTop} on`,
  );
}
