/**
 * The loss of one tile of y, for who seeks better latents than the analysis gives: bits + what the error of the pixels costs, with surrogates where
 * the codec rounds, and its gradient for y. The decoder is fixed: weights are constants, and nothing is differentiated for them.
 *
 *   y of the tile --Q--> densities of the tile alone, as it is coded --> bits
 *                 \--Q--> y^ of the tile + y^ around it --gs--> pixels of the window --(x, weights)--> cost of the error
 *
 * The entropy networks are the exact ones of the codec, with a gradient through their floors: what they see of the hyper-latent is what the codec's
 * own graph gives. (In WebAssembly it may differ by a step now and then, where Winograd's filtering rounds a sum. What is kept is judged by the codec's
 * graph.)
 */

import {
  add,
  constant,
  defineGraph,
  equal,
  type Graph,
  gradients,
  graphInput,
  matMul,
  maximum,
  minimum,
  multiply,
  pad,
  reshape,
  type Tensor,
  withGradient,
} from "../../engine/index.ts";
import { selectionMatrix } from "../../networks/chosen-columns.ts";
import { entropyLayers, oddSites, quantizeWithContext } from "../../networks/entropy/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { ParameterScope } from "../../networks/parameters.ts";
import { qualityShape } from "../../networks/quality.ts";
import { Y_STRIDE } from "../../networks/strides.ts";
import { type NoiseInput, type SurrogateChoices, SurrogateInputs } from "../../objective/surrogate-inputs.ts";
import type { PartialStopGradient } from "../../quantize/index.ts";
import { exactOps, floorWithGradient } from "../exact/exact-graph.ts";
import type { ExactLayer } from "../exact/exact-layer.ts";
import { requiredChannels } from "../graphs.ts";
import type { Model } from "../model/model.ts";
import type { Rectangle } from "../tiling/windows.ts";
import { distortionOf } from "./tile-distortion.ts";

/** A tile and the window around it whose pixels it changes, in elements of y. */
export interface TilePlace {
  /** The tile as the window sees it. */
  readonly tile: Rectangle;
  readonly window: { readonly height: number; readonly width: number };
  /** The channels of y that the tile has, in order: all but those of a last group that are left out. */
  readonly channels: readonly number[];
  /** The channels that y^ has somewhere in the window, in order; those of the tile are among them. */
  readonly windowChannels: readonly number[];
  /** The pixels of the window that MS-SSIM is taken of; null where it does not count. */
  readonly similar: Rectangle | null;
}

/** How rounding is replaced. */
export interface LatentSurrogates extends SurrogateChoices {
  /** See `TrainOptions`; "off" by default. */
  readonly partialStopGradient?: PartialStopGradient;
  /**
   * The scale of a density, in quantization steps, from which an element has the temperature that is fed. Below it, the temperature falls in proportion,
   * down to a tenth. An element of a tiny scale is almost surely rounded to its mean, whatever a warm surrogate passes on of it, and what
   * it passes on costs hardly any bits. 0, the default: one temperature for all.
   */
  readonly calmScale?: number;
}

/** Names of what goes in and comes out. */
export const latentNames = {
  /** `[1, channels of the tile, h, w]`. */
  y: "y",
  /** `[1, featureChannels, h, w]` of the tile. */
  features: "features",
  /** y^ of the window, 0 in the tile; only where the window is larger than the tile or has more channels. */
  around: "around",
  /** Pixels of the window, `[1, 3, 16 h, 16 w]`, 0..1. */
  image: "image",
  /** What the squared error of each pixel counts, `[1, 1, 16 h, 16 w]`. */
  weights: "weights",
  /** What 1 - MS-SSIM counts, a scalar; only where it does. */
  perUnlikeness: "perUnlikeness",
  /** `[1, knots]`; only for a network of variable rate. */
  quality: "quality",
  /** Of the surrogates of both paths, a scalar; only for surrogates that have one. */
  temperature: "temperature",
  gradient: "gradient",
  bits: "bits",
  /** What the error of the pixels costs, in bits. */
  error: "error",
} as const;

const LEAST_TEMPERATURE_FACTOR = 0.1;

/** A graph and what must be fed to it beside the inputs of {@link latentNames}. */
export interface LatentObjective {
  readonly graph: Graph;
  readonly noise: readonly NoiseInput[];
}

