/**
 * Looks for latents of one image that cost less than those of the analysis: less bits + lambda * distortion of the stream that is written and of the
 * pixels that come back. The decoder, the format and the hyper-latent stay what they are.
 *
 * A tile of y is moved by gradient descent through a surrogate of rounding (`descent.ts`, `latent-objective.ts`), with y^ of its surroundings as it is.
 * Now and then it is judged as it would be written: rounded, coded by the exact networks, decoded. What does not cost less is dropped, so that no image gets
 * worse. (MS-SSIM of an image in tiles is an exception: it is taken tile by tile there, which does not add up to that of the image.) A higher effort
 * begins as a lower one and goes on from there.
 *
 * (Yang, Bamler, Mandt, "Improving Inference for Neural Image Compression", NeurIPS 2020, optimise the latents of an image by stochastic Gumbel
 * annealing.)
 */

import type { Distortion } from "../../distortion.ts";
import { type FloatArray, scalarArray } from "../../engine/index.ts";
import type { ImageSource } from "../../image/image-rows.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { Y_STRIDE } from "../../networks/strides.ts";
import type { StopSignal } from "../../stop-signal.ts";
import { varintLength } from "../container/varint.ts";
import type { EffortProgress } from "../encode-settings.ts";
import { type NetworkRunner, requiredChannels } from "../graphs.ts";
import type { CodingParts, SoughtLatents } from "../latents/latent-coder.ts";
import type { FeatureMap } from "../tiling/feature-map.ts";
import { type Rectangle, type TileRow, tileRowsOf, whole, windowOf, within } from "../tiling/windows.ts";
import { DecodedRows } from "./decoded-rows.ts";
import { Descent, type DescentSettings, type SurrogateLoss } from "./descent.ts";
import { latentNames, type TilePlace } from "./latent-objective.ts";
import type { ObjectiveSessions } from "./objective-sessions.ts";
import {
  cutPixels,
  type PixelBand,
  type PixelWindow,
  readBand,
  type Surroundings,
  shownLevel,
  squaredLevelError,
  surroundingsOf,
} from "./pixel-window.ts";
import { channelsThere, putChannels, takeChannels } from "./some-channels.ts";
import { cutSimilar, pixelWeights, type TileDistortion, tileDistortion } from "./tile-distortion.ts";

/** What a model is refined with. */
export interface RefinerParts {
  readonly network: HyperpriorNetwork;
  readonly coding: CodingParts;
  readonly runner: NetworkRunner;
  readonly sessions: ObjectiveSessions;
}

/** What {@link refineLatents} does. */
export interface RefineOptions {
  /** The image that was analysed. It is read again. */
  readonly source: ImageSource;
  /** Side of the tiles that are coded, in pixels; 0: not tiled. */
  readonly tileSize: number;
  /** As `NetworkRunner.analysis` takes it. */
  readonly quality: FloatArray | undefined;
  readonly distortion: Distortion;
  /** The weight of the distortion: bits per pixel + lambda * distortion. An effort takes `LAMBDA_FACTOR` times that of the training. */
  readonly lambda: number;
  /** As `economicalRounding` takes it. */
  readonly bitsPerSquaredStep: number;
  /** Iterations to each judgement, from the one before. */
  readonly stages: readonly number[];
  readonly settings: DescentSettings;
  readonly signal?: StopSignal | undefined;
  readonly onProgress?: ((progress: EffortProgress) => void) | undefined;
  /** Is told each judgement: the best loss before, and the loss now. */
  readonly onJudged?:
    | ((tile: { readonly stage: number; readonly before: number; readonly after: number }) => void)
    | undefined;
  /** Is told the loss of every iteration, as the surrogates see it. */
  readonly onIteration?: ((loss: SurrogateLoss) => void) | undefined;
}

/** A tile as it would be written. */
interface Judged {
  readonly byteLength: number;
  readonly yHat: FloatArray;
  /** Bits, and what the error costs in bits. */
  readonly loss: number;
}

/** What is known of a tile. */
interface TileState {
  readonly tile: Rectangle;
  readonly index: number;
  /** As it is now; null before it was coded. */
  byteLength: number | null;
  /** Whether y is another than that of the analysis. */
  moved: boolean;
}

/**
 * Moves the latents of an image.
 *
 * @param y of the whole padded image; changed in place
 * @returns how to code it
 * @throws the reason of the signal if it is aborted; what the source throws
 */
