/** The estimate of training for latents with a Gaussian conditional. */
import { roundedNormalMass } from "../entropy/normal-distribution.ts";
import { informationOf } from "./latent-coder.ts";

/**
 * Bits of symbols under normal densities of mean 0.
 * @param symbols `[n]`
 * @param scales `[n]` standard deviations in quantization steps, raised to `scaleBound` where they are smaller
 */
export function gaussianInformation(symbols: Int32Array, scales: Float32Array, scaleBound: number): number {
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) {
    bits += informationOf(roundedNormalMass(symbols[i] as number, Math.max(scales[i] as number, scaleBound)));
  }
  return bits;
}
