/** What toy codecs are trained with: every surrogate on both paths, and the pairs that the literature recommends. */
import { SURROGATE_PRESETS, SURROGATES, type SurrogateChoice, surrogateName } from "../../quantize/index.ts";

/** A pair of surrogates with a name. */
export interface SurrogatePair {
  readonly name: string;
  readonly rate: SurrogateChoice;
  readonly distortion: SurrogateChoice;
  /** Fraction of the steps after which the encoder is frozen and both paths round; null for training in one stage. */
  readonly hardFrom: number | null;
}

const SAME_ON_BOTH: readonly SurrogatePair[] = SURROGATES.map((surrogate) => {
  const choice = { id: surrogate.id, ...(surrogate.form === null ? {} : { form: surrogate.form }) };
  return { name: surrogateName(surrogate), rate: choice, distortion: choice, hardFrom: null };
});

const PRESETS: readonly SurrogatePair[] = Object.entries(SURROGATE_PRESETS).map(
  ([name, { rate, distortion, hardFrom = null }]) => ({ name, rate, distortion, hardFrom }),
);

/** The pairs. `uq + dsq` is what Tsubota and Aizawa (IEEE Access 2023, arXiv 2303.00587) found good everywhere. */
export const SURROGATE_PAIRS: readonly SurrogatePair[] = [
  ...SAME_ON_BOTH,
  ...PRESETS,
  { name: "uq + dsq", rate: "uq", distortion: "dsq", hardFrom: null },
  {
    name: "aun (expected) + ste",
    rate: { id: "aun", gradient: "expected" },
    distortion: "ste",
    hardFrom: null,
  },
];

/**
 * Pairs by name.
 *
 * @throws {RangeError} for an unknown name; the message lists the known.
 */
export function findPairs(names: readonly string[]): readonly SurrogatePair[] {
  return names.map((name) => {
    const found = SURROGATE_PAIRS.find((pair) => pair.name === name);
    if (found === undefined) {
      const known = SURROGATE_PAIRS.map((pair) => pair.name).join(", ");
      throw new RangeError(`pair of surrogates: got "${name}", expected one of ${known}`);
    }
    return found;
  });
}
