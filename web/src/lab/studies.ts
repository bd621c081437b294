/**
 * What the laboratory view shows. All of it is asked of the library: the values and gradients of a surrogate, their figures, its place between mismatch and
 * risk, what the scale bound does, and what a predicted mean receives. No formula of a surrogate is written here.
 */
import {
  add,
  CounterRandom,
  evaluate,
  gradients,
  graphInput,
  multiply,
  reduceSum,
  square,
  subtract,
} from "../../../src/engine/index.ts";
import {
  bySamples,
  createLoss,
  createSource,
  DEFAULT_TARGET_OFFSET,
  type Estimate,
  HIGH_RATE_WEIGHT,
  type LossName,
  makeLaws,
  type ReferenceName,
  rateMismatch,
  type SourceName,
  type StudiedSurrogate,
  type SurrogateStatistics,
  sampleSurrogate,
  squaredDistance,
  statisticsProblem,
  studySurrogate,
  surrogateStatistics,
  type TradeoffPoint,
  type TradeoffProblem,
  tradeoffSweep,
} from "../../../src/lab/index.ts";
import {
  type PartialStopGradient,
  quantizeForSynthesis,
  SURROGATES,
  surrogateName,
} from "../../../src/quantize/index.ts";

/** A surrogate as the view chooses it. */
export interface Choice {
  /** `surrogateName` of it. */
  readonly name: string;
  readonly gradient: string;
  /** Null for one without temperature. */
  readonly temperature: number | null;
}

/** What is coded, and what gradients are judged by. */
export interface Problem {
  readonly source: SourceName;
  /** Standard deviation, in steps. */
  readonly scale: number;
  readonly loss: LossName;
  readonly reference: ReferenceName;
}

/** Samples of a surrogate. */
export interface Samples {
  /** Latents with the value and the gradient that they got. */
  readonly points: readonly { readonly y: number; readonly value: number; readonly gradient: number }[];
  /** Of the values of a latent of the source: what lies in each bin, as a density. */
  readonly density: readonly { readonly from: number; readonly to: number; readonly density: number }[];
  /** Probability of each integer after real rounding. */
  readonly masses: readonly { readonly integer: number; readonly mass: number }[];
}

/** A point of the plane. */
export interface PlanePoint {
  readonly series: string;
  readonly temperature: number | null;
  readonly mismatch: number;
  readonly risk: number;
}

/** The smallest scale of a source that the view offers, in steps. Laws are made for scales from here up. */
export const SMALLEST_SCALE = 0.1;
const SAMPLE_COUNT = 600;
const SAMPLE_REACH = 1.5;
const SEED = 5;
const BINS_PER_STEP = 20;
const DENSITY_REACH = 2.5;
/** Latents for each bin, and noises for each latent, of the density. */
const LATENTS_PER_STEP = 400;
const NOISES = 24;
const MEAN_SAMPLES = 20_000;

/** The surrogate of a choice. @throws {RangeError} for a name, mode or temperature that does not exist */
export function studyOf({ name, gradient, temperature }: Choice): StudiedSurrogate {
  const surrogate = SURROGATES.find((one) => surrogateName(one) === name);
  if (surrogate === undefined) throw new RangeError(`surrogate: got "${name}", expected one of the library's`);
  const { id, form } = surrogate;
  return studySurrogate({ id, form: form ?? undefined, gradient, temperature: temperature ?? undefined });
}

/** Noise of (-1/2, 1/2), the same for the same stream. */
function noise(count: number, stream: number, reach = 0.5): Float64Array {
  const out = new Float32Array(count);
  new CounterRandom(SEED).fillUniform(out, 0, stream, -reach, reach);
  return Float64Array.from(out);
}

/** Values, gradients and density, by samples. Gradients are those of (v - t)^2 with the target t = y - 0.3. */
export function samplesOf(choice: Choice, { source: sourceName, scale }: Problem): Samples {
  const study = studyOf(choice);
  const latents = noise(SAMPLE_COUNT, 0, SAMPLE_REACH);
  const sampled = sampleSurrogate(
    study,
    latents,
    noise(SAMPLE_COUNT, 1),
    squaredDistance(DEFAULT_TARGET_OFFSET),
    noise(SAMPLE_COUNT, 2),
  );
  const points = Array.from(latents, (y, i) => ({
    y,
    value: sampled.values[i]!,
    gradient: sampled.gradients[i]!,
  }));
  const source = createSource(sourceName, scale, 0);
  const reach = Math.ceil(DENSITY_REACH);
  return {
    points,
    density: densityOf(study, source.density),
    masses: Array.from({ length: 2 * reach + 1 }, (_, i) => ({
      integer: i - reach,
      mass: source.mass(i - reach - 0.5, i - reach + 0.5),
    })),
  };
}

