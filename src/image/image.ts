/** The one image type that the project passes around: 8-bit RGB, interleaved, rows from top to bottom. */
export interface Image {
  /** Pixels per row, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /** `3 * width * height` bytes: r, g, b of each pixel, row by row. sRGB levels 0..255. */
  readonly data: Uint8Array;
}
