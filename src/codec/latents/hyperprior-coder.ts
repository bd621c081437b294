/**
 * Latents of a network with a hyper-latent: round(z) by channel, then round(y - mean) by the level of the scale (FORMAT.md,
 * "Sections"). Encoder and decoder compute means and scales from the same integers with the same exact networks, and walk through y in
 * the same order, which is written once (`context-walk.ts`).
 */

import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { Y_STRIDE } from "../../networks/strides.ts";
import { ArrayPool } from "../array-pool.ts";
import { scaleLevels } from "../entropy/gaussian-tables.ts";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { type StepMemory, SymbolEncoder } from "../entropy/rans-encoder.ts";
import type { NetworkRunner } from "../graphs.ts";
import type { HyperpriorTables, Model } from "../model/model.ts";
import { cropped, FeatureMap } from "../tiling/feature-map.ts";
import { MapRows } from "../tiling/map-rows.ts";
import {
  coarser,
  finer,
  type Rectangle,
  type TileRow,
  tileRowsOf,
  tilesOf,
  windowOf,
  within,
} from "../tiling/windows.ts";
import { contextWalk } from "./context-walk.ts";
import { economicalRounding } from "./economical-rounding.ts";
import {
  type CodingListener,
  channelIndexes,
  type EncodeLatentOptions,
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

  const emptyHyperLatent = ({ height, width }: MapRows): FeatureMap =>
    new FeatureMap(zChannels, height / RATIO, width / RATIO);

  /** Writes round(z) of a tile of y into the map of z: integers. */
  const roundHyperLatent = async (y: MapRows, tile: Rectangle, z: FeatureMap): Promise<void> => {
    const window = windowOf(tile, halos.hyperAnalysis, y, RATIO);
    const { data, shape } = await y.use(window, (part) => runner.hyperAnalysis(part));
    const part = within(coarser(tile, RATIO), coarser(window, RATIO));
    z.write(coarser(tile, RATIO), { data: data.map(symbolOf), shape }, part);
  };

  /** Features of a tile of y. */
  const featuresOf = async (z: FeatureMap, tile: Rectangle): Promise<OwnedArray> => {
    const window = windowOf(coarser(tile, RATIO), halos.hyperSynthesis, z);
    const features = await runner.entropy("hyper-synthesis", { z: z.read(window) });
    const part = cropped(features, within(tile, finer(window, RATIO)));
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
    { listener, bitsPerSquaredStep, leaveOutNothing = false }: EncodeLatentOptions,
  ): Promise<OwnedArray> => {
    const round = roundingFor(bitsPerSquaredStep);
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

  const pushHyperLatent = (z: FeatureMap, encoder: SymbolEncoder, listener?: CodingListener): void => {
    const symbols = Int32Array.from(z.data);
    encoder.push(symbols, channelIndexes(zChannels, z.height * z.width), tables.z);
    listener?.byChannel(symbols);
  };

  return {
    parts: {
      async hyperLatent(map, { tileSize }) {
        const y = MapRows.of(map, pool);
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
    async encode(y, { tileSize, hyperLatent: given, ...options }) {
      const rows = tileRowsOf(y.height, y.width, tileSize / Y_STRIDE);
      const z = given ?? emptyHyperLatent(y);
      let knownRows = given === undefined ? 0 : rows.length;
      /** Makes z where the features of an area look. */
      const knowHyperLatent = async (area: Rectangle): Promise<void> => {
        const seen = finer(windowOf(coarser(area, RATIO), halos.hyperSynthesis, z), RATIO);
        for (let row = rows[knownRows]; row !== undefined; row = rows[knownRows]) {
          if (row.area.top >= seen.top + seen.height) return;
          for (const tile of row.tiles) await roundHyperLatent(y, tile, z);
          knownRows++;
        }
      };
      const encodeTile = async (tile: Rectangle, encoder: SymbolEncoder): Promise<void> => {
        const features = await featuresOf(z, tile);
        const yHat = await y.use(tile, (part) => codeTile(part, features, encoder, options));
        for (const { data } of [features, yHat]) pool.give(data);
      };
      /** Forgets the rows of y that neither coming tiles nor their z look at. */
      const forgetUpTo = (bottom: number): void => {
        const next = rows[knownRows];
        y.forgetAbove(next === undefined ? bottom : Math.min(bottom, next.area.top - halos.hyperAnalysis - RATIO));
      };

      const zEncoder = new SymbolEncoder(steps);
      if (tileSize === 0) {
        const [{ area }] = rows as readonly [TileRow];
        await knowHyperLatent(area);
        pushHyperLatent(z, zEncoder, options.listener);
        await encodeTile(area, zEncoder);
        y.forgetAbove(y.height);
        return [zEncoder.finish()];
      }
      const sections: Uint8Array[] = [];
      for (const { area, tiles } of rows) {
        await knowHyperLatent(area);
        for (const tile of tiles) {
          const encoder = new SymbolEncoder(steps);
          await encodeTile(tile, encoder);
          sections.push(encoder.finish());
        }
        forgetUpTo(area.top + area.height);
      }
      pushHyperLatent(z, zEncoder, options.listener);
      return [zEncoder.finish(), ...sections];
    },
    decode(sections, height, width, { tileSize }) {
      const rows = tileRowsOf(height, width, tileSize / Y_STRIDE);
      expectSections(sections, tileSize === 0 ? 1 : 1 + rows.flatMap(({ tiles }) => tiles).length);
      const z = new FeatureMap(zChannels, height / RATIO, width / RATIO);
      const zSymbols = new Int32Array(z.data.length);
      const zDecoder = new SymbolDecoder(sections[0]!);
      zDecoder.decode(channelIndexes(zChannels, z.height * z.width), tables.z, zSymbols);
      z.data.set(zSymbols);
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
      return MapRows.ofTiles(rows, { height, width, pool }, decodeTile);
    },
  };
}
