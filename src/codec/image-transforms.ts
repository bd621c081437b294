/**
 * Pixels to the latent y and back, in rows of tiles. Each tile goes through the network in a window with a halo as wide as the
 * network looks (`tiling/windows.ts`), so tiles give the same result as the whole image. Only the pixels under one row of tiles are in
 * memory.
 */

import type { FloatArray } from "../engine/index.ts";
import type { Image } from "../image/image.ts";
import type { ImageSource, RowBand } from "../image/image-rows.ts";
import { drawPlanar, paddedSize, toPlanar } from "../image/planar.ts";
import type { Network } from "../networks/network.ts";
import { Y_STRIDE } from "../networks/strides.ts";
import type { ArrayPool } from "./array-pool.ts";
import type { NetworkRunner } from "./graphs.ts";
import { FeatureMap } from "./tiling/feature-map.ts";
import { MapRows } from "./tiling/map-rows.ts";
import { coarser, finer, type Rectangle, tileRowsOf, windowOf, within } from "./tiling/windows.ts";

/** What both directions need. */
interface TransformOptions {
  readonly network: Network;
  /** Side of a tile in pixels, a multiple of 64; 0: the whole image at once. */
  readonly tileSide: number;
  readonly runner: NetworkRunner;
  /** What `NetworkRunner.analysis` takes; undefined for a network of fixed rate. */
  readonly quality: FloatArray | undefined;
  readonly pool: ArrayPool;
}

/**
 * y of the whole padded image, `[channels, padded height / Y_STRIDE, padded width / Y_STRIDE]`: a row of tiles when it is asked for, from top to bottom.
 * It throws a RangeError if the source gives another number of bytes than it was asked for; what the source throws is passed on.
 *
 * @param options.channels M of the network
 */
export function analyseRows(
  source: ImageSource,
  { network, channels, tileSide, runner, quality, pool }: TransformOptions & { readonly channels: number },
): MapRows {
  const { width, height } = source;
  const padded = { height: paddedSize(height, network.downscale), width: paddedSize(width, network.downscale) };
  const tileRows = tileRowsOf(padded.height, padded.width, tileSide);

  /** y of the window around a tile, and where in it the tile is. */
  const analyseTile = async (band: PixelBand, tile: Rectangle) => {
    const window = windowOf(tile, network.halos.analysis, padded, Y_STRIDE);
    const planar = pool.floats(3 * window.height * window.width);
    toPlanar(band.image, { ...window, top: window.top - band.top }, planar);
    const y = await runner.analysis({ data: planar, shape: [1, 3, window.height, window.width] }, quality);
    pool.give(planar);
    return { y, part: coarser(within(tile, window), Y_STRIDE) };
  };

  return new MapRows({
    height: padded.height / Y_STRIDE,
    width: padded.width / Y_STRIDE,
    areas: tileRows.map(({ area }) => coarser(area, Y_STRIDE)),
    pool,
    async make(index) {
      const { area, tiles } = tileRows[index]!;
      const { top, height: windowHeight } = windowOf(area, network.halos.analysis, padded, Y_STRIDE);
      const image = await readBand(source, top, Math.min(windowHeight, height - top));
      const [rows, columns] = [area.height / Y_STRIDE, area.width / Y_STRIDE];
      if (tileSide === 0) {
        const { y } = await analyseTile({ image, top }, area);
        return new FeatureMap(channels, rows, columns, y.data);
      }
      const map = new FeatureMap(channels, rows, columns, pool.floats(channels * rows * columns));
      for (const tile of tiles) {
        const { y, part } = await analyseTile({ image, top }, tile);
        map.write({ ...coarser(tile, Y_STRIDE), top: 0 }, y, part);
        pool.give(y.data);
      }
      return map;
    },
  });
}

/** Rows of an image, over its whole width. */
interface PixelBand {
  readonly image: Image;
  /** The first of them. */
  readonly top: number;
}

/** Reads rows of an image. @throws {RangeError} if the source gives another number of bytes */
async function readBand(source: ImageSource, top: number, rows: number): Promise<Image> {
  const { width } = source;
  const data = await source.readRows(top, rows);
  if (data.length === 3 * width * rows) return { width, height: rows, data };
  throw new RangeError(
    `encode: got ${data.length} bytes for ${rows} rows from row ${top} on, expected 3 bytes a pixel = ${3 * width * rows}`,
  );
}

/**
 * The pixels of a quantized latent, one row of tiles after the other.
 * @param options.width pixels per row of the image, which may be less than the latent covers
 */
export async function* synthesiseRows(
  yHat: MapRows,
  {
    width,
    height,
    network,
    tileSide,
    runner,
    quality,
    pool,
  }: TransformOptions & { readonly width: number; readonly height: number },
): AsyncGenerator<RowBand, void, undefined> {
  const halo = network.halos.synthesis;
  for (const { area, tiles } of tileRowsOf(yHat.height, yHat.width, tileSide / Y_STRIDE)) {
    const top = Y_STRIDE * area.top;
    const rows = Math.min(Y_STRIDE * area.height, height - top);
    const band = { width, height: rows, data: new Uint8Array(3 * width * rows) };
    for (const tile of tiles) {
      const window = windowOf(tile, halo, yHat);
      const size = { height: Y_STRIDE * window.height, width: Y_STRIDE * window.width };
      const from = finer(within(tile, window), Y_STRIDE);
      const { data } = await yHat.use(window, (part) => runner.synthesis(part, quality));
      drawPlanar({ data, ...size, top: from.top, left: from.left }, band, { ...finer(tile, Y_STRIDE), top: 0 });
      pool.give(data);
    }
    yHat.forgetAbove(area.top + area.height - halo);
    yield { top, height: rows, data: band.data };
  }
}
