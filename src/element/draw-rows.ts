/** Drawing the rows of a picture on a canvas, in strips that a page hardly notices. */
import type { ImageRows } from "../image/image-rows.ts";
import { rgbaFromImage } from "../image/rgba.ts";

/** Pixels that are drawn at once: a few milliseconds of work. */
const STRIP_PIXELS = 2 ** 18;

/**
 * Draws a picture from top to bottom on a canvas of its size.
 * @throws the reason of the signal; what making the rows throws
 */
export async function drawRows(
  { width, bands }: ImageRows,
  context: CanvasRenderingContext2D,
  signal: AbortSignal,
): Promise<void> {
  const stripRows = Math.max(1, Math.floor(STRIP_PIXELS / width));
  for await (const { top, height, data, alpha } of bands) {
    for (let row = 0; row < height; row += stripRows) {
      signal.throwIfAborted();
      const rows = Math.min(stripRows, height - row);
      const [first, last] = [width * row, width * (row + rows)];
      const strip = rgbaFromImage({
        width,
        height: rows,
        data: data.subarray(3 * first, 3 * last),
        ...(alpha && { alpha: alpha.subarray(first, last) }),
      });
      context.putImageData(new ImageData(strip.data, width), 0, top + row);
      // The page may draw itself and answer its visitor.
      if (row + rows < height) await new Promise((resolve) => setTimeout(resolve));
    }
  }
}
