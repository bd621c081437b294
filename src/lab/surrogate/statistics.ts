/**
 * What a surrogate does to a latent that is uniform in its cell, under the loss (v - t)^2 with the target t = y - offset held
 * fixed: the value's mismatch, and bias and variance of the gradient.
 *
 * By quadrature: for each latent the moments over the noise, then the integral over the cell. By simulation: pairs of samples of
 * one latent, which give unbiased estimates of squares of means, (g1 - a)(g2 - a), and of variances, (g1 - g2)^2 / 2.
 */
import { CounterRandom } from "../../engine/index.ts";
import { LOWEST_TEMPERATURE } from "../../quantize/cells.ts";
import { byQuadrature, bySamples, type Estimate, type EstimateMethod, exactly } from "../estimate.ts";
import { integrate } from "../quadrature/integrate.ts";
import { closedForms, isSoftRounding, LOWEST_SOFT_TEMPERATURE } from "./closed-forms.ts";
import { conditionalMoments } from "./conditional-moments.ts";
import { LOWEST_PAIRED_TEMPERATURE } from "./paired-noise.ts";
import { squaredDistance } from "./point-loss.ts";
import { STATISTIC_NAMES, type StatisticName } from "./statistic-names.ts";
import { type StudiedSurrogate, sampleSurrogate, studyName } from "./studied-surrogate.ts";

/**
 * The figures, r uniform in [0, 1), y = r, g the gradient that the latent receives:
 * - `mismatch`: E (y~ - [y])^2.
 * - `noisePower`: E (y~ - y)^2.
 * - `jacobianVariance`: E_r Var_u(J); null in mode `expected`, where there is no J.
 * - `biasSquaredVsNoise`: E_r (E_u g - (l(y + 1/2) - l(y - 1/2)))^2, against the gradient of additive noise.
 * - `biasSquaredVsHard`: E_r (E_u g - (l(1) - l(0)))^2, against the slope of the loss across the cell.
 * - `variance`: E_r Var_u(g).
 */
export type SurrogateStatistics = {
  readonly [Name in StatisticName]: Name extends "jacobianVariance" ? Estimate | null : Estimate;
};

/** Options of {@link surrogateStatistics}. */
export interface StatisticsOptions {
  /** The target lies this far below the latent. Default 0.3. */
  readonly targetOffset?: number;
  /** Default: for each figure the closed form where there is one, else quadrature; a simulation where that takes too many nodes. */
  readonly method?: EstimateMethod;
  /** Latents of a simulation; each is sampled twice. Default 200,000. */
  readonly samples?: number;
  /** Seed of a simulation. Default 1. */
  readonly seed?: number;
}

/** The customary offset of the target, which makes the gradient of additive noise 0.6. */
export const DEFAULT_TARGET_OFFSET = 0.3;
const DEFAULT_SAMPLES = 200_000;
/** The fewest and the most latents of a simulation: a spread needs two, and five million take half a gigabyte. */
const SIMULATION_SAMPLES = { fewest: 2, most: 5_000_000 } as const;
/** Panels of the latent: enough for a jump and a singular end; every point of one is an integral over the noise. */
const MOST_PANELS = 128;

/**
 * The figures of a surrogate. With `method: "closed form"` those without closed form are left out.
 *
 * @throws {RangeError} for a number of samples out of {@link SIMULATION_SAMPLES}, a bad seed, or what {@link statisticsProblem}
 *   says.
 */
export function surrogateStatistics(
  study: StudiedSurrogate,
  options: StatisticsOptions = {},
): Partial<SurrogateStatistics> {
  const { targetOffset = DEFAULT_TARGET_OFFSET, method, samples = DEFAULT_SAMPLES, seed = 1 } = options;
  const problem = statisticsProblem(study, options);
  if (problem !== null) throw new RangeError(problem);
  if (method === "monte carlo" || (method === undefined && needsSimulation(study))) {
    return simulate(study, targetOffset, samples, seed);
  }
  if (method === "quadrature") return integrateStatistics(study, targetOffset);
  const closed = Object.fromEntries(
    Object.entries(closedForms(study, targetOffset)).map(([name, value]) => [name, exactly(value)]),
  ) as Partial<SurrogateStatistics>;
  const isComplete = STATISTIC_NAMES.every((name) => Object.hasOwn(closed, name));
  return isComplete || method === "closed form" ? closed : { ...integrateStatistics(study, targetOffset), ...closed };
}

/**
 * Why the figures cannot be computed in this way, or null. The pathwise slopes of soft rounding depend on 1 - |x|, which is near the
 * rounding errors of float64 at low temperatures. Below T = 1/27, but above what counts as 0, a quadrature of their squares does not
 * converge. An integral over two numbers of noise takes too many nodes at low temperatures. If no method is asked for, these figures
 * are simulated.
 */
