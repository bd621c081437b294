/**
 * Pictures in a worker beside that of the codec. It reads picture files as the browser does, makes files of other formats of the same size, and measures. It
 * keeps one picture: the last that was opened.
 */
import * as Comlink from "comlink";
import { msSsimOrNull } from "../../../src/evaluate/ms-ssim.ts";
import { psnr } from "../../../src/evaluate/psnr.ts";
import type { Image } from "../../../src/image/image.ts";
import { imageFromRgba, rgbaFromImage } from "../../../src/image/rgba.ts";
import { encodeAs, type OpponentFormat } from "./opponent-encoders.ts";
import { largestWithin } from "./size-search.ts";

/** How near a picture is to the one that was opened; transparent ones are laid on white before they are compared. */
export interface Likeness {
  /** Infinity for the same picture. */
  readonly psnrDb: number;
  /** 0..1; null for a side under 161 pixels. */
  readonly msSsim: number | null;
}

/** A file of another format. */
export interface OpponentPicture extends Likeness {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly bitmap: ImageBitmap;
  readonly quality: number;
  /** Whether the format's smallest file is still larger than was asked for. */
  readonly isTooLarge: boolean;
  /** Of the one encoding whose file this is. */
  readonly encodeMs: number;
}

/** A picture larger than this is not opened: its levels are held a few times. */
const MOST_PIXELS = 50_000_000;
const WHITE: readonly [number, number, number] = [255, 255, 255];

/** A running search for an opponent ends when this number has changed. */
let turn = 0;
let source: { readonly pixels: ImageData; readonly onWhite: Image } | null = null;

function opened(): NonNullable<typeof source> {
  if (source === null) throw new Error("internal: no picture was opened");
  return source;
}

function pixelsOf(bitmap: ImageBitmap): ImageData {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("canvas: the browser gave no context for 2D; close other pages to free memory");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

async function read(file: Blob): Promise<ImageBitmap> {
  try {
    // Not multiplied by alpha: levels under half transparency would come back changed.
    return await createImageBitmap(file, { premultiplyAlpha: "none" });
  } catch (error) {
    throw new Error("This is no picture that the browser can read. Try a PNG, JPEG, WebP or AVIF.", { cause: error });
  }
}

function likeness(pixels: ImageData): Likeness {
  const image = imageFromRgba(pixels, { background: WHITE });
  const { onWhite } = opened();
  return { psnrDb: psnr(onWhite, image), msSsim: msSsimOrNull(onWhite, image) };
}

const api = {
  /**
   * Reads a picture file and keeps its levels.
   * @returns the same to look at
   * @throws {Error} for what the browser cannot read, and for too many pixels
   */
  async open(file: Blob): Promise<ImageBitmap> {
    turn++;
    const bitmap = await read(file);
    const count = bitmap.width * bitmap.height;
    if (count > MOST_PIXELS) {
      bitmap.close();
      throw new Error(
        `This picture has ${Math.round(count / 1e6)} megapixels; the page takes up to ${MOST_PIXELS / 1e6}. The command line takes larger ones.`,
      );
    }
    const pixels = pixelsOf(bitmap);
    source = { pixels, onWhite: imageFromRgba(pixels, { background: WHITE }) };
    return Comlink.transfer(bitmap, [bitmap]);
  },

  /** A copy of the levels of the opened picture. */
  levels(): Image {
    const image = imageFromRgba(opened().pixels);
    const alpha = image.alpha === undefined ? [] : [image.alpha.buffer as ArrayBuffer];
    return Comlink.transfer(image, [image.data.buffer as ArrayBuffer, ...alpha]);
  },

  /** How near a decoded picture is to the opened one. */
  measure(image: Image): Likeness {
    const { data, width } = rgbaFromImage(image);
    return likeness(new ImageData(data, width));
  },

  /**
   * The largest file of a format that has at most `mostBytes`, found by trying qualities. Null if meanwhile another file was asked for, or another picture
   * was opened.
   */
  async opponent(format: OpponentFormat, mostBytes: number): Promise<OpponentPicture | null> {
    const { pixels } = opened();
    const mine = ++turn;
    const found = await largestWithin(mostBytes, async (quality) => {
      // Lets in the messages that came meanwhile.
      await new Promise((resolve) => setTimeout(resolve));
      if (turn !== mine) return null;
      const start = performance.now();
      const bytes = await encodeAs(format, pixels, quality);
      return { bytes, ms: performance.now() - start };
    });
    if (found === null) return null;
    const { bytes, ms } = found.result;
    const bitmap = await read(new Blob([bytes], { type: `image/${format}` }));
    const result = {
      ...likeness(pixelsOf(bitmap)),
      bytes,
      bitmap,
      quality: found.quality,
      isTooLarge: found.isTooLarge,
    };
    return Comlink.transfer({ ...result, encodeMs: ms }, [bitmap, bytes.buffer]);
  },
};

/** The type of the worker, for the page. */
export type PicturesWorker = typeof api;

Comlink.expose(api);
