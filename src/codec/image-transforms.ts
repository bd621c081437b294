/**
 * Pixels to the latent y and back, in tiles. Each tile goes through the network in a window with a halo as wide as the network looks
 * (`tiling/windows.ts`), so tiles give the same result as the whole image. Only the pixels under one row of tiles are in memory.
 *
 * The tiles here need not be those of the stream. They are moved against them by as much as their reader looks beyond a tile. Then the reader waits for
 * no tile of the next row, and no row of tiles of the latent is held.
 */

import type { FloatArray } from "../engine/index.ts";
import type { Image } from "../image/image.ts";
import type { ImageSource, RowBand } from "../image/image-rows.ts";
import { drawPlanar, paddedSize, toPlanar } from "../image/planar.ts";
import type { Network } from "../networks/network.ts";
import { Y_STRIDE } from "../networks/strides.ts";
import type { ArrayPool } from "./array-pool.ts";
import type { NetworkRunner } from "./graphs.ts";
import { cropped } from "./tiling/feature-map.ts";
import { TiledMap } from "./tiling/tiled-map.ts";
import {
  coarser,
  finer,
  movedDown,
  type Rectangle,
  type TileRow,
  tileRowsOf,
  tilesOf,
  windowOf,
  within,
} from "./tiling/windows.ts";

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
 * The tiles of y. The first row is higher by what makes all rows end where the reader stops looking. Its tiles are narrower, so that their windows are
 * no larger than others.
 * @param halo how far the analysis looks around a tile, in elements of y
 */
function rowsToAnalyse(
  { height, width }: { readonly height: number; readonly width: number },
  { side, lookAhead, halo }: { readonly side: number; readonly lookAhead: number; readonly halo: number },
): readonly TileRow[] {
  const more = side === 0 ? 0 : lookAhead % side;
  const first = side + more;
  if (more === 0 || first >= height) return tileRowsOf(height, width, side);
  const narrow = Math.ceil((side + 2 * halo) ** 2 / (first + halo)) - 2 * halo;
  const area = { top: 0, left: 0, height: first, width };
  const tiles = tilesOf(1, width, narrow).map((tile) => ({ ...tile, height: first }));
  return [{ area, tiles }, ...tileRowsOf(height - first, width, side).map((row) => movedDown(row, first))];
}

/**
 * y of the whole padded image, `[M, padded height / Y_STRIDE, padded width / Y_STRIDE]`: a tile when it is asked for. It throws a RangeError if the
 * source gives another number of bytes than it was asked for; what the source throws is passed on.
 *
 * @param options.lookAhead see {@link LatentCoder}
 */
export function analyseTiles(
  source: ImageSource,
  { network, lookAhead, tileSide, runner, quality, pool }: TransformOptions & { readonly lookAhead: number },
): TiledMap {
  const { width, height } = source;
  const padded = { height: paddedSize(height, network.downscale), width: paddedSize(width, network.downscale) };
  const [yHeight, yWidth] = [padded.height / Y_STRIDE, padded.width / Y_STRIDE];
  let band: PixelBand | null = null;
  return new TiledMap({
    height: yHeight,
    width: yWidth,
    rows: rowsToAnalyse(
      { height: yHeight, width: yWidth },
      { side: tileSide / Y_STRIDE, lookAhead, halo: Math.ceil(network.halos.analysis / Y_STRIDE) },
    ),
    pool,
    async makeTile(tile) {
      const window = windowOf(finer(tile, Y_STRIDE), network.halos.analysis, padded, Y_STRIDE);
      if (band === null || tile.left === 0) band = await readBand(source, window);
      const planar = pool.floats(3 * window.height * window.width);
      toPlanar(band.image, { ...window, top: window.top - band.top }, planar);
      const y = await runner.analysis({ data: planar, shape: [1, 3, window.height, window.width] }, quality);
      pool.give(planar);
      const part = cropped(y, within(tile, coarser(window, Y_STRIDE)), pool);
      if (part !== y) pool.give(y.data);
      return part;
    },
  });
}

/** Rows of an image, over its whole width. */
interface PixelBand {
  readonly image: Image;
  /** The first of them. */
  readonly top: number;
}

/** Reads the rows of a window, as far as the image goes. @throws {RangeError} if the source gives another number of bytes */
async function readBand(source: ImageSource, { top, height }: Rectangle): Promise<PixelBand> {
  const { width } = source;
  const rows = Math.min(height, source.height - top);
  const data = await source.readRows(top, rows);
  if (data.length === 3 * width * rows) return { image: { width, height: rows, data }, top };
  throw new RangeError(
    `encode: got ${data.length} bytes for ${rows} rows from row ${top} on, expected 3 bytes a pixel = ${3 * width * rows}`,
  );
}

/**
 * The pixels of a quantized latent, one row of tiles after the other.
 * @param options.width pixels per row of the image, which may be less than the latent covers
 */
export async function* synthesiseRows(
  yHat: TiledMap,
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
  const side = tileSide / Y_STRIDE;
  // At least one element is left of the first tile.
  const shift = -Math.min(halo, Math.max(0, side - 1));
  for (const { area, tiles } of tileRowsOf(yHat.height, yHat.width, side, shift)) {
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
      yHat.forgetDone(tile, halo);
    }
    yield { top, height: rows, data: band.data };
  }
}
