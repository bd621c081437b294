/**
 * Latents of a network with a hyper-latent: round(z) by channel, then round(y - mean) by the level of the scale
 * (FORMAT.md, "Sections").
 *
 * Encoder and decoder compute means and scales from the same integers with the same exact layers.
 */
import { readFactorizedWeights } from "../../networks/densities/factorized-tables.ts";
import type { MeanScaleNetwork } from "../../networks/network.ts";
import { scaleLevel } from "../entropy/gaussian-tables.ts";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { SymbolEncoder } from "../entropy/rans-encoder.ts";
import type { FloatArray, NetworkRunner } from "../graphs.ts";
import type { MeanScaleTables, Model } from "../model/model.ts";
import { cropped, FeatureMap } from "../tiling/feature-map.ts";
import { coarser, finer, type Rectangle, tilesOf, whole, windowOf, within } from "../tiling/windows.ts";
import { factorizedInformation } from "./factorized-density.ts";
import { gaussianInformation } from "./gaussian-information.ts";
import { channelIndexes, expectSections, type LatentCoder, symbolOf, toFloats } from "./latent-coder.ts";

/** Elements of y along a side over one element of z. */
const RATIO = 4;

/** Makes the coder of a model whose `coding` is "mean-scale". */
export function meanScaleCoder(
  model: Model,
  tables: MeanScaleTables,
  network: MeanScaleNetwork,
  runner: NetworkRunner,
): LatentCoder {
  const { zChannels, halos } = network;
  const { M } = model.network;

  /** round(z) of the whole map: integers. */
  const hyperLatent = async (y: FeatureMap, tiles: readonly Rectangle[]): Promise<FeatureMap> => {
    const z = new FeatureMap(zChannels, y.height / RATIO, y.width / RATIO);
    for (const tile of tiles) {
      const window = windowOf(tile, halos.hyperAnalysis, y, RATIO);
      const part = within(coarser(tile, RATIO), coarser(window, RATIO));
      z.write(coarser(tile, RATIO), await runner.hyperAnalysis(y.read(window)), part);
    }
    z.data.set(z.data.map(symbolOf));
    return z;
  };

  /** Scales and means of a tile of y. */
  const parametersOf = async (z: FeatureMap, tile: Rectangle): Promise<{ scale: FloatArray; mean: FloatArray }> => {
    const window = windowOf(coarser(tile, RATIO), halos.hyperSynthesis, z);
    const { scale, mean } = await runner.hyperSynthesis(z.read(window));
    const part = within(tile, finer(window, RATIO));
    return { scale: cropped(scale, part), mean: cropped(mean, part) };
  };

  const scaleLevels = ({ data }: FloatArray): Uint16Array => {
    const levels = new Uint16Array(data.length);
    for (let i = 0; i < levels.length; i++) levels[i] = scaleLevel(data[i] as number, tables.thresholds);
    return levels;
  };

  return {
    async encode(y, { tileSize, estimate }) {
      const tiles = tilesOf(y.height, y.width, tileSize / 16);
      const z = await hyperLatent(y, tiles);
      const zSymbols = Int32Array.from(z.data);
      let estimatedBits = 0;
      if (estimate) {
        estimatedBits += factorizedInformation(readFactorizedWeights(model.weights, network.zDensity), zSymbols);
      }
      const sections: Uint8Array[] = [];
      let encoder = new SymbolEncoder();
      encoder.push(zSymbols, channelIndexes(zChannels, z.height * z.width), tables.z);
      for (const tile of tiles) {
        if (tileSize !== 0) {
          sections.push(encoder.finish());
          encoder = new SymbolEncoder();
        }
        const { scale, mean } = await parametersOf(z, tile);
        const { data } = y.read(tile);
        const symbols = new Int32Array(data.length);
        for (let i = 0; i < symbols.length; i++) symbols[i] = symbolOf((data[i] as number) - (mean.data[i] as number));
        encoder.push(symbols, scaleLevels(scale), tables.y);
        if (estimate) estimatedBits += gaussianInformation(symbols, scale.data, model.scaleBound);
      }
      sections.push(encoder.finish());
      return { sections, estimatedBits: estimate ? estimatedBits : null };
    },
    async decode(sections, yHeight, yWidth, { tileSize }) {
      const tiles = tilesOf(yHeight, yWidth, tileSize / 16);
      expectSections(sections, tileSize === 0 ? 1 : tiles.length + 1);
      const z = new FeatureMap(zChannels, yHeight / RATIO, yWidth / RATIO);
      const zSymbols = new Int32Array(z.data.length);
      let decoder = new SymbolDecoder(sections[0] as Uint8Array);
      decoder.decode(channelIndexes(zChannels, z.height * z.width), tables.z, zSymbols);
      z.data.set(zSymbols);
      const yHat = new FeatureMap(M, yHeight, yWidth);
      for (const [i, tile] of tiles.entries()) {
        if (tileSize !== 0) {
          decoder.finish();
          decoder = new SymbolDecoder(sections[i + 1] as Uint8Array);
        }
        const { scale, mean } = await parametersOf(z, tile);
        const symbols = new Int32Array(scale.data.length);
        decoder.decode(scaleLevels(scale), tables.y, symbols);
        const values = toFloats(symbols, mean.shape);
        for (let j = 0; j < symbols.length; j++) values.data[j] = (symbols[j] as number) + (mean.data[j] as number);
        yHat.write(tile, values, whole(tile));
      }
      decoder.finish();
      return yHat;
    },
  };
}
