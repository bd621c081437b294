/**
 * What surrogates do to a trained network on real images, with fixed weights: how far rate and distortion in training are from those
 * with real rounding (the train-test mismatch), and how noisy the encoder's gradient is.
 *
 * The weights were trained with one pair of surrogates. The other pairs are tried on these weights, at their last temperature.
 * A network of variable rate sees each image at one quality, and the images go through its range as those of an evaluation do.
 * Several draws of one image do not count as several images: they are averaged, and the intervals are over images.
 * Real rounding means the loss of the codec in float32 with estimated bits, not the bytes of a stream.
 */
import { hasMsSsim } from "../../distortion.ts";
import { arrayOf, CounterRandom, type FloatArray, type OpenGraph, type Session, scalarOf } from "../../engine/index.ts";
import { UsageError } from "../../errors.ts";
import type { Network } from "../../networks/index.ts";
import { isInScopes } from "../../networks/parameters.ts";
import { type ObjectiveGraph, objectiveGraph, weightFeeds } from "../../objective/build-objective.ts";
import { inputNames, outputNames } from "../../objective/input-names.ts";
import { MS_SSIM_LEAST_SIDE } from "../../objective/ms-ssim.ts";
import { networkObjective } from "../../objective/network-objective.ts";
import { ROUNDING, type SurrogateChoices } from "../../objective/surrogate-inputs.ts";
import type { TrainConfig } from "../../train/config.ts";
import { evaluatedQualities } from "../../train/quality-inputs.ts";
import { byFewSamples, type OpenEstimate } from "../estimate.ts";
import { type NamedFeeds, noiseDrawer, temperatureFeeds } from "../running/surrogate-feeds.ts";
import type { SurrogatePair } from "../running/surrogate-pairs.ts";
import { GradientMoments } from "./gradient-moments.ts";

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
  /**
   * A reference pair: the bias of all others is measured against its mean gradient, over as many draws of its own. `aun` on both paths is
   * unbiased for the loss under uniform noise; the loss with real rounding has no gradient to measure against.
   */
  readonly biasAgainst?: SurrogatePair;
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
  /** Squared distance of the encoder's mean gradient from that of `biasAgainst`; mean over images. Absent without it. */
  readonly encoderGradientBias?: number;
  /** Variance and squared mean for all weights. */
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
  const hardGraph = studiedGraph(network.config, ROUNDING, side, false);
  const hard: NetworkFigures[] = [];
  await using(open, hardGraph, async (session) => {
    for (const [c, crop] of crops.entries()) {
      hard.push(readFigures(await session.run(feedsOf(hardGraph, network, crop, c, []))));
    }
  });
  const { biasAgainst, seed = NETWORK_STUDY_DEFAULTS.seed } = options;
  const reference: GradientMoments[] = [];
  if (biasAgainst !== undefined) {
    onProgress(`the gradient that bias is measured against: ${biasAgainst.name}`);
    // Noise of its own: the estimate of a distance needs independent draws.
    const ownNoise = { ...options, draws, seed: seed + 1 };
    await studyPair(network, crops, biasAgainst, hard, ownNoise, open, (moments) => reference.push(moments));
  }
  const pairs: PairFigures[] = [];
  for (const pair of options.pairs) {
    onProgress(`pair ${pairs.length + 1} of ${options.pairs.length}: ${pair.name}`);
    let bias = 0;
    const figures = await studyPair(network, crops, pair, hard, { ...options, draws }, open, (moments, c) => {
      const against = reference[c];
      if (against !== undefined) bias += moments.squaredDistance(against) / crops.length;
    });
    pairs.push(biasAgainst === undefined ? figures : { ...figures, encoderGradientBias: bias });
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
  /** Told the encoder's gradients of each image. */
  onImage: (encoder: GradientMoments, index: number) => void,
): Promise<PairFigures> {
  const side = crops[0]!.pixels.shape[2]!;
  const graph = studiedGraph(network.config, { rate: pair.rate, distortion: pair.distortion }, side, true);
  const { encoderScopes } = graph.network;
  const drawNoise = noiseDrawer(graph.inputs);
  const random = new CounterRandom(seed);
  const soft: NetworkFigures[] = [];
  const differences: NetworkFigures[] = [];
  const sums = { encoderVariance: 0, encoderSquared: 0, variance: 0, squared: 0 };
  await using(open, graph, async (session) => {
    for (const [c, crop] of crops.entries()) {
      const encoder = new GradientMoments();
      const all = new GradientMoments();
      const figuresOfDraws: NetworkFigures[] = [];
      for (let draw = 0; draw < draws; draw++) {
        const drawn = [...drawNoise(random, c * draws + draw, 0), ...temperatureFeeds(graph.inputs, 1, temperature)];
        const results = await session.run(feedsOf(graph, network, crop, c, drawn));
        figuresOfDraws.push(readFigures(results));
        const slopes = graph.parameters.map(
          ({ name }) => [name, arrayOf(results, outputNames.gradient(name)).data] as const,
        );
        all.add(new Map(slopes));
        encoder.add(new Map(slopes.filter(([name]) => isInScopes(name, encoderScopes))));
      }
      onImage(encoder, c);
      const figures = meanFigures(figuresOfDraws);
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

/** A graph that is studied, with its network. */
interface StudiedGraph extends ObjectiveGraph {
  readonly network: Network;
}

/**
 * The loss of one image `[1, 3, side, side]`.
 * @throws {UsageError} `image-too-small` for a network that is trained for MS-SSIM and images under 161 pixels on a side.
 */
function studiedGraph(
  config: TrainConfig,
  surrogates: SurrogateChoices,
  side: number,
  withGradients: boolean,
): StudiedGraph {
  if (hasMsSsim(config.distortion) && side < MS_SSIM_LEAST_SIDE) {
    throw new UsageError(
      "image-too-small",
      `crops: got ${side} x ${side} pixels for a network that is trained for MS-SSIM, expected at least ${MS_SSIM_LEAST_SIDE}; take a larger crop`,
    );
  }
  const built = networkObjective(config, surrogates, { batch: 1, side });
  return { ...objectiveGraph(built, withGradients), network: built.network };
}

async function using(
  open: OpenGraph,
  { graph }: StudiedGraph,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const session = await open(graph);
  try {
    await work(session);
  } finally {
    await session.close();
  }
}

/** Everything that goes into a graph for the image number `index`. @param drawn noise and temperatures */
function feedsOf(
  { parameters, network: { variableRate } }: StudiedGraph,
  { weights, config }: StudiedNetwork,
  { pixels }: ImageCrop,
  index: number,
  drawn: NamedFeeds,
): ReadonlyMap<string, FloatArray> {
  const quality = variableRate ? [...evaluatedQualities(config, index, 1)] : [];
  return new Map([[inputNames.image, pixels], ...weightFeeds(parameters, weights), ...quality, ...drawn]);
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
