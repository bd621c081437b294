/**
 * What surrogates do to a trained network on real images, its weights fixed: how far rate and distortion in training are from
 * those with real rounding (the train-test mismatch), and how noisy the gradient is that the encoder receives.
 *
 * The weights were trained with one pair of surrogates; the others are asked what they would do here, at their last temperature.
 * A network of variable rate sees each image at one quality, and the images go through its range as those of an evaluation do.
 * Draws of one image are no further images: they are averaged, and the intervals are over images.
 * Real rounding means the loss of the codec in float32 with estimated bits, not the bytes of a stream.
 */
import { arrayOf, CounterRandom, type FloatArray, type OpenGraph, type Session, scalarOf } from "../../engine/index.ts";
import type { TrainConfig } from "../../train/config.ts";
import { evaluatedQualities } from "../../train/quality-inputs.ts";
import { byFewSamples, type OpenEstimate } from "../estimate.ts";
import type { SurrogatePair } from "../running/surrogate-pairs.ts";
import { gradientOutput, weightFeeds } from "../running/weight-feeds.ts";
import { GradientMoments } from "./gradient-moments.ts";
import { type NetworkGraph, networkGraph } from "./network-graphs.ts";

/** A network with weights. */
export interface StudiedNetwork {
  readonly config: TrainConfig;
  readonly weights: ReadonlyMap<string, FloatArray>;
}

/** A square piece of an image. */
export interface ImageCrop {
  readonly name: string;
  /** `[1, 3, side, side]`, 0..1. */
  readonly pixels: FloatArray;
}

