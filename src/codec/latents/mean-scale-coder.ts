/**
 * Latents of a network with a hyper-latent: round(z) by channel, then round(y - mean) by the level of the scale
 * (FORMAT.md, "Section: the latents").
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
import { factorizedInformation } from "./factorized-density.ts";
import { gaussianInformation } from "./gaussian-information.ts";
import { channelIndexes, type LatentCoder, symbolOf, toFloats } from "./latent-coder.ts";

/** Makes the coder of a model whose `coding` is "mean-scale". */
export function meanScaleCoder(
  model: Model,
  tables: MeanScaleTables,
  network: MeanScaleNetwork,
  runner: NetworkRunner,
): LatentCoder {
  const { zChannels } = network;

  const scaleLevels = (scale: FloatArray): Uint8Array | Uint16Array => {
    const levels = new Uint16Array(scale.data.length);
    for (let i = 0; i < levels.length; i++) levels[i] = scaleLevel(scale.data[i] as number, tables.thresholds);
    return levels;
  };

  const estimateBits = (zSymbols: Int32Array, ySymbols: Int32Array, scale: FloatArray): number =>
    factorizedInformation(readFactorizedWeights(model.weights, network.zDensity), zSymbols) +
    gaussianInformation(ySymbols, scale.data, model.scaleBound);

  return {
    async encode(image, { estimate }) {
      const { y, zRounded } = await runner.analysis(image);
      if (zRounded === null) throw new Error("internal: the analysis gave no hyper-latent");
      const zSymbols = Int32Array.from(zRounded.data, symbolOf);
      // From the symbols and not from z: a value beyond the coder's range would be another one in the decoder.
      const { scale, mean } = await runner.hyperSynthesis({ data: toFloats(zSymbols), shape: zRounded.shape });
      const ySymbols = new Int32Array(y.data.length);
      for (let i = 0; i < ySymbols.length; i++)
        ySymbols[i] = symbolOf((y.data[i] as number) - (mean.data[i] as number));
      const encoder = new SymbolEncoder();
      encoder.push(zSymbols, channelIndexes(zChannels, zSymbols.length / zChannels), tables.z);
      encoder.push(ySymbols, scaleLevels(scale), tables.y);
      return { payload: encoder.finish(), estimatedBits: estimate ? estimateBits(zSymbols, ySymbols, scale) : null };
    },
    async decode(payload, paddedHeight, paddedWidth) {
      const zShape = [1, zChannels, paddedHeight / 64, paddedWidth / 64] as const;
      const zSymbols = new Int32Array(zChannels * zShape[2] * zShape[3]);
      const decoder = new SymbolDecoder(payload);
      decoder.decode(channelIndexes(zChannels, zShape[2] * zShape[3]), tables.z, zSymbols);
      const { scale, mean } = await runner.hyperSynthesis({ data: toFloats(zSymbols), shape: zShape });
      const ySymbols = new Int32Array(scale.data.length);
      decoder.decode(scaleLevels(scale), tables.y, ySymbols);
      decoder.finish();
      const data = new Float32Array(ySymbols.length);
      for (let i = 0; i < data.length; i++) data[i] = (ySymbols[i] as number) + (mean.data[i] as number);
      return { data, shape: mean.shape };
    },
  };
}
