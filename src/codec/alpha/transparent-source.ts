/**
 * Images with transparency on the way into a codec: their alpha as a section of the stream, and colours under full transparency that
 * cost little. Nobody sees those, so the encoder may choose them: a smooth continuation of what is visible around.
 *
 * An image is looked through once, by bands, for its alpha and for the mean colours of blocks; blocks where nothing is visible take the
 * mean of larger and larger surroundings, and between the middles of blocks colours are interpolated. All of it is integers and ordinary arithmetic
 * in the same order at every size of band, so that streams do not depend on how the image comes.
 */
import type { ImageSource } from "../../image/image-rows.ts";
import { AlphaEncoder } from "./alpha-plane.ts";
import type { Deflate } from "./deflate.ts";

/** Side of a block in pixels: that of an element of y. */
const BLOCK = 16;
/** Pixels that are looked through at a time, in rows of whole blocks. */
const BAND_PIXELS = 2 ** 20;
/** Colour where nothing is visible at all: the middle of the levels. */
const NOTHING = 128;

/** What a codec needs of a transparent image. */
export interface TransparentImage {
  /** The image with colours chosen where nothing shows. */
  readonly source: ImageSource;
  /** Its alpha, as a section of the stream. */
  readonly section: Uint8Array;
}

/**
 * Looks through an image.
 * @returns null if every pixel is opaque
 * @throws {RangeError} for bands of another length than was asked for; what the source throws is passed on
 */
export async function lookThrough(source: ImageSource, deflate: Deflate): Promise<TransparentImage | null> {
  const { width, height, readAlpha } = source;
  if (readAlpha === undefined) return null;
  const encoder = new AlphaEncoder(width, deflate);
  const means = new BlockMeans(Math.ceil(width / BLOCK), Math.ceil(height / BLOCK));
  let opaque = true;
  const bandRows = BLOCK * Math.max(1, Math.floor(BAND_PIXELS / (BLOCK * width)));
  try {
    for (let top = 0; top < height; top += bandRows) {
      const { data, alpha } = await readBoth(source, readAlpha, top, Math.min(bandRows, height - top));
      opaque &&= alpha.every((value) => value === 255);
      means.add(top, width, data, alpha);
      await encoder.write(alpha);
    }
  } catch (error) {
    await encoder.abandon();
    throw error;
  }
  const section = await encoder.finish();
  if (opaque) return null;
  const colours = means.filled();
  return {
    section,
    source: {
      width,
      height,
      async readRows(top, count) {
        const { data, alpha } = await readBoth(source, readAlpha, top, count);
        colours.fill(top, width, data, alpha);
        return data;
      },
    },
  };
}

/** Rows and their alpha; copies, since a source may use its memory again. */
async function readBoth(
  source: ImageSource,
  readAlpha: (top: number, count: number) => Promise<Uint8Array>,
  top: number,
  count: number,
): Promise<{ readonly data: Uint8Array; readonly alpha: Uint8Array }> {
  const { width } = source;
  const data = Uint8Array.from(await source.readRows(top, count));
  const alpha = Uint8Array.from(await readAlpha.call(source, top, count));
  for (const [name, bytes, channels] of [
    ["", data, 3],
    [" of alpha", alpha, 1],
  ] as const) {
    if (bytes.length === channels * width * count) continue;
    throw new RangeError(
      `encode: got ${bytes.length} bytes${name} for ${count} rows from row ${top} on, expected ${channels} bytes a pixel = ${channels * width * count}`,
    );
  }
  return { data, alpha };
}

/** Sums of visible colours over blocks. */
class BlockMeans {
  readonly #columns: number;
  readonly #rows: number;
  /** Sums of r, g, b and of the weights of each block; weights are alpha. */
  readonly #sums: Float64Array;

  constructor(columns: number, rows: number, sums: Float64Array = new Float64Array(4 * columns * rows)) {
    this.#columns = columns;
    this.#rows = rows;
    this.#sums = sums;
  }

  add(top: number, width: number, data: Uint8Array, alpha: Uint8Array): void {
    const sums = this.#sums;
    for (let pixel = 0; pixel < alpha.length; pixel++) {
      const weight = alpha[pixel]!;
      if (weight === 0) continue;
      const row = top + Math.floor(pixel / width);
      const at = 4 * (Math.floor(row / BLOCK) * this.#columns + Math.floor((pixel % width) / BLOCK));
      for (let channel = 0; channel < 3; channel++) sums[at + channel]! += weight * data[3 * pixel + channel]!;
      sums[at + 3]! += weight;
    }
  }

  /** Means of all blocks; those of empty ones are the means of the smallest surroundings that are not. */
  filled(): BlockColours {
    const [columns, rows, sums] = [this.#columns, this.#rows, this.#sums];
    const above = columns * rows > 1 ? this.#halved().filled() : null;
    const colours = new Float64Array(3 * columns * rows);
    for (let block = 0; block < columns * rows; block++) {
      const weight = sums[4 * block + 3]!;
      const [row, column] = [Math.floor(block / columns), block % columns];
      for (let channel = 0; channel < 3; channel++) {
        const around = weight === 0 ? (above?.at(row >> 1, column >> 1, channel) ?? NOTHING) : 0;
        colours[3 * block + channel] = weight === 0 ? around : sums[4 * block + channel]! / weight;
      }
    }
    return new BlockColours(columns, rows, colours);
  }

  #halved(): BlockMeans {
    const [columns, rows] = [Math.ceil(this.#columns / 2), Math.ceil(this.#rows / 2)];
    const sums = new Float64Array(4 * columns * rows);
    for (let at = 0; at < this.#sums.length; at++) {
      const block = at >> 2;
      const [row, column] = [Math.floor(block / this.#columns) >> 1, (block % this.#columns) >> 1];
      sums[4 * (row * columns + column) + (at & 3)]! += this.#sums[at]!;
    }
    return new BlockMeans(columns, rows, sums);
  }
}

/** A colour for each block. */
class BlockColours {
  readonly #columns: number;
  readonly #rows: number;
  readonly #colours: Float64Array;

  constructor(columns: number, rows: number, colours: Float64Array) {
    this.#columns = columns;
    this.#rows = rows;
    this.#colours = colours;
  }

  at(row: number, column: number, channel: number): number {
    return this.#colours[3 * (row * this.#columns + column) + channel]!;
  }

  /** Colours the pixels of a band that are fully transparent. */
  fill(top: number, width: number, data: Uint8Array, alpha: Uint8Array): void {
    for (let pixel = 0; pixel < alpha.length; pixel++) {
      if (alpha[pixel] !== 0) continue;
      const y = place(top + Math.floor(pixel / width), this.#rows);
      const x = place(pixel % width, this.#columns);
      for (let channel = 0; channel < 3; channel++) {
        const upper = mix(this.at(y.first, x.first, channel), this.at(y.first, x.second, channel), x.part);
        const lower = mix(this.at(y.second, x.first, channel), this.at(y.second, x.second, channel), x.part);
        data[3 * pixel + channel] = Math.round(mix(upper, lower, y.part));
      }
    }
  }
}

/** The two blocks between whose middles a pixel is, and how far it is from one to the other. */
function place(
  pixel: number,
  blocks: number,
): { readonly first: number; readonly second: number; readonly part: number } {
  const at = Math.min(Math.max((pixel + 0.5) / BLOCK - 0.5, 0), blocks - 1);
  const first = Math.floor(at);
  return { first, second: Math.min(first + 1, blocks - 1), part: at - first };
}

function mix(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}
