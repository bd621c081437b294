/** The estimate of training for latents with a Gaussian conditional. */
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { roundedNormalMass } from "../entropy/normal-distribution.ts";
import { informationOf } from "./latent-coder.ts";

/** Logarithms of scales count up to this, as in training (`train-hyperprior.ts`): beyond it, likelihoods are at their bound anyway. */
const LARGEST_LOG_SCALE = 12;

/**
 * Bits of symbols under normal densities of mean 0.
 * @param symbols `[n]`
 * @param scales `[n]` standard deviations in quantization steps, raised to `scaleBound` where they are smaller
 * @param form whether `scales` are natural logarithms of them
 */
export function gaussianInformation(
  symbols: Int32Array,
  scales: Float32Array,
  scaleBound: number,
  form: HyperpriorNetwork["scaleForm"],
): number {
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) {
    const predicted = scales[i] as number;
    const scale = form === "log" ? Math.exp(Math.min(predicted, LARGEST_LOG_SCALE)) : predicted;
    bits += informationOf(roundedNormalMass(symbols[i] as number, Math.max(scale, scaleBound)));
  }
  return bits;
}
