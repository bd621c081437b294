/** The types of reading and writing image files. They are in a file of their own, so that the library's declarations do not need those of sharp. */
import type { Image } from "./image.ts";
import type { RgbColour } from "./pixel-layout.ts";

/** The pixels of a file, and what reading it changed, in words. */
export interface ReadImage {
  readonly image: Image;
  /** One sentence for each change on the way to 8-bit sRGB; empty if there was none. */
  readonly notes: readonly string[];
}

/** Options of `readImage` and `decodeImage`. */
export interface ReadImageOptions {
  /** The colour that transparent pixels are laid on; null keeps the transparency. Default white. */
  readonly background?: RgbColour | null;
}

/** Options of `encodePng`. */
export interface PngOptions {
  /**
   * zlib level 0..9. Default 1. Level 1 costs 15-25 % in size against level 3 and halves the time, which counts as decode time. Best of four on
   * 768 x 512 (kodim01, kodim20), no row filter, AMD EPYC, one core: level 0 takes 1-2 ms and 1182 kB, level 1 5-8 ms and 730-1011 kB, level 3
   * 10-14 ms and 581-859 kB, level 6 15 ms and 573-857 kB.
   */
  readonly compressionLevel?: number;
  /** Choose a predictor for every row: 10-15 % smaller files, about 8 ms slower at 768 x 512. Default false. */
  readonly adaptiveFiltering?: boolean;
}