function densityOf(study: StudiedSurrogate, density: (y: number) => number): Samples["density"] {
  const side = Math.ceil(DENSITY_REACH + 1) * LATENTS_PER_STEP;
  const latents = new Float64Array((2 * side + 1) * NOISES).map(
    (_, i) => (Math.floor(i / NOISES) - side) / LATENTS_PER_STEP,
  );
  const { values } = sampleSurrogate(
    study,
    latents,
    noise(latents.length, 3),
    squaredDistance(0),
    noise(latents.length, 4),
  );
  const bins = new Float64Array(2 * DENSITY_REACH * BINS_PER_STEP + 1);
  values.forEach((value, i) => {
    // Bins are centred at the integers, so that what is rounded falls into the middle of one.
    const bin = Math.floor((value + DENSITY_REACH) * BINS_PER_STEP + 0.5);
    if (bin < 0 || bin >= bins.length) return;
    const weight = density(latents[i]!) / (NOISES * LATENTS_PER_STEP);
    bins[bin] = bins[bin]! + weight * BINS_PER_STEP;
  });
  return Array.from(bins, (height, i) => ({
    from: (i - 0.5) / BINS_PER_STEP - DENSITY_REACH,
    to: (i + 0.5) / BINS_PER_STEP - DENSITY_REACH,
    density: height,
  }));
}

/** The figures of a surrogate, by quadrature, or by simulation if quadrature does not converge. */
export function figuresOf(choice: Choice): Partial<SurrogateStatistics> {
  const study = studyOf(choice);
  const problem = statisticsProblem(study);
  if (problem === null) return surrogateStatistics(study);
  return surrogateStatistics(study, { method: "monte carlo" });
}

/** A problem of the view as the library takes it. */
export function problemOf({ source: name, scale, loss, reference }: Problem): TradeoffProblem {
  const source = createSource(name, scale, 0);
  const options = { targetOffset: DEFAULT_TARGET_OFFSET, distortionWeight: HIGH_RATE_WEIGHT };
  return { source, loss: createLoss(loss, source, options), direction: "shift", reference };
}

/** A point of the library as the view shows it. */
export function planePoint({ series, study, figures }: TradeoffPoint): PlanePoint {
  return {
    series,
    temperature: study.temperature,
    mismatch: figures.mismatch.value,
    risk: figures.risk.value,
  };
}

/** Where one surrogate stands. */
export function pointOf(choice: Choice, problem: Problem): PlanePoint {
  const [point] = tradeoffSweep(makeLaws([studyOf(choice)], SMALLEST_SCALE), problemOf(problem)).points;
  if (point === undefined) throw new Error("internal: a sweep of one law has no point");
  return planePoint(point);
}

/** Bits in training and in the stream over the deviation of the latent, for a lower bound on the scale. */
export function boundCurve(
  bound: number,
): readonly { readonly deviation: number; readonly training: number; readonly real: number }[] {
  return Array.from({ length: 50 }, (_, i) => {
    const deviation = 0.02 * (i + 1);
    const { trainingBits, realBits } = rateMismatch({ deviation, bound });
    return { deviation, training: trainingBits.value, real: realBits.value };
  });
}

/** What a predicted mean receives. */
export interface MeanGradient {
  readonly stop: PartialStopGradient;
  /** Mean of the gradient over latents and noise. */
  readonly mean: Estimate;
  /** Its variance. */
  readonly variance: Estimate;
}

/** The ways to stop the gradient. */
const STOPS: readonly PartialStopGradient[] = ["off", "P1", "P2"];

/**
 * The gradient that a predicted mean receives from (x - t)^2, with x = Q(y - mean) + mean and t = y - 0.3, for latents that are uniform in the cell around it.
 * The distortion cannot have the mode `expected`. The surrogate's default mode takes its place.
 */
export function meanGradients(choice: Choice): readonly MeanGradient[] {
  const { surrogate, gradient, temperature, concentration } = studyOf(choice);
  const mode = gradient === "expected" ? surrogate.gradients.find((one) => one !== "expected") : gradient;
  if (mode === undefined) throw new Error(`internal: ${choice.name} has no mode for the distortion`);
  const shape = [MEAN_SAMPLES];
  const [latent, mean, target] = ["latent", "mean", "target"].map((name) => graphInput(name, shape));
  if (latent === undefined || mean === undefined || target === undefined) throw new Error("internal: inputs");
  const first = graphInput("noise", shape);
  const second = graphInput("second-noise", shape);
  const context = {
    noise: () => first,
    secondNoise: () => second,
    temperature: graphInput("temperature", []),
    concentration: concentration ?? null,
  };
  const offsets = noise(MEAN_SAMPLES, 5);
  const feeds = {
    latent: offsets.map((offset) => MEAN_PLACE + offset),
    mean: new Float64Array(MEAN_SAMPLES).fill(MEAN_PLACE),
    target: offsets.map((offset) => MEAN_PLACE + offset - DEFAULT_TARGET_OFFSET),
    noise: noise(MEAN_SAMPLES, 6),
    "second-noise": noise(MEAN_SAMPLES, 7),
    temperature: [temperature ?? 0],
  };
  return STOPS.map((stop) => {
    const options = { zeroCenter: true, partialStopGradient: stop };
    const quantized = quantizeForSynthesis(latent, mean, { surrogate, gradient: mode, context }, options);
    // With P1 no path leads from the loss to the mean. The second term makes one, with a gradient of 0.
    const loss = add(reduceSum(square(subtract(quantized, target))), reduceSum(multiply(mean, 0)));
    const [slope] = gradients(loss, [mean]);
    if (slope === undefined) throw new Error("internal: no gradient for the mean");
    const { data } = evaluate({ slope }, feeds).slope;
    const average = data.reduce((sum, value) => sum + value, 0) / data.length;
    return { stop, mean: bySamples(data), variance: bySamples(data.map((value) => (value - average) ** 2)) };
  });
}

/** Where the mean lies in the cells of the integers. */
const MEAN_PLACE = 0.2;