export function statisticsProblem(study: StudiedSurrogate, options: StatisticsOptions = {}): string | null {
  const { method, samples = DEFAULT_SAMPLES } = options;
  const { fewest, most } = SIMULATION_SAMPLES;
  const isSimulated = method === "monte carlo" || (method === undefined && needsSimulation(study));
  if (isSimulated) {
    return Number.isInteger(samples) && samples >= fewest && samples <= most
      ? null
      : `samples: got ${samples}, expected a whole number from ${fewest} to ${most}`;
  }
  const { surrogate, temperature, gradient } = study;
  if (method === "closed form" || temperature === null || temperature <= LOWEST_TEMPERATURE) return null;
  if (needsSimulation(study)) {
    return `temperature: got ${temperature}: ${studyName(study)} takes two numbers of noise, whose quadrature needs a temperature of at least ${LOWEST_PAIRED_TEMPERATURE}; or choose the method "monte carlo"`;
  }
  if (!isSoftRounding(surrogate) || gradient !== "pathwise" || temperature > LOWEST_SOFT_TEMPERATURE) return null;
  return `temperature: got ${temperature}: the pathwise slopes of ${studyName(study)} are not resolvable in float64, expected a temperature above ${LOWEST_SOFT_TEMPERATURE.toFixed(5)}; or choose the method "monte carlo", or another gradient (${surrogate.gradients.slice(1).join(", ")})`;
}

/** Whether the noise takes too many nodes: two numbers of it, at a low temperature. */
function needsSimulation({ surrogate, temperature }: StudiedSurrogate): boolean {
  const t = temperature ?? 0;
  return surrogate.noise?.numbers === 2 && t > LOWEST_TEMPERATURE && t < LOWEST_PAIRED_TEMPERATURE;
}

/** [l(y + 1/2) - l(y - 1/2), l(1) - l(0)] for a latent in [0, 1). */
function references(y: number, targetOffset: number): readonly [number, number] {
  const { value } = squaredDistance(targetOffset);
  return [value(y + 0.5, y) - value(y - 0.5, y), value(1, y) - value(0, y)];
}

function integrateStatistics(study: StudiedSurrogate, targetOffset: number): SurrogateStatistics {
  const loss = squaredDistance(targetOffset);
  const count = STATISTIC_NAMES.length;
  const results = integrate(
    (latents) => {
      const { errors, ...moments } = conditionalMoments(study, latents, loss);
      const differences = ([0, 1] as const).map((which) =>
        moments.gradientMean.map((mean, i) => mean - references(latents[i]!, targetOffset)[which]),
      );
      return [
        moments.mismatch,
        moments.noisePower,
        moments.jacobianVariance,
        ...differences.map((difference) => difference.map((d) => d * d)),
        moments.gradientVariance,
        // What the rule over the noise got wrong, for each of these.
        errors.mismatch,
        errors.noisePower,
        errors.jacobianVariance,
        ...differences.map((difference) =>
          difference.map((d, i) => (2 * Math.abs(d) + errors.gradientMean[i]!) * errors.gradientMean[i]!),
        ),
        errors.gradientVariance,
      ];
    },
    [0, 0.5, 1],
    {
      components: 2 * count,
      decisive: count,
      relativeTolerance: 1e-4,
      absoluteTolerance: 1e-6,
      maxHalvings: 20,
      maxPanels: MOST_PANELS,
    },
  );
  const estimates = results
    .slice(0, count)
    .map(({ value, error }, i) => byQuadrature(value, error + (results[count + i]?.value as number)));
  return named(study, estimates);
}

function simulate(study: StudiedSurrogate, targetOffset: number, samples: number, seed: number): SurrogateStatistics {
  const random = new CounterRandom(seed);
  const uniform = (stream: number): Float64Array => {
    const out = new Float32Array(samples);
    random.fillUniform(out, 0, stream);
    return Float64Array.from(out);
  };
  const latents = uniform(0).map((x) => x + 0.5);
  const loss = squaredDistance(targetOffset);
  const sample = (stream: number) =>
    study.surrogate.noise?.numbers === 2
      ? sampleSurrogate(study, latents, uniform(stream), loss, uniform(stream + 2))
      : sampleSurrogate(study, latents, uniform(stream), loss);
  const a = sample(1);
  const b = sample(2);
  const each = (f: (i: number, y: number) => number): Estimate => bySamples(latents.map((y, i) => f(i, y)));
  const meanOf = (f: (v: number, y: number) => number): Estimate =>
    each((i, y) => (f(a.values[i]!, y) + f(b.values[i]!, y)) / 2);
  const varianceOf = (x: Float64Array, y: Float64Array): Estimate => each((i) => (x[i]! - y[i]!) ** 2 / 2);
  const biasSquared = (which: 0 | 1): Estimate =>
    each((i, y) => {
      const reference = references(y, targetOffset)[which];
      return (a.gradients[i]! - reference) * (b.gradients[i]! - reference);
    });
  return named(study, [
    meanOf((v, y) => (v - Math.round(y)) ** 2),
    meanOf((v, y) => (v - y) ** 2),
    a.slopes === null || b.slopes === null ? exactly(0) : varianceOf(a.slopes, b.slopes),
    biasSquared(0),
    biasSquared(1),
    varianceOf(a.gradients, b.gradients),
  ]);
}

function named(study: StudiedSurrogate, estimates: readonly Estimate[]): SurrogateStatistics {
  const entries = STATISTIC_NAMES.map((name, i) => [
    name,
    name === "jacobianVariance" && study.gradient === "expected" ? null : estimates[i],
  ]);
  return Object.fromEntries(entries) as SurrogateStatistics;
}
