/**
 * Latents of a network with a hyper-latent: round(z) by channel, then round(y - mean) by the level of the scale (FORMAT.md,
 * "Sections"). Encoder and decoder compute means and scales from the same integers with the same exact networks, and walk through y in
 * the same order, which is written once (`context-walk.ts`).
 */

import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { Y_STRIDE, Z_STRIDE } from "../../networks/strides.ts";
import { ArrayPool } from "../array-pool.ts";
import { scaleLevels } from "../entropy/gaussian-tables.ts";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { type StepMemory, SymbolEncoder } from "../entropy/rans-encoder.ts";
import type { NetworkRunner } from "../graphs.ts";
import type { HyperpriorTables, Model } from "../model/model.ts";
import { cropped, FeatureMap } from "../tiling/feature-map.ts";
import { TiledMap } from "../tiling/tiled-map.ts";
import {
  coarser,
  finer,
  type Rectangle,
  TilesToMake,
  tileRowsOf,
  tilesOf,
  windowOf,
  within,
} from "../tiling/windows.ts";
import { contextWalk } from "./context-walk.ts";
import { economicalRounding, WEIGHT_OF_MOVED } from "./economical-rounding.ts";
import {
  type CodingListener,
  type EncodeTileOptions,
  expectSections,
  type HyperpriorCoder,
  symbolOf,
} from "./latent-coder.ts";
import { isWorthCoding, readPresence, writePresence } from "./optional-channels.ts";
import type { CodeElements } from "./walk.ts";

/** Elements of y along a side over one element of z. */
const RATIO = 4;

