/** The estimate of training for latents with a Gaussian conditional. */
import { LARGEST_LOG_SCALE } from "../../networks/entropy/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { roundedNormalMass } from "../entropy/normal-distribution.ts";
import { informationOf } from "./information-of.ts";

/**
 * Bits of symbols under normal densities of mean 0.
 * @param symbols `[n]`
 * @param scales `[n]` standard deviations in quantization steps, raised to `scaleBound` where they are smaller
 * @param form whether `scales` are natural logarithms of them, which count up to LARGEST_LOG_SCALE as in training
 */
export function gaussianInformation(
  symbols: Int32Array,
  scales: Float32Array,
  scaleBound: number,
  form: HyperpriorNetwork["scaleForm"],
): number {
  // Most latents are 0 where least is expected of them: the one case that is not computed again for each.
  const silence = informationOf(roundedNormalMass(0, scaleBound));
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) {
    const predicted = scales[i]!;
    const scale = form === "log" ? Math.exp(Math.min(predicted, LARGEST_LOG_SCALE)) : predicted;
    if (symbols[i] === 0 && scale <= scaleBound) bits += silence;
    else bits += informationOf(roundedNormalMass(symbols[i]!, Math.max(scale, scaleBound)));
  }
  return bits;
}
