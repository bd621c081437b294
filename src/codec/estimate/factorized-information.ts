/** The estimate of training for latents that have one learned density per channel. */
import { type FactorizedWeights, factorizedPmf } from "../../networks/densities/factorized-tables.ts";
import { informationOf } from "./information-of.ts";

/**
 * Bits of symbols ordered by channel under a learned density.
 * @param symbols `[channels * perChannel]`
 */
export function factorizedInformation(density: FactorizedWeights, symbols: Int32Array): number {
  const perChannel = symbols.length / density.channels;
  let bits = 0;
  for (let channel = 0; channel < density.channels; channel++) {
    // Few values occur many times: each is evaluated once.
    const counts = new Map<number, number>();
    for (let i = channel * perChannel; i < (channel + 1) * perChannel; i++) {
      const symbol = symbols[i]!;
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    }
    for (const [symbol, count] of counts) {
      bits += count * informationOf(factorizedPmf(density, channel, symbol, symbol)[0]!);
    }
  }
  return bits;
}