/** Builds the loss. */
export function latentObjective(
  model: Model,
  network: HyperpriorNetwork,
  place: TilePlace,
  { partialStopGradient, calmScale = 0, ...surrogates }: LatentSurrogates,
): LatentObjective {
  const { exact, weights, scaleBound } = model;
  const { tile, window, channels, windowChannels, similar } = place;
  if (exact === null) throw new Error("internal: a model with a hyper-latent has no exact layers");
  const { height, width } = tile;
  const inputs = new SurrogateInputs(surrogates);
  const temperature = graphInput(latentNames.temperature, []);
  const y = graphInput(latentNames.y, [1, channels.length, height, width]);
  const features = graphInput(latentNames.features, [1, network.featureChannels, height, width]);
  const odd = constant(oddSites(height, width), [1, 1, height, width]);
  const { bits, quantized } = quantizeWithContext(
    network,
    exactOps(layersFor(channels, exact.layers, network), odd, true),
    y,
    features,
    {
      ...inputs.options,
      // Both paths have one temperature, so that what they have in common is computed once.
      temperature: () => temperature,
      temperatureFactor: calmScale === 0 ? undefined : (scale) => calmFactor(scale, calmScale),
      betweenLimits: true,
      zeroCenter: true,
      partialStopGradient,
      scaleBound,
      seen: levels(exact.latentExponents),
    },
  );
  const yHat = placed(quantized, place);
  const quality = network.variableRate
    ? graphInput(latentNames.quality, qualityShape(1, network.qualityKnots))
    : undefined;
  const decoded = network.synthesis(ParameterScope.frozen(weights), yHat, quality, windowChannels);
  const shape = [1, 3, Y_STRIDE * window.height, Y_STRIDE * window.width];
  const image = graphInput(latentNames.image, shape);
  const pixelWeights = graphInput(latentNames.weights, [1, 1, ...shape.slice(2)]);
  const perUnlikeness = (): Tensor => graphInput(latentNames.perUnlikeness, []);
  // A decoder shows levels beyond black and white as black and white.
  const clipped = minimum(maximum(decoded, 0), 1);
  const shown = withGradient(clipped, [decoded], (slope) => [multiply(slope, equal(decoded, clipped))]);
  const error = distortionOf({ shown, image, weights: pixelWeights }, similar, perUnlikeness);
  const [gradient] = gradients(add(bits, error), [y]) as [Tensor];
  return { graph: defineGraph({ gradient, bits, error }), noise: inputs.noise };
}

/** By what the temperature of elements is multiplied, given their scales: see {@link LatentSurrogates.calmScale}. */
export function calmFactor(scale: Tensor, calmScale: number): Tensor {
  return minimum(maximum(multiply(scale, 1 / calmScale), LEAST_TEMPERATURE_FACTOR), 1);
}

/** y^ as the exact networks see it: in steps of its channel. */
function levels(exponents: Int8Array | null): ((yHat: Tensor, start: number) => Tensor) | undefined {
  if (exponents === null) return undefined;
  return (yHat, start) => {
    const count = yHat.shape[1]!;
    const powers = Float32Array.from(exponents.subarray(start, start + count), (exponent) => 2 ** exponent);
    return floorWithGradient(add(multiply(yHat, constant(powers, [1, count, 1, 1])), 0.5));
  };
}

/**
 * The exact layers, where the last group gives scales and means of the channels alone that a tile has. (Those of all 448 take 5 times as long as those of
 * the 87 that a photograph has.)
 */
function layersFor(
  channels: readonly number[],
  layers: ReadonlyMap<string, ExactLayer>,
  network: HyperpriorNetwork,
): ReadonlyMap<string, ExactLayer> {
  const required = requiredChannels(network);
  const { M } = network.sizes;
  if (required === M) return layers;
  const last = [...entropyLayers(network)].filter(([, { result }]) => result === "real").at(-1);
  const name = last?.[0] ?? "";
  const layer = layers.get(name);
  if (layer === undefined) throw new Error(`internal: there is no exact layer "${name}"`);
  const scales = channels.filter((channel) => channel >= required).map((channel) => channel - required);
  const rows = [...scales, ...scales.map((row) => M - required + row)];
  return new Map([...layers, [name, withRows(layer, rows)]]);
}

/** A 1x1 convolution that gives some of its channels. */
function withRows(layer: ExactLayer, rows: readonly number[]): ExactLayer {
  const { inputChannels, weight, bias, exponents } = layer;
  const chosen = new Int16Array(rows.length * inputChannels);
  for (const [i, row] of rows.entries()) {
    chosen.set(weight.subarray(row * inputChannels, (row + 1) * inputChannels), i * inputChannels);
  }
  return {
    ...layer,
    channels: rows.length,
    weight: chosen,
    bias: Int32Array.from(rows, (row) => bias[row]!),
    exponents: Int8Array.from(rows, (row) => exponents[row]!),
  };
}

/** y^ of the tile in its place among y^ around it. */
function placed(quantized: Tensor, { tile, window, channels, windowChannels }: TilePlace): Tensor {
  const { top, left, height, width } = tile;
  const isWhole = window.height === height && window.width === width;
  const hasAll = windowChannels.length === channels.length;
  if (isWhole && hasAll) return quantized;
  const after = [0, 0, window.height - top - height, window.width - left - width];
  const shape = [1, windowChannels.length, window.height, window.width];
  const among = hasAll ? quantized : amongOthers(quantized, channels, windowChannels);
  return add(pad(among, [0, 0, top, left], after), graphInput(latentNames.around, shape));
}

/** A map with further channels, which are 0. */
function amongOthers(map: Tensor, channels: readonly number[], all: readonly number[]): Tensor {
  const [n, count, height, width] = map.shape as readonly [number, number, number, number];
  const places = channels.map((channel) => all.indexOf(channel));
  const pixels = reshape(map, [n, count, height * width]);
  const wider = matMul(selectionMatrix(places, all.length), pixels, { transposeA: true });
  return reshape(wider, [n, all.length, height, width]);
}
