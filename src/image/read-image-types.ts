/** What reading and writing image files takes and gives: types alone, for the declarations of the library must not need those of sharp. */
import type { Image } from "./image.ts";
import type { RgbColour } from "./pixel-layout.ts";

/** A file as pixels, and in words what reading it changed. */
export interface ReadImage {
  readonly image: Image;
  /** One sentence for each change that was made on the way to 8-bit sRGB; empty if there was none. */
  readonly notes: readonly string[];
}

/** How `readImage` reads. */
export interface ReadImageOptions {
  /** What transparent pixels are laid on; null keeps the transparency. Default white. */
  readonly background?: RgbColour | null;
}

/** How `encodePng` writes. */
export interface PngOptions {
  /**
   * zlib level 0..9. Default 1. Best of four on 768 x 512 (kodim01, kodim20), no row filter, AMD EPYC, one core:
   * level 0 1-2 ms and 1182 kB, level 1 5-8 ms and 730-1011 kB, level 3 10-14 ms and 581-859 kB, level 6 15 ms and
   * 573-857 kB. Level 1 costs 15-25 % in size against level 3 and halves the time, which counts as decode time.
   */
  readonly compressionLevel?: number;
  /** Chooses a predictor for every row: 10-15 % smaller, about 8 ms slower at 768 x 512. Default false. */
  readonly adaptiveFiltering?: boolean;
}
