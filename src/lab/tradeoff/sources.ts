/** Densities of a latent, for studies. All have the standard deviation `scale` and are symmetric around `offset`. */
import { erfcValue } from "../../error-function.ts";

/** Names of the densities. */
export const SOURCE_NAMES = ["gaussian", "laplace", "mixture"] as const;

/** One of the densities. */
export type SourceName = (typeof SOURCE_NAMES)[number];

/** A density with its parameters, in quantization steps. */
export interface Source {
  readonly name: SourceName;
  /** Standard deviation. */
  readonly scale: number;
  /** Mean: the place of the centre in the cells of the quantizer. */
  readonly offset: number;
  /** p(y). */
  density(y: number): number;
  /** Probability of (low, high), with relative precision in the tails. */
  mass(low: number, high: number): number;
  /** Less than 1e-12 of the probability is beyond this distance from the offset. */
  readonly reach: number;
}

/** The smallest and the largest scale that the grids of the laboratory are made for. */
export const SOURCE_SCALES = { lowest: 0.05, highest: 8 } as const;

/** The farthest centre. Figures depend on its place in its cell, and far away float64 no longer holds that place. */
const FARTHEST_OFFSET = 1000;

/** A part of a mixture of normal densities around one mean. */
interface NormalPart {
  readonly weight: number;
  readonly deviation: number;
}

/**
 * The mixture: three quarters of the latents have half the standard deviation, the others make up for it; a peak with tails, as
 * of a latent whose scale is not known. Its kurtosis is 5.
 */
const MIXTURE: readonly NormalPart[] = [
  { weight: 0.75, deviation: 0.5 },
  { weight: 0.25, deviation: Math.sqrt((1 - 0.75 * 0.25) / 0.25) },
];

/**
 * A density by name.
 *
 * @throws {RangeError} for an unknown name (the message lists the known), a scale out of {@link SOURCE_SCALES}, or an offset
 *   beyond {@link FARTHEST_OFFSET}.
 */
export function createSource(name: string, scale: number, offset: number): Source {
  const known = SOURCE_NAMES.find((one) => one === name);
  if (known === undefined) throw new RangeError(`source: got "${name}", expected one of ${SOURCE_NAMES.join(", ")}`);
  const { lowest, highest } = SOURCE_SCALES;
  if (!(scale >= lowest && scale <= highest)) {
    throw new RangeError(`source: scale: got ${scale}, expected a number from ${lowest} to ${highest}`);
  }
  if (!(Math.abs(offset) <= FARTHEST_OFFSET)) {
    throw new RangeError(
      `source: offset: got ${offset}, expected a number from -${FARTHEST_OFFSET} to ${FARTHEST_OFFSET}; all figures repeat from step to step`,
    );
  }
  switch (known) {
    case "gaussian":
      return normalMixture(known, [{ weight: 1, deviation: 1 }], scale, offset);
    case "mixture":
      return normalMixture(known, MIXTURE, scale, offset);
    case "laplace":
      return laplace(scale, offset);
  }
}

/** 1e-12 of a normal variable lies beyond this many standard deviations. */
const NORMAL_REACH = 7.2;

function normalMixture(name: SourceName, parts: readonly NormalPart[], scale: number, offset: number): Source {
  const scaled = parts.map(({ weight, deviation }) => ({ weight, deviation: deviation * scale }));
  const upperTail = (x: number): number => erfcValue(x / Math.SQRT2) / 2;
  const massOf = (low: number, high: number): number =>
    low > 0 ? upperTail(low) - upperTail(high) : upperTail(-high) - upperTail(-low);
  return {
    name,
    scale,
    offset,
    density: (y) =>
      scaled.reduce((sum, { weight, deviation }) => {
        const x = (y - offset) / deviation;
        return sum + (weight * Math.exp((-x * x) / 2)) / (deviation * Math.sqrt(2 * Math.PI));
      }, 0),
    mass: (low, high) =>
      scaled.reduce(
        (sum, { weight, deviation }) => sum + weight * massOf((low - offset) / deviation, (high - offset) / deviation),
        0,
      ),
    reach: NORMAL_REACH * Math.max(...scaled.map(({ deviation }) => deviation)),
  };
}

function laplace(scale: number, offset: number): Source {
  const decay = scale / Math.SQRT2;
  /** Probability beyond x >= 0. */
  const tail = (x: number): number => Math.exp(-x / decay) / 2;
  const massAbove = (low: number, high: number): number => -tail(low) * Math.expm1((low - high) / decay);
  return {
    name: "laplace",
    scale,
    offset,
    density: (y) => Math.exp(-Math.abs(y - offset) / decay) / (2 * decay),
    mass: (low, high) => {
      const a = low - offset;
      const b = high - offset;
      if (a >= 0) return massAbove(a, b);
      if (b <= 0) return massAbove(-b, -a);
      return massAbove(0, b) + massAbove(0, -a);
    },
    reach: decay * Math.log(1e12),
  };
}
