/** Latents of a network without side information: round(y), coded by channel (FORMAT.md, "Section: the latents"). */
import { readFactorizedWeights } from "../../networks/densities/factorized-tables.ts";
import type { FactorizedNetwork } from "../../networks/network.ts";
import { SymbolDecoder } from "../entropy/rans-decoder.ts";
import { SymbolEncoder } from "../entropy/rans-encoder.ts";
import type { NetworkRunner } from "../graphs.ts";
import type { FactorizedTables, Model } from "../model/model.ts";
import { factorizedInformation } from "./factorized-density.ts";
import { channelIndexes, type LatentCoder, symbolOf, toFloats } from "./latent-coder.ts";

/** Makes the coder of a model whose `coding` is "factorized". */
export function factorizedCoder(
  model: Model,
  tables: FactorizedTables,
  network: FactorizedNetwork,
  runner: NetworkRunner,
): LatentCoder {
  const channels = model.network.M;
  return {
    async encode(image, { estimate }) {
      const { y } = await runner.analysis(image);
      const symbols = Int32Array.from(y.data, symbolOf);
      const encoder = new SymbolEncoder();
      encoder.push(symbols, channelIndexes(channels, symbols.length / channels), tables.y);
      const density = estimate ? readFactorizedWeights(model.weights, network.yDensity) : null;
      return {
        payload: encoder.finish(),
        estimatedBits: density === null ? null : factorizedInformation(density, symbols),
      };
    },
    async decode(payload, paddedHeight, paddedWidth) {
      const shape = [1, channels, paddedHeight / 16, paddedWidth / 16] as const;
      const symbols = new Int32Array(channels * shape[2] * shape[3]);
      const decoder = new SymbolDecoder(payload);
      decoder.decode(channelIndexes(channels, shape[2] * shape[3]), tables.y, symbols);
      decoder.finish();
      return { data: toFloats(symbols), shape };
    },
  };
}
