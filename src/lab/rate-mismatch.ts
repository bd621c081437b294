/**
 * How far the rate that training sees under additive uniform noise is from the rate of the coder, for one normal latent: the
 * reason for a lower bound on scales. The computation is our own; Zhang, Li, Liu (arXiv 2309.17051) name such a bound in their abstract.
 */
import { erfcValue } from "../error-function.ts";
import { byQuadrature, type Estimate } from "./estimate.ts";
import { gaussianBitsOf } from "./gaussian-rate.ts";
import { integrate } from "./quadrature/integrate.ts";

/** Options of {@link rateMismatch}, in quantization steps. */
export interface RateMismatchOptions {
  /** Standard deviation d of the latent around its predicted mean, above 0. */
  readonly deviation: number;
  /** Lower bound b on the scale of the entropy model, above 0: it codes with s = max(d, b). */
  readonly bound: number;
}

/** Bits for one latent. */
export interface RateMismatch {
  /** The scale that codes, max(d, b). */
  readonly scale: number;
  /** E -log2 p(y + u): what training minimises. */
  readonly trainingBits: Estimate;
  /** E -log2 p([y]): what the coder spends, without its overhead. */
  readonly realBits: Estimate;
}

/** A normal variable beyond this many deviations is left out. Its probability is 2e-15. */
const REACH = 8;

/** Probability of a standard normal variable in (low, high), exact in the tails. */
function normalMass(low: number, high: number): number {
  if (low > 0) return normalMass(-high, -low);
  return (erfcValue(-high / Math.SQRT2) - erfcValue(-low / Math.SQRT2)) / 2;
}

/**
 * The two rates of a latent y ~ N(0, d^2) with the mean known and the scale max(d, b). y + u has the density
 * Phi((v + 1/2) / d) - Phi((v - 1/2) / d), so that the training rate is an integral over one variable; the real rate is a sum
 * over integers.
 *
 * @throws {RangeError} for a deviation or bound that is not above 0 and finite, or a deviation above 1000.
 */
export function rateMismatch({ deviation, bound }: RateMismatchOptions): RateMismatch {
  checkPositive("deviation", deviation);
  checkPositive("bound", bound);
  const scale = Math.max(deviation, bound);
  const massAround = (v: number): number => normalMass((v - 0.5) / deviation, (v + 0.5) / deviation);

  const last = Math.ceil(REACH * deviation + 0.5);
  const symbols = Float64Array.from({ length: 2 * last + 1 }, (_, i) => i - last);
  const symbolBits = gaussianBitsOf(symbols, scale);
  let realBits = 0;
  let skipped = 1;
  symbols.forEach((symbol, i) => {
    const mass = massAround(symbol);
    realBits += mass * symbolBits[i]!;
    skipped -= mass;
  });

  const [training] = integrate(
    (points) => [gaussianBitsOf(points, scale).map((bits, i) => bits * massAround(points[i]!))],
    breakpoints(REACH * deviation, deviation),
    { components: 1, relativeTolerance: 1e-8 },
  );
  if (training === undefined) throw new Error("internal: an integral has no component");
  return {
    scale,
    trainingBits: byQuadrature(training.value, training.error),
    realBits: byQuadrature(realBits, Math.abs(skipped) + 1e-12),
  };
}

/** Half-integers within reach, where the density of y + u has its flanks, each with points within a few deviations. */
function breakpoints(reach: number, deviation: number): number[] {
  const edge = reach + 0.5;
  const points = new Set<number>([-edge, edge, 0]);
  const flank = Math.min(4 * deviation, 0.2);
  for (let k = 0.5; k < edge; k++) {
    for (const x of [k - flank, k, k + flank]) {
      if (x > 0 && x < edge) points.add(x).add(-x);
    }
  }
  return [...points].sort((a, b) => a - b);
}

function checkPositive(name: string, value: number): void {
  if (!(value > 0) || value > 1000) {
    throw new RangeError(`rateMismatch: ${name}: got ${value}, expected a number above 0 and at most 1000`);
  }
}
