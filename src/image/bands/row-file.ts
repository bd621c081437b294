/**
 * Rows of an uncompressed image in libvips' own file format ("vips", ending .v): a header of 64 bytes, then the rows. Reads RGB
 * and RGBA of 8 bits as this project has sharp write them, and refuses everything else as a broken invariant.
 */
import type { FileHandle } from "node:fs/promises";
import { HalfstepError } from "../../errors.ts";
import type { ImageSource } from "../image-rows.ts";
import { flattenOntoWhite, isOpaque } from "../read-image.ts";

const HEADER_BYTES = 64;
/** First bytes of the file where the numbers after them have their least significant byte first. */
const LITTLE_ENDIAN = "b6a6f208";
/** Bytes at a time in which alpha is looked through. */
const LOOK_BYTES = 2 ** 22;

/** What is expected in the file. */
interface RowFileOptions {
  /** What messages name: the image that the rows are of. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** 4: with alpha, which is flattened onto white. */
  readonly channels: 3 | 4;
}

/** An open file of rows. */
export class RowFile implements ImageSource {
  readonly width: number;
  readonly height: number;
  readonly #path: string;
  readonly #channels: 3 | 4;
  readonly #file: FileHandle;
  /** The last band, whose memory the next one takes. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @param file stays the caller's, to be closed. */
  constructor(file: FileHandle, { path, width, height, channels }: RowFileOptions) {
    this.#file = file;
    this.#path = path;
    this.width = width;
    this.height = height;
    this.#channels = channels;
  }

  /** Makes sure that the file holds what is expected. */
  async checkHeader(): Promise<void> {
    const header = await this.#read(0, HEADER_BYTES);
    const { buffer, byteOffset } = header;
    const little = Buffer.from(buffer, byteOffset, 4).toString("hex") === LITTLE_ENDIAN;
    const fields = new DataView(buffer, byteOffset, HEADER_BYTES);
    // Width, height, channels; after the bits of a sample, which are not filled in: sample type (0: 8 bits) and coding (0: none).
    const found = [4, 8, 12, 20, 24].map((at) => fields.getUint32(at, little));
    const expected = [this.width, this.height, this.#channels, 0, 0];
    if (found.join() === expected.join()) return;
    throw new Error(`internal: libvips wrote an image of ${found.join(", ")}, expected ${expected.join(", ")}`);
  }

  /** Whether no pixel is transparent. Ends at the first that is. */
  async opaque(): Promise<boolean> {
    if (this.#channels === 3) return true;
    const end = HEADER_BYTES + 4 * this.width * this.height;
    for (let at = HEADER_BYTES; at < end; at += LOOK_BYTES) {
      if (!isOpaque(await this.#read(at, Math.min(LOOK_BYTES, end - at)))) return false;
    }
    return true;
  }

  async readRows(top: number, count: number): Promise<Uint8Array> {
    const rowBytes = this.#channels * this.width;
    const rows = await this.#read(HEADER_BYTES + rowBytes * top, rowBytes * count);
    return this.#channels === 3 ? rows : flattenOntoWhite(rows);
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
        `${this.#path}: its temporary file cannot be read (${error instanceof Error ? error.message : String(error)}); run again`,
        { cause: error },
      );
    }
    return bytes;
  }
}
