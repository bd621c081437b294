/**
 * What the markers of a JPEG file say: how many pictures it holds, and whether all of the first is there although the end marker is not.
 * Based on ITU-T T.81, annex B and section G.1, and on CIPA DC-007 (Multi-Picture Format) for the index of further pictures.
 */
import { type ByteReader, bufferedReader, latin1, viewOf } from "./byte-reader.ts";

const MARKERS = { START_OF_SCAN: 0xda, END_OF_IMAGE: 0xd9, APP2: 0xe2, TEMPORARY: 0x01 } as const;
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;
/** A frame header; not DHT (c4), JPG (c8) and DAC (cc). */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Segments that {@link readJpegPictures} looks through at most. */
const MAX_SEGMENTS = 10_000;

/** How many pictures the index of the file names; 1 without an index. */
export async function readJpegPictures(file: ByteReader): Promise<number> {
  const reader = bufferedReader(file);
  for (let at = 2, segment = 0; segment < MAX_SEGMENTS; segment++) {
    const head = await reader.read(at, 4);
    if (head.length < 4 || head[0] !== 0xff) return 1;
    if (head[1] === 0xff) {
      at++;
      continue;
    }
    if (head[1] === MARKERS.START_OF_SCAN) return 1;
    const length = viewOf(head).getUint16(2);
    if (head[1] === MARKERS.APP2) {
      const pictures = picturesOfIndex(Uint8Array.from(await reader.read(at + 4, length - 2)));
      if (pictures !== null) return pictures;
    }
    at += 2 + length;
  }
  return 1;
}

const NUMBER_OF_IMAGES = 0xb001;

/** Null if the segment is not an index of pictures. */
function picturesOfIndex(segment: Uint8Array): number | null {
  if (latin1(segment.subarray(0, 4)) !== "MPF\0" || segment.length < 14) return null;
  const view = viewOf(segment.subarray(4));
  const little = view.getUint16(0) === 0x4949;
  const start = view.getUint32(4, little);
  if (start + 2 > view.byteLength) return null;
  const entries = view.getUint16(start, little);
  for (let at = start + 2, i = 0; i < entries && at + 12 <= view.byteLength; i++, at += 12) {
    if (view.getUint16(at, little) === NUMBER_OF_IMAGES) return view.getUint32(at + 8, little);
  }
  return null;
}

const COEFFICIENTS = 64;

/**
 * Whether the scans of a JPEG file bring every coefficient of every component down to its last bit. Whether the last scan itself is
 * cut, only decoding it can tell.
 */
export function hasAllScans(bytes: Uint8Array): boolean {
  /** For each component, for each coefficient, the lowest bit that has come; bits above it are there. */
  const lowestBits = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === 0xff || marker === 0 || isRestart(marker) || marker === MARKERS.TEMPORARY) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === MARKERS.END_OF_IMAGE) break;
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (isFrame(marker)) {
      for (let component = 0; component < segment[5]!; component++) {
        lowestBits.set(segment[6 + 3 * component]!, new Uint8Array(COEFFICIENTS).fill(255));
      }
    } else if (marker === MARKERS.START_OF_SCAN) noteScan(segment, lowestBits);
    at += 2 + length;
  }
  return lowestBits.size > 0 && [...lowestBits.values()].every((bits) => bits.every((bit) => bit === 0));
}

function noteScan(segment: Uint8Array, lowestBits: ReadonlyMap<number, Uint8Array>): void {
  const count = segment[0]!;
  const [first, last, bits] = segment.subarray(1 + 2 * count);
  if (first === undefined || last === undefined || bits === undefined) return;
  for (let i = 0; i < count; i++) lowestBits.get(segment[1 + 2 * i]!)?.fill(bits & 15, first, last + 1);
}
