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
import { freeBuffer } from "../../free-arrays.ts";
import type { ImageRows, RowBand } from "../image-rows.ts";
import { interleaveAlpha } from "../pixel-layout.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Byte before each row: its filter. */
const UP = 2;
/** Bytes of a chunk of compressed pixels, and about those that are filtered at a time. Large, because each one is a trip to another thread and back. */
const CHUNK_BYTES = 2 ** 20;

/**
 * The parts of the file in order. The arrays of the bands become the encoder's own: their memory is freed when they are written.
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
  const feeding = pipeline(
    Readable.from(filtered({ ...rows, bands: ahead(first, bands) }, hasAlpha ? 4 : 3), { highWaterMark: 1 }),
    deflate,
  );
  // A failure ends the loop below too, which passes it on; this keeps it from being called unhandled before.
  feeding.catch(() => undefined);
  for await (const part of deflate) yield* chunk("IDAT", part as Uint8Array);
  await feeding;
  yield* chunk("IEND", new Uint8Array(0));
}

/**
 * What an iterator gives, from its first step on, which was taken already. The next step is taken while the last one is used: one band is compressed
 * on another thread while the next is computed. No more than two bands are in memory.
 */
async function* ahead(
  first: IteratorResult<RowBand>,
  rest: AsyncIterator<RowBand>,
): AsyncGenerator<RowBand, void, undefined> {
  let coming = Promise.resolve(first);
  try {
    for (let step = await coming; step.done !== true; step = await coming) {
      coming = rest.next();
      // It is passed on when it is awaited; this keeps it from being called unhandled before.
      coming.catch(() => undefined);
      yield step.value;
    }
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

/** The rows with their filter bytes, some at a time. */
async function* filtered(
  { width, height, bands }: ImageRows,
  channels: 3 | 4,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rowBytes = channels * width;
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
  let above = new Uint8Array(rowBytes);
  let nextRow = 0;
  for await (const band of bands) {
    checkBand(band, width, nextRow, channels === 4);
    const { data, alpha } = band;
    for (let first = 0; first < band.height; first += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, band.height - first);
      const [start, end] = [width * first, width * (first + rows)];
      const colours = data.subarray(3 * start, 3 * end);
      const pixels = channels === 3 ? colours : interleaveAlpha(colours, alpha?.subarray(start, end));
      const bytes = new Uint8Array((rowBytes + 1) * rows);
      for (let row = 0, to = 0; row < rows; row++) {
        const current = pixels.subarray(rowBytes * row, rowBytes * (row + 1));
        bytes[to++] = UP;
        for (let at = 0; at < rowBytes; at++, to++) bytes[to] = current[at]! - above[at]!;
        above = current;
      }
      // Its own memory: the band's is freed earlier.
      above = above.slice();
      yield bytes;
    }
    for (const { buffer, byteLength } of alpha === undefined ? [data] : [data, alpha]) {
      if (byteLength === buffer.byteLength) freeBuffer(buffer);
    }
    nextRow += band.height;
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
