/**
 * Rows of an uncompressed image in libvips' own file format ("vips", ending .v): a header of 64 bytes, then the rows. Reads samples
 * of 8 and 16 bits as this project has sharp write them, and refuses everything else as a broken invariant.
 */
import type { FileHandle } from "node:fs/promises";
import { HalfstepError } from "../../errors.ts";
import type { ImageSource } from "../image-rows.ts";
import {
  flattenOnto,
  isOpaque,
  type PixelLayout,
  type RgbColour,
  type UnpackedPixels,
  unpackPixels,
} from "../pixel-layout.ts";

const HEADER_BYTES = 64;
/** First bytes of the file where the numbers after them have their least significant byte first. */
const LITTLE_ENDIAN = "b6a6f208";
/** libvips' numbers of the types of samples: unsigned of 8 and of 16 bits. */
const SAMPLE_TYPES: Readonly<Record<8 | 16, number>> = { 8: 0, 16: 2 };
/** Bytes at a time in which alpha is looked through. */
const LOOK_BYTES = 2 ** 22;

/** What is expected in the file. */
interface RowFileOptions {
  /** What messages name: the image that the rows are of. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  readonly layout: PixelLayout;
  /** What transparent pixels are laid on; null keeps them. */
  readonly background: RgbColour | null;
}

/** An open file of rows. */
export class RowFile implements ImageSource {
  readonly width: number;
  readonly height: number;
  /** Set when {@link findTransparency} has found transparency to keep. */
  readAlpha?: (top: number, count: number) => Promise<Uint8Array>;
  readonly #options: RowFileOptions;
  readonly #file: FileHandle;
  #opaque: boolean;
  /** The last band, whose memory the next one takes. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @param file stays the caller's, to be closed. */
  constructor(file: FileHandle, options: RowFileOptions) {
    this.#file = file;
    this.#options = options;
    this.#opaque = options.layout.alphaChannel === null;
    this.width = options.width;
    this.height = options.height;
  }

  /** Makes sure that the file holds what is expected. */
  async checkHeader(): Promise<void> {
    const header = await this.#read(0, HEADER_BYTES);
    const { buffer, byteOffset } = header;
    const little = Buffer.from(buffer, byteOffset, 4).toString("hex") === LITTLE_ENDIAN;
    const fields = new DataView(buffer, byteOffset, HEADER_BYTES);
    // Width, height, channels; after the bits of a sample, which are not filled in: type of the samples and coding (0: none).
    const found = [4, 8, 12, 20, 24].map((at) => fields.getUint32(at, little));
    const { bits, layout } = this.#options;
    const expected = [this.width, this.height, layout.channels, SAMPLE_TYPES[bits], 0];
    if (found.join() === expected.join()) return;
    throw new Error(`internal: libvips wrote an image of ${found.join(", ")}, expected ${expected.join(", ")}`);
  }

  /** Whether a pixel is transparent. Ends at the first that is. */
  async findTransparency(): Promise<boolean> {
    const rows = Math.max(1, Math.floor(LOOK_BYTES / this.#rowBytes));
    for (let top = 0; top < this.height && this.#options.layout.alphaChannel !== null; top += rows) {
      const { alpha } = await this.#unpack(top, Math.min(rows, this.height - top));
      if (alpha === null || isOpaque(alpha)) continue;
      if (this.#options.background === null) this.readAlpha = (from, count) => this.#alphaRows(from, count);
      return true;
    }
    this.#opaque = true;
    return false;
  }

  async readRows(top: number, count: number): Promise<Uint8Array> {
    const { data, alpha } = await this.#unpack(top, count);
    const { background } = this.#options;
    if (alpha !== null && !this.#opaque && background !== null) flattenOnto(data, alpha, background);
    return data;
  }

  async #alphaRows(top: number, count: number): Promise<Uint8Array> {
    const { alpha } = await this.#unpack(top, count);
    if (alpha === null) throw new Error("internal: alpha was asked for where there is none");
    return alpha;
  }

  get #rowBytes(): number {
    return (this.#options.bits / 8) * this.#options.layout.channels * this.width;
  }

  async #unpack(top: number, count: number): Promise<UnpackedPixels> {
    const bytes = await this.#read(HEADER_BYTES + this.#rowBytes * top, this.#rowBytes * count);
    const { bits, layout } = this.#options;
    return unpackPixels(bits === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), layout);
  }

  /** @throws {HalfstepError} `cannot-read` if the file ends too early or the system fails */
  async #read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    const bytes = this.#buffer.subarray(0, length);
    try {
      for (let filled = 0; filled < length; ) {
        const { bytesRead } = await this.#file.read(bytes, filled, length - filled, position + filled);
        if (bytesRead === 0) throw new Error("it ends too early");
        filled += bytesRead;
      }
    } catch (error) {
      throw new HalfstepError(
        "cannot-read",
        `${this.#options.path}: its temporary file cannot be read (${error instanceof Error ? error.message : String(error)}); run again`,
        { cause: error },
      );
    }
    return bytes;
  }
}