/** Options of {@link studyNetwork}. */
export interface NetworkStudyOptions {
  readonly pairs: readonly SurrogatePair[];
  /** Draws of noise for each image, at least 2. Default 8. */
  readonly draws?: number;
  /** For all surrogates that have one; default: where their annealing ends. */
  readonly temperature?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** Rate and distortion of a pair, or of real rounding; means over images. */
export interface NetworkFigures {
  readonly loss: number;
  readonly bitsPerPixel: number;
  /** Of pixels in 0..1. */
  readonly meanSquaredError: number;
}

/** What a pair does. Intervals are of 95 %, over images, each the mean of its draws; a single image has none. */
export interface PairFigures {
  readonly pair: string;
  readonly soft: NetworkFigures;
  /** Loss with the surrogates minus loss with real rounding. */
  readonly lossMismatch: OpenEstimate;
  /** Bits per pixel with the surrogates minus with real rounding. */
  readonly rateMismatch: OpenEstimate;
  /** Mean squared error with the surrogates minus with real rounding. */
  readonly distortionMismatch: OpenEstimate;
  /** Variance of the encoder's gradient over draws, summed over its weights; mean over images. */
  readonly encoderGradientVariance: number;
  /** Squared norm of the encoder's mean gradient; mean over images. */
  readonly encoderGradientSquared: number;
  /** The same two for all weights. */
  readonly gradientVariance: number;
  readonly gradientSquared: number;
}

/** A finished study. */
export interface NetworkStudy {
  readonly hard: NetworkFigures;
  readonly pairs: readonly PairFigures[];
}

/** How a network is studied if nothing else is asked for. */
export const NETWORK_STUDY_DEFAULTS = { draws: 8, seed: 1 } as const;

/**
 * Studies a network.
 *
 * @param crops all of one size, a multiple of the network's downscale
 * @throws {RangeError} for fewer than two draws or no crop.
 */
export async function studyNetwork(
  network: StudiedNetwork,
  crops: readonly ImageCrop[],
  options: NetworkStudyOptions,
  open: OpenGraph,
  onProgress: (text: string) => void = () => undefined,
): Promise<NetworkStudy> {
  const { draws } = { ...NETWORK_STUDY_DEFAULTS, ...options };
  const side = crops[0]?.pixels.shape[2];
  if (side === undefined) throw new RangeError("studyNetwork: got no image, expected at least one");
  if (draws < 2) throw new RangeError(`studyNetwork: got ${draws} draws, expected at least 2`);
  const hardGraph = networkGraph(network.config, { rate: "ste", distortion: "ste" }, side, false);
  const hard: NetworkFigures[] = [];
  await using(open, hardGraph, async (runner) => {
    for (const [c, crop] of crops.entries())
      hard.push(await figuresOf(runner, hardGraph, network, crop, qualityFeeds(hardGraph, network, c)));
  });
  const pairs: PairFigures[] = [];
  for (const pair of options.pairs) {
    onProgress(`pair ${pairs.length + 1} of ${options.pairs.length}: ${pair.name}`);
    pairs.push(await studyPair(network, crops, pair, hard, { ...options, draws }, open));
  }
  return { hard: meanFigures(hard), pairs };
}

async function studyPair(
  network: StudiedNetwork,
  crops: readonly ImageCrop[],
  pair: SurrogatePair,
  hard: readonly NetworkFigures[],
  { draws, temperature, seed = NETWORK_STUDY_DEFAULTS.seed }: NetworkStudyOptions & { readonly draws: number },
  open: OpenGraph,
): Promise<PairFigures> {
  const side = crops[0]?.pixels.shape[2] as number;
  const graph = networkGraph(network.config, pair, side, true);
  const isEncoder = (name: string): boolean => graph.encoderScopes.some((part) => name.startsWith(`${part}.`));
  const random = new CounterRandom(seed);
  const soft: NetworkFigures[] = [];
  const differences: NetworkFigures[] = [];
  const sums = { encoderVariance: 0, encoderSquared: 0, variance: 0, squared: 0 };
  await using(open, graph, async (runner) => {
    for (const [c, crop] of crops.entries()) {
      const encoder = new GradientMoments();
      const all = new GradientMoments();
      const drawn: NetworkFigures[] = [];
      for (let draw = 0; draw < draws; draw++) {
        const extra = [
          ...qualityFeeds(graph, network, c),
          ...graph.feeds.noise(random, c * draws + draw, 0),
          ...graph.feeds.temperatures(1, temperature),
        ];
        const results = await runner.run(feedsOf(graph, network, crop, extra));
        drawn.push(readFigures(results));
        const slopes = graph.parameters.map(({ name }) => [name, arrayOf(results, gradientOutput(name)).data] as const);
        all.add(new Map(slopes));
        encoder.add(new Map(slopes.filter(([name]) => isEncoder(name))));
      }
      const figures = meanFigures(drawn);
      soft.push(figures);
      differences.push(subtracted(figures, hard[c] as NetworkFigures));
      sums.encoderVariance += encoder.variance / crops.length;
      sums.encoderSquared += encoder.squaredMean / crops.length;
      sums.variance += all.variance / crops.length;
      sums.squared += all.squaredMean / crops.length;
    }
  });
  return {
    pair: pair.name,
    soft: meanFigures(soft),
    lossMismatch: byFewSamples(differences.map(({ loss }) => loss)),
    rateMismatch: byFewSamples(differences.map(({ bitsPerPixel }) => bitsPerPixel)),
    distortionMismatch: byFewSamples(differences.map(({ meanSquaredError }) => meanSquaredError)),
    encoderGradientVariance: sums.encoderVariance,
    encoderGradientSquared: sums.encoderSquared,
    gradientVariance: sums.variance,
    gradientSquared: sums.squared,
  };
}

async function using(
  open: OpenGraph,
  { graph }: NetworkGraph,
  work: (runner: Session) => Promise<void>,
): Promise<void> {
  const runner = await open(graph);
  try {
    await work(runner);
  } finally {
    await runner.close();
  }
}

function feedsOf(
  graph: NetworkGraph,
  { weights }: StudiedNetwork,
  { pixels }: ImageCrop,
  extra: readonly (readonly [string, FloatArray])[],
): ReadonlyMap<string, FloatArray> {
  return new Map([["image", pixels], ...weightFeeds(graph.parameters, weights), ...extra]);
}

/** Quality and lambda of a crop, for a network of variable rate. */
function qualityFeeds(
  { variableRate }: NetworkGraph,
  { config }: StudiedNetwork,
  crop: number,
): readonly (readonly [string, FloatArray])[] {
  return variableRate ? [...evaluatedQualities(config, crop, 1)] : [];
}

async function figuresOf(
  runner: Session,
  graph: NetworkGraph,
  network: StudiedNetwork,
  crop: ImageCrop,
  extra: readonly (readonly [string, FloatArray])[],
): Promise<NetworkFigures> {
  return readFigures(await runner.run(feedsOf(graph, network, crop, extra)));
}

function readFigures(results: ReadonlyMap<string, FloatArray>): NetworkFigures {
  return {
    loss: scalarOf(results, "loss"),
    bitsPerPixel: scalarOf(results, "bitsPerPixel"),
    meanSquaredError: scalarOf(results, "meanSquaredError"),
  };
}

function subtracted(a: NetworkFigures, b: NetworkFigures): NetworkFigures {
  return {
    loss: a.loss - b.loss,
    bitsPerPixel: a.bitsPerPixel - b.bitsPerPixel,
    meanSquaredError: a.meanSquaredError - b.meanSquaredError,
  };
}

function meanFigures(list: readonly NetworkFigures[]): NetworkFigures {
  const mean = (pick: (figures: NetworkFigures) => number): number =>
    list.reduce((sum, figures) => sum + pick(figures), 0) / list.length;
  return {
    loss: mean(({ loss }) => loss),
    bitsPerPixel: mean(({ bitsPerPixel }) => bitsPerPixel),
    meanSquaredError: mean(({ meanSquaredError }) => meanSquaredError),
  };
}