/** Makes the coder of a model whose `coding` is "hyperprior". @param pool of the codec. Default: one that keeps nothing */
export function hyperpriorCoder(
  model: Model,
  tables: HyperpriorTables,
  network: HyperpriorNetwork,
  runner: NetworkRunner,
  pool: ArrayPool = new ArrayPool(0),
): HyperpriorCoder {
  const { zChannels, halos } = network;
  const walk = contextWalk(model, network, runner, pool);

  const emptyHyperLatent = ({ height, width }: TiledMap): FeatureMap =>
    new FeatureMap(zChannels, height / RATIO, width / RATIO);

  /** Writes round(z) of a tile of y into the map of z: integers. */
  const roundHyperLatent = async (y: TiledMap, tile: Rectangle, z: FeatureMap): Promise<void> => {
    const window = windowOf(tile, halos.hyperAnalysis, y, RATIO);
    const { data, shape } = await y.use(window, (part) => runner.hyperAnalysis(part));
    const part = within(coarser(tile, RATIO), coarser(window, RATIO));
    z.write(coarser(tile, RATIO), { data: data.map(symbolOf), shape }, part);
  };

  /** Features of a tile of y. */
  const featuresOf = async (z: FeatureMap, tile: Rectangle): Promise<OwnedArray> => {
    const window = windowOf(coarser(tile, RATIO), halos.hyperSynthesis, z);
    const features = await runner.entropy("hyper-synthesis", { z: z.read(window) });
    const part = cropped(features, within(tile, finer(window, RATIO)), pool);
    if (part !== features) pool.give(features.data);
    return part;
  };

  const writeLevels = scaleLevels(tables.thresholds);
  const levelsOf = (scales: Float32Array): Uint16Array<ArrayBuffer> => {
    const levels = pool.words(scales.length);
    writeLevels(scales, levels);
    return levels;
  };
  const steps: StepMemory = { take: (length) => pool.integers(length), give: (array) => pool.give(array) };
  const roundings = new Map<number, ReturnType<typeof economicalRounding>>();
  const roundingFor = (weight: number): ReturnType<typeof economicalRounding> => {
    const made = roundings.get(weight) ?? economicalRounding(tables.y, weight);
    roundings.set(weight, made);
    return made;
  };

  /** Codes a tile of y, `[1, M, h, w]`. @returns its y^ as a decoder has it */
  const codeTile = async (
    { data, shape }: FloatArray,
    features: FloatArray,
    encoder: SymbolEncoder,
    { listener, bitsPerSquaredStep, leaveOutNothing = false, moved }: EncodeTileOptions,
  ): Promise<OwnedArray> => {
    const round = roundingFor(moved ? WEIGHT_OF_MOVED * bitsPerSquaredStep : bitsPerSquaredStep);
    const code: CodeElements = (scales, means, places) => {
      const levels = levelsOf(scales);
      const symbols = pool.integers(scales.length);
      round({ latents: data, places, means, tables: levels }, symbols);
      encoder.push(symbols, levels, tables.y);
      pool.give(levels);
      listener?.byScale(symbols, scales);
      return symbols;
    };
    const area = shape[2]! * shape[3]!;
    const presence = (start: number, end: number): Uint8Array => {
      const present = Uint8Array.from({ length: end - start }, (_, channel) => {
        const values = data.subarray((start + channel) * area, (start + channel + 1) * area);
        return leaveOutNothing || isWorthCoding(values, bitsPerSquaredStep) ? 1 : 0;
      });
      writePresence(encoder, present);
      return present;
    };
    return walk(features, { code, presence });
  };

  /** Goes over the channels of z, one at a time: together, their integers and the indexes of their tables would take twice the memory of z. */
  const eachHyperChannel = (z: FeatureMap, work: (values: Float32Array, indexes: Uint16Array) => void): void => {
    const area = z.height * z.width;
    const indexes = new Uint16Array(area);
    for (let channel = 0; channel < zChannels; channel++) {
      work(z.data.subarray(channel * area, (channel + 1) * area), indexes.fill(channel));
    }
  };
  const pushHyperLatent = (z: FeatureMap, encoder: SymbolEncoder, listener?: CodingListener): void => {
    eachHyperChannel(z, (values, indexes) => encoder.push(Int32Array.from(values), indexes, tables.z));
    listener?.byChannel(Int32Array.from(z.data));
  };
  const readHyperLatent = (z: FeatureMap, decoder: SymbolDecoder): void => {
    const symbols = new Int32Array(z.height * z.width);
    eachHyperChannel(z, (values, indexes) => {
      decoder.decode(indexes, tables.z, symbols);
      values.set(symbols);
    });
  };

  // A tile needs the elements of z around it, and those need y around them.
  const zLookAhead = halos.hyperSynthesis;
  const zHalo = RATIO * Math.ceil(halos.hyperAnalysis / RATIO);
  const lookAhead = RATIO * zLookAhead + zHalo;
  /** How far the elements of z that are still to be made look back at tiles that are coded. */
  const lookBack = Math.max(0, zHalo - RATIO * zLookAhead);

  return {
    lookAhead,
    parts: {
      async hyperLatent(map, { tileSize }) {
        const y = TiledMap.of(map, pool);
        const z = emptyHyperLatent(y);
        for (const tile of tilesOf(y.height, y.width, tileSize / Y_STRIDE)) await roundHyperLatent(y, tile, z);
        return z;
      },
      featuresOf,
      async codeTile(y, features, options) {
        const encoder = new SymbolEncoder(steps);
        if (options.withHyperLatent !== undefined) pushHyperLatent(options.withHyperLatent, encoder, options.listener);
        const yHat = await codeTile(y, features, encoder, options);
        return { section: encoder.finish(), yHat };
      },
    },
    async encode(y, { tileSize, sought, ...options }) {
      const z = sought?.hyperLatent ?? emptyHyperLatent(y);
      // Its tiles reach as far as the features of a tile of y look: for a tile, nothing is made that it does not need.
      const zRows = sought === undefined ? tileRowsOf(z.height, z.width, tileSize / Z_STRIDE, zLookAhead) : [];
      const zToMake = new TilesToMake(zRows);
      /** Makes z where the features of a tile look. */
      const knowHyperLatent = async (tile: Rectangle): Promise<void> => {
        const seen = windowOf(coarser(tile, RATIO), halos.hyperSynthesis, z);
        for (const part of zToMake.through(seen)) await roundHyperLatent(y, finer(part, RATIO), z);
      };
      const encodeTile = async (tile: Rectangle, index: number, encoder: SymbolEncoder): Promise<void> => {
        const features = await featuresOf(z, tile);
        const tileOptions = { ...options, moved: sought?.moved[index] ?? false };
        const yHat = await y.use(tile, (part) => codeTile(part, features, encoder, tileOptions));
        for (const { data } of [features, yHat]) pool.give(data);
        y.forgetDone(tile, lookBack);
      };

      const zEncoder = new SymbolEncoder(steps);
      const tiles = tilesOf(y.height, y.width, tileSize / Y_STRIDE);
      if (tileSize === 0) {
        const [all] = tiles as [Rectangle];
        await knowHyperLatent(all);
        pushHyperLatent(z, zEncoder, options.listener);
        await encodeTile(all, 0, zEncoder);
        return [zEncoder.finish()];
      }
      const sections: Uint8Array[] = [];
      for (const [index, tile] of tiles.entries()) {
        await knowHyperLatent(tile);
        const encoder = new SymbolEncoder(steps);
        await encodeTile(tile, index, encoder);
        sections.push(encoder.finish());
      }
      pushHyperLatent(z, zEncoder, options.listener);
      return [zEncoder.finish(), ...sections];
    },
    decode(sections, height, width, { tileSize }) {
      const rows = tileRowsOf(height, width, tileSize / Y_STRIDE);
      expectSections(sections, tileSize === 0 ? 1 : 1 + rows.flatMap(({ tiles }) => tiles).length);
      const z = new FeatureMap(zChannels, height / RATIO, width / RATIO);
      const zDecoder = new SymbolDecoder(sections[0]!);
      readHyperLatent(z, zDecoder);
      if (tileSize !== 0) zDecoder.finish();
      let section = 1;
      const decodeTile = async (tile: Rectangle): Promise<OwnedArray> => {
        const decoder = tileSize === 0 ? zDecoder : new SymbolDecoder(sections[section++]!);
        const presence = (start: number, end: number): Uint8Array => readPresence(decoder, end - start);
        const code: CodeElements = (scales) => {
          const levels = levelsOf(scales);
          const symbols = pool.integers(scales.length);
          decoder.decode(levels, tables.y, symbols);
          pool.give(levels);
          return symbols;
        };
        const features = await featuresOf(z, tile);
        const yHat = await walk(features, { code, presence });
        pool.give(features.data);
        decoder.finish();
        return yHat;
      };
      return new TiledMap({ height, width, rows, makeTile: decodeTile, pool });
    },
  };
}
