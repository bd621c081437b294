/** Latents of a network without side information: round(y), coded by channel (FORMAT.md, "Sections"). */

import { Y_STRIDE } from "../../networks/strides.ts";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { SymbolEncoder } from "../entropy/rans-encoder.ts";
import type { FactorizedTables, Model } from "../model/model.ts";
import { FeatureMap } from "../tiling/feature-map.ts";
import { tilesOf, whole } from "../tiling/windows.ts";
import { channelIndexes, expectSections, type LatentCoder, symbolOf, toFloats } from "./latent-coder.ts";

/** Makes the coder of a model whose `coding` is "factorized". */
export function factorizedCoder(model: Model, tables: FactorizedTables): LatentCoder {
  const channels = model.network.M;
  return {
    async encode(y, { tileSize, listener }) {
      return tilesOf(y.height, y.width, tileSize / Y_STRIDE).map((tile) => {
        const symbols = Int32Array.from(y.read(tile).data, symbolOf);
        listener?.byChannel(symbols);
        const encoder = new SymbolEncoder();
        encoder.push(symbols, channelIndexes(channels, symbols.length / channels), tables.y);
        return encoder.finish();
      });
    },
    async decode(sections, yHeight, yWidth, { tileSize }) {
      const yHat = new FeatureMap(channels, yHeight, yWidth);
      const tiles = tilesOf(yHeight, yWidth, tileSize / Y_STRIDE);
      expectSections(sections, tiles.length);
      for (const [i, tile] of tiles.entries()) {
        const area = tile.height * tile.width;
        const symbols = new Int32Array(channels * area);
        const decoder = new SymbolDecoder(sections[i]!);
        decoder.decode(channelIndexes(channels, area), tables.y, symbols);
        decoder.finish();
        yHat.write(tile, toFloats(symbols, [1, channels, tile.height, tile.width]), whole(tile));
      }
      return yHat;
    },
  };
}