export async function refineLatents(
  parts: RefinerParts,
  y: FeatureMap,
  options: RefineOptions,
): Promise<SoughtLatents> {
  const z = await parts.coding.hyperLatent(y, { tileSize: options.tileSize });
  const run = new Refinement(parts, y, z, options);
  return { hyperLatent: z, moved: await run.allTiles() };
}

class Refinement {
  readonly #parts: RefinerParts;
  readonly #y: FeatureMap;
  readonly #z: FeatureMap;
  readonly #options: RefineOptions;
  readonly #halo: number;
  readonly #rows: readonly { readonly area: Rectangle; readonly tiles: readonly TileState[] }[];
  readonly #decoded: DecodedRows;
  #iteration = 0;

  constructor(parts: RefinerParts, y: FeatureMap, z: FeatureMap, options: RefineOptions) {
    this.#parts = parts;
    this.#y = y;
    this.#z = z;
    this.#options = options;
    this.#halo = parts.network.halos.synthesis;
    let index = 0;
    const stateOf = (tile: Rectangle): TileState => ({ tile, index: index++, byteLength: null, moved: false });
    this.#rows = tileRowsOf(y.height, y.width, options.tileSize / Y_STRIDE).map(({ area, tiles }: TileRow) => ({
      area,
      tiles: tiles.map(stateOf),
    }));
    this.#decoded = new DecodedRows(y.channels, y.width);
  }

  /** Goes over all tiles once. @returns for each tile whether it was moved */
  async allTiles(): Promise<readonly boolean[]> {
    const { source } = this.#options;
    for (const [i, { area, tiles }] of this.#rows.entries()) {
      this.#decoded.forgetAbove(area.top - 2 * this.#halo);
      // y^ below is needed too: as it is before that row is moved.
      for (const row of this.#rows.slice(i, i + 2)) await this.#decodeRow(row.tiles);
      const band = await readBand(source, windowOf(area, 2 * this.#halo, this.#y));
      for (const state of tiles) await this.#refineTile(state, band);
    }
    return this.#rows.flatMap(({ tiles }) => tiles.map(({ moved }) => moved));
  }

  /** Codes the tiles of a row as they are, if y^ is not known. */
  async #decodeRow(tiles: readonly TileState[]): Promise<void> {
    for (const state of tiles) {
      if (this.#decoded.has(state.tile)) continue;
      const { byteLength, yHat } = await this.#code(
        this.#y.read(state.tile),
        await this.#featuresOf(state.tile),
        false,
      );
      state.byteLength = byteLength;
      this.#decoded.write(state.tile, yHat);
    }
  }

  #featuresOf(tile: Rectangle): Promise<FloatArray> {
    return this.#parts.coding.featuresOf(this.#z, tile);
  }

  /** Codes a tile. @returns what it adds to the file, and y^ */
  async #code(y: FloatArray, features: FloatArray, moved: boolean): Promise<Omit<Judged, "loss">> {
    const { tileSize, bitsPerSquaredStep } = this.#options;
    const withHyperLatent = tileSize === 0 ? this.#z : undefined;
    const options = { bitsPerSquaredStep, withHyperLatent, moved };
    const { section, yHat } = await this.#parts.coding.codeTile(y, features, options);
    // A section of a tile stands behind its length.
    return { byteLength: section.length + (tileSize === 0 ? 0 : varintLength(section.length)), yHat };
  }

  async #refineTile(state: TileState, band: PixelBand): Promise<void> {
    const { source, settings, stages, lambda, quality, distortion } = this.#options;
    const { tile } = state;
    const surroundings = surroundingsOf(tile, this.#halo, this.#y);
    const pixels = cutPixels(surroundings, band, source);
    const features = await this.#featuresOf(tile);
    const costs = tileDistortion(distortion, lambda, pixels.place);

    const judge = async (byteLength: number, yHat: FloatArray): Promise<Judged> => {
      this.#decoded.write(tile, yHat);
      const decoded = await this.#parts.runner.synthesis(this.#around(surroundings.window), quality);
      return { byteLength, yHat, loss: 8 * byteLength + (await this.#costOf(decoded, pixels, costs)) };
    };

    const before = await judge(state.byteLength as number, this.#decoded.read(tile));
    const place = this.#placeOf(surroundings, before.yHat, costs.similar);
    const y = this.#y.read(tile);
    const moved = takeChannels(y, place.channels);
    const feeds = new Map<string, FloatArray>([
      [latentNames.features, features],
      [latentNames.image, pixels.image],
      [latentNames.weights, pixelWeights(pixels.counted, costs)],
      ...(costs.similar === null ? [] : ([[latentNames.perUnlikeness, scalarArray(costs.perUnlikeness)]] as const)),
      ...(quality === undefined ? [] : ([[latentNames.quality, quality]] as const)),
      ...this.#surroundingFeeds(surroundings, place),
    ]);
    let best = before;
    const bestMoved = Float32Array.from(moved.data);
    await this.#parts.sessions.use(place, settings.surrogates, async (open) => {
      const descent = new Descent(open, moved, {
        settings,
        feeds,
        seed: state.index,
        beforeEach: () => this.#beforeIteration(),
        onIteration: this.#options.onIteration,
      });
      for (const [stage, iterations] of stages.entries()) {
        await descent.run(iterations);
        putChannels(y, place.channels, moved.data);
        const coded = await this.#code(y, features, true);
        const after = await judge(coded.byteLength, coded.yHat);
        this.#options.onJudged?.({ stage, before: best.loss, after: after.loss });
        if (after.loss < best.loss) {
          best = after;
          bestMoved.set(moved.data);
          state.byteLength = after.byteLength;
          state.moved = true;
        } else descent.restart(bestMoved);
      }
    });
    putChannels(y, place.channels, bestMoved);
    this.#y.write(tile, y, whole(tile));
    this.#decoded.write(tile, best.yHat);
  }

  /** What the error of decoded pixels costs, in bits: of the levels that are shown. */
  async #costOf(decoded: FloatArray, pixels: PixelWindow, costs: TileDistortion): Promise<number> {
    const squared = costs.perSquaredLevel * squaredLevelError(decoded, pixels);
    const { similar, perUnlikeness } = costs;
    if (similar === null) return squared;
    const [shown, image] = [cutSimilar(decoded, similar), cutSimilar(pixels.image, similar)];
    for (let i = 0; i < shown.data.length; i++) shown.data[i] = shownLevel(shown.data[i]!) / 255;
    return squared + perUnlikeness * (await this.#parts.sessions.unlikeness(shown, image));
  }

  /** y^ of a window as the synthesis takes it: without channels that may be left out, if none is there. */
  #around(window: Rectangle): FloatArray {
    const { data, shape } = this.#decoded.read(window);
    const required = requiredChannels(this.#parts.network);
    const optional = data.subarray(required * window.height * window.width);
    if (optional.some((value) => value !== 0)) return { data, shape };
    return {
      data: data.subarray(0, required * window.height * window.width),
      shape: [1, required, window.height, window.width],
    };
  }

  /**
   * @param yHat of the tile, with all channels
   * @param similar the pixels that MS-SSIM is taken of
   */
  #placeOf({ tile, window }: Surroundings, yHat: FloatArray, similar: Rectangle | null): TilePlace {
    const required = requiredChannels(this.#parts.network);
    return {
      tile: within(tile, window),
      window: { height: window.height, width: window.width },
      channels: channelsThere(yHat, required),
      windowChannels: channelsThere(this.#decoded.read(window), required),
      similar,
    };
  }

  /** y^ around the tile, if there is anything around it, or if channels are there that the tile does not have. */
  #surroundingFeeds({ window }: Surroundings, { tile, channels, windowChannels }: TilePlace): [string, FloatArray][] {
    const isWhole = tile.height === window.height && tile.width === window.width;
    if (isWhole && channels.length === windowChannels.length) return [];
    const around = takeChannels(this.#decoded.read(window), windowChannels);
    for (let channel = 0; channel < windowChannels.length; channel++) {
      for (let row = tile.top; row < tile.top + tile.height; row++) {
        const start = (channel * window.height + row) * window.width + tile.left;
        around.data.fill(0, start, start + tile.width);
      }
    }
    return [[latentNames.around, around]];
  }

  async #beforeIteration(): Promise<void> {
    const { signal, onProgress, stages } = this.#options;
    // What the platform has for us, an abort among it, is heard here.
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    const states = this.#rows.flatMap(({ tiles }) => tiles);
    const lengths = states.map(({ byteLength }) => byteLength);
    onProgress?.({
      iteration: this.#iteration++,
      iterations: states.length * stages.reduce((sum, count) => sum + count, 0),
      bytes: lengths.includes(null) ? null : lengths.reduce((sum: number, length) => sum + (length as number), 0),
    });
  }
}
