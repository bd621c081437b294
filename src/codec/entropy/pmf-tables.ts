/**
 * Frequency tables from arbitrary probabilities: the per-channel tables of a hyper-latent, whose density is learned and has
 * no formula. It runs when a model is exported. It trims nothing: the caller chooses the range of values.
 */
import { quantizePmf } from "./quantize-pmf.ts";
import { FrequencyTableSet } from "./table-set.ts";

/** Probabilities of a run of consecutive integers. */
export interface IntegerPmf {
  /** The value that `pmf[0]` belongs to. */
  readonly firstSymbol: number;
  /** `[n]` probabilities of `firstSymbol .. firstSymbol + n - 1`. */
  readonly pmf: Float64Array;
  /** Probability of all other values, 0 <= escapeMass < 1. Default: what `pmf` lacks to 1. */
  readonly escapeMass?: number;
}

/**
 * One table for each distribution, in order: for a hyper-latent, table index = channel.
 * @throws {RangeError} for a value that is not a probability
 * @throws {HalfstepError} `bad-tables` for values beyond the range that the coder carries
 */
export function tablesFromPmfs(distributions: readonly IntegerPmf[]): FrequencyTableSet {
  return FrequencyTableSet.from(
    distributions.map(({ firstSymbol, pmf, escapeMass }) => ({
      firstSymbol,
      frequencies: quantizePmf(pmf, escapeMass),
    })),
  );
}
