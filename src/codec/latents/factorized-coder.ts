/** Latents of a network without side information: round(y), coded by channel (FORMAT.md, "Sections"). */

import type { OwnedArray } from "../../engine/index.ts";
import { Y_STRIDE } from "../../networks/strides.ts";
import type { ArrayPool } from "../array-pool.ts";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { SymbolEncoder } from "../entropy/rans-encoder.ts";
import type { FactorizedTables, Model } from "../model/model.ts";
import { TiledMap } from "../tiling/tiled-map.ts";
import { type Rectangle, tileRowsOf, tilesOf } from "../tiling/windows.ts";
import { channelIndexes, expectSections, type LatentCoder, symbolOf, toFloats } from "./latent-coder.ts";

/** Makes the coder of a model whose `coding` is "factorized". */
export function factorizedCoder(model: Model, tables: FactorizedTables, pool: ArrayPool): LatentCoder {
  const channels = model.network.M;
  return {
    lookAhead: 0,
    async encode(y, { tileSize, listener }) {
      const sections: Uint8Array[] = [];
      for (const tile of tilesOf(y.height, y.width, tileSize / Y_STRIDE)) {
        const symbols = await y.use(tile, async ({ data }) => Int32Array.from(data, symbolOf));
        listener?.byChannel(symbols);
        const encoder = new SymbolEncoder();
        encoder.push(symbols, channelIndexes(channels, symbols.length / channels), tables.y);
        sections.push(encoder.finish());
        y.forgetDone(tile, 0);
      }
      return sections;
    },
    decode(sections, height, width, { tileSize }) {
      const rows = tileRowsOf(height, width, tileSize / Y_STRIDE);
      expectSections(sections, rows.flatMap(({ tiles }) => tiles).length);
      let section = 0;
      const decodeTile = async ({ height, width }: Rectangle): Promise<OwnedArray> => {
        const symbols = new Int32Array(channels * height * width);
        const decoder = new SymbolDecoder(sections[section++]!);
        decoder.decode(channelIndexes(channels, height * width), tables.y, symbols);
        decoder.finish();
        return toFloats(symbols, [1, channels, height, width]);
      };
      return new TiledMap({ height, width, rows, makeTile: decodeTile, pool });
    },
  };
}
