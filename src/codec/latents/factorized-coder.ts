/** Latents of a network without side information: round(y), coded by channel (FORMAT.md, "Sections"). */

import type { FloatArray } from "../../engine/index.ts";
import { Y_STRIDE } from "../../networks/strides.ts";
import type { ArrayPool } from "../array-pool.ts";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { SymbolEncoder } from "../entropy/rans-encoder.ts";
import type { FactorizedTables, Model } from "../model/model.ts";
import { FeatureMap } from "../tiling/feature-map.ts";
import { MapRows } from "../tiling/map-rows.ts";
import { type Rectangle, tileRowsOf, whole } from "../tiling/windows.ts";
import { channelIndexes, expectSections, type LatentCoder, symbolOf, toFloats } from "./latent-coder.ts";

/** Makes the coder of a model whose `coding` is "factorized". */
export function factorizedCoder(model: Model, tables: FactorizedTables, pool: ArrayPool): LatentCoder {
  const channels = model.network.M;
  return {
    async encode(y, { tileSize, listener }) {
      const sections: Uint8Array[] = [];
      for (const { area, tiles } of tileRowsOf(y.height, y.width, tileSize / Y_STRIDE)) {
        for (const tile of tiles) {
          const symbols = await y.use(tile, async ({ data }) => Int32Array.from(data, symbolOf));
          listener?.byChannel(symbols);
          const encoder = new SymbolEncoder();
          encoder.push(symbols, channelIndexes(channels, symbols.length / channels), tables.y);
          sections.push(encoder.finish());
        }
        y.forgetAbove(area.top + area.height);
      }
      return sections;
    },
    decode(sections, height, width, { tileSize }) {
      const tileRows = tileRowsOf(height, width, tileSize / Y_STRIDE);
      expectSections(
        sections,
        tileRows.reduce((count, { tiles }) => count + tiles.length, 0),
      );
      const decodeTile = (section: Uint8Array, { height, width }: Rectangle): FloatArray => {
        const symbols = new Int32Array(channels * height * width);
        const decoder = new SymbolDecoder(section);
        decoder.decode(channelIndexes(channels, height * width), tables.y, symbols);
        decoder.finish();
        return toFloats(symbols, [1, channels, height, width]);
      };
      let section = 0;
      return new MapRows({
        height,
        width,
        areas: tileRows.map(({ area }) => area),
        pool,
        async make(index) {
          const { area, tiles } = tileRows[index]!;
          const yHat = new FeatureMap(channels, area.height, width, pool.floats(channels * area.height * width));
          for (const tile of tiles) {
            yHat.write({ ...tile, top: 0 }, decodeTile(sections[section++]!, tile), whole(tile));
          }
          return yHat;
        },
      });
    },
  };
}
