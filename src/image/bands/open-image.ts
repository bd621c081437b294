/**
 * Opens an image file of any size as a source of rows, with the same pixels and notes as `readImage`. Based on sharp (libvips).
 *
 * sharp gives pixels to JavaScript only as a whole, but writes them to a file as a stream. A large image is therefore written once,
 * uncompressed, into a temporary file (libvips' own format: a header of 64 bytes, then the rows), from which bands are read. Meanwhile
 * libvips itself holds some rows of a baseline JPEG, a TIFF or a PNG. It holds all of a progressive JPEG, an interlaced PNG, a WebP, an
 * AVIF, a GIF, or an image that is turned upright.
 */
import { open, rm } from "node:fs/promises";
import { withTemporaryPath } from "../../atomic-file.ts";
import { HalfstepError } from "../../errors.ts";
import { decodeSamples } from "../files/decode-samples.ts";
import { type ImageFile, withImageFile } from "../files/image-file.ts";
import { type InspectedImage, inspectImage } from "../files/inspect-image.ts";
import { type ImageSource, imageSource } from "../image-rows.ts";
import { WHITE } from "../pixel-layout.ts";
import { flattenedNote, type ReadImageOptions, readWhole } from "../read-image.ts";
import { RowFile } from "./row-file.ts";

/** An image file whose rows can be read. Close it when done. */
export interface OpenImage {
  readonly source: ImageSource;
  /** As those of `readImage`. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** How {@link openImage} opens. */
export interface OpenImageOptions extends ReadImageOptions {
  /** An existing folder for the temporary file, which takes 1 to 2 bytes for each channel of a pixel. */
  readonly temporaryFolder: string;
  /** Images of at most this many pixels are read whole, without a temporary file. Default 2^20. */
  readonly wholeUpToPixels?: number;
  /** Told the size of the image before it is read; what it throws is passed on. */
  readonly accept?: (size: { readonly width: number; readonly height: number }) => void;
}

/**
 * Opens an image file; "-" is standard input.
 * @throws {HalfstepError} as `readImage`; `cannot-write` if there is no room for the temporary file
 */
export function openImage(path: string, options: OpenImageOptions): Promise<OpenImage> {
  return withImageFile(path, async (file) => {
    const { wholeUpToPixels = 2 ** 20, accept } = options;
    const inspected = await inspectImage(file);
    accept?.(inspected);
    if (inspected.width * inspected.height > wholeUpToPixels) return writeOut(file, inspected, options);
    const { image, notes } = await readWhole(file, inspected, options);
    return { source: imageSource(image), notes, close: async () => undefined };
  });
}

/** Writes the pixels into a temporary file and opens it. */
async function writeOut(file: ImageFile, inspected: InspectedImage, options: OpenImageOptions): Promise<OpenImage> {
  const { width, height, layout, samples } = inspected;
  const { temporaryFolder: folder, background = WHITE } = options;
  const opened = await withTemporaryPath(folder, ".v", async (temporary) => {
    try {
      const { notes } = await decodeSamples(file, inspected, (source) => source.toFile(temporary));
      const handle = await open(temporary);
      // Without a name it cannot be left behind: it ends with the handle, or with the process.
      await rm(temporary);
      return { handle, notes };
    } catch (error) {
      const reason = writeFailure(error);
      if (reason === null) throw error;
      const needed = Math.ceil((layout.channels * (samples.bits / 8) * width * height) / 1e6);
      throw new HalfstepError(
        "cannot-write",
        `${file.name}: its pixels cannot be kept in ${folder} (${reason}), expected ${needed} MB of room; make room, or name an output elsewhere`,
        { cause: error },
      );
    }
  });
  const { handle } = opened;
  try {
    const rows = new RowFile(handle, { path: file.name, width, height, bits: samples.bits, layout, background });
    await rows.checkHeader();
    const transparent = await rows.findTransparency();
    const notes = transparent && background !== null ? [...opened.notes, flattenedNote(background)] : opened.notes;
    return { source: rows, notes, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Why libvips could not write, in its words; null if it failed otherwise, because of what it read. */
function writeFailure(error: unknown): string | null {
  const cause = error instanceof HalfstepError ? error.cause : error;
  if (!(cause instanceof Error) || !/write failed|unable to write|for write/.test(cause.message)) return null;
  return (/system error: (.*)/.exec(cause.message)?.[1] ?? cause.message).trim();
}
