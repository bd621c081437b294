/**
 * The loss of one tile of y, for who seeks better latents than the analysis gives: bits + weight * (squared error), with surrogates where the
 * codec rounds, and its gradient for y. The decoder is fixed: weights are constants, and nothing is differentiated for them.
 *
 *   y of the tile --Q--> densities of the tile alone, as it is coded --> bits
 *                 \--Q--> y^ of the tile + y^ around it --gs--> pixels of the window --(x, weights)--> squared error
 *
 * The entropy networks are the exact ones of the codec, with a gradient through their floors: what they see of the hyper-latent is what the codec's
 * own graph gives. (In WebAssembly it may differ by a step now and then, where Winograd's filtering rounds a sum. What is kept is judged by the codec's
 * graph.)
 */

import {
  add,
  constant,
  defineGraph,
  type Graph,
  gradients,
  graphInput,
  maximum,
  minimum,
  multiply,
  pad,
  reduceSum,
  type Shape,
  square,
  subtract,
  type Tensor,
} from "../../engine/index.ts";
import { oddSites, quantizeWithContext } from "../../networks/entropy/index.ts";
import type { HyperpriorNetwork } from "../../networks/network.ts";
import { ParameterScope } from "../../networks/parameters.ts";
import { qualityShape } from "../../networks/quality.ts";
import { Y_STRIDE } from "../../networks/strides.ts";
import { type NoiseInput, type SurrogateChoices, SurrogateInputs } from "../../objective/surrogate-inputs.ts";
import type { PartialStopGradient, QuantizePath } from "../../quantize/index.ts";
import { exactOps, floorWithGradient } from "../exact/exact-graph.ts";
import { requiredChannels } from "../graphs.ts";
import type { Model } from "../model/model.ts";
import type { Rectangle } from "../tiling/windows.ts";

/** A tile and the window around it whose pixels it changes, in elements of y. */
export interface TilePlace {
  /** The tile as the window sees it. */
  readonly tile: Rectangle;
  readonly window: { readonly height: number; readonly width: number };
  /** Channels of a last group that may be left out that the tile has, counted from the group's first. */
  readonly present: readonly number[];
  /** Whether y^ in the window has the channels of that group at all. */
  readonly hasOptional: boolean;
}

/** How rounding is replaced. */
export interface LatentSurrogates extends SurrogateChoices {
  /** See `TrainOptions`; "off" by default. */
  readonly partialStopGradient?: PartialStopGradient;
}

/** Names of what goes in and comes out. */
export const latentNames = {
  /** `[1, M, h, w]` of the tile. */
  y: "y",
  /** `[1, featureChannels, h, w]` of the tile. */
  features: "features",
  /** y^ of the window, 0 in the tile; only where the window is more than the tile. */
  around: "around",
  /** Pixels of the window, `[1, 3, 16 h, 16 w]`, 0..1. */
  image: "image",
  /** What the squared error of each pixel counts, `[1, 1, 16 h, 16 w]`. */
  weights: "weights",
  /** `[1, knots]`; only for a network of variable rate. */
  quality: "quality",
  gradient: "gradient",
  bits: "bits",
  /** Weighted sum of squared errors of 0..1, over pixels and channels. */
  error: "error",
} as const;

/** A graph and what must be fed to it beside the inputs of {@link latentNames}. */
export interface LatentObjective {
  readonly graph: Graph;
  readonly noise: readonly NoiseInput[];
  readonly temperatures: readonly QuantizePath[];
}

/** Builds the loss. */
export function latentObjective(
  model: Model,
  network: HyperpriorNetwork,
  { tile, window, present, hasOptional }: TilePlace,
  { partialStopGradient, ...surrogates }: LatentSurrogates,
): LatentObjective {
  const { exact, weights, scaleBound } = model;
  if (exact === null) throw new Error("internal: a model with a hyper-latent has no exact layers");
  const { M } = network.sizes;
  const { height, width } = tile;
  const inputs = new SurrogateInputs(surrogates);
  const y = graphInput(latentNames.y, [1, M, height, width]);
  const features = graphInput(latentNames.features, [1, network.featureChannels, height, width]);
  const odd = constant(oddSites(height, width), [1, 1, height, width]);
  const { bits, quantized } = quantizeWithContext(
    network,
    exactOps(exact.layers, odd, floorWithGradient),
    y,
    features,
    {
      ...inputs.options,
      zeroCenter: true,
      partialStopGradient,
      scaleBound,
      present,
      seen: levels(exact.latentExponents),
    },
  );
  const channels = hasOptional ? M : requiredChannels(network);
  const yHat = placed(quantized, tile, [1, channels, window.height, window.width]);
  const quality = network.variableRate
    ? graphInput(latentNames.quality, qualityShape(1, network.qualityKnots))
    : undefined;
  const decoded = network.synthesis(ParameterScope.frozen(weights), yHat, quality);
  const shape = [1, 3, Y_STRIDE * window.height, Y_STRIDE * window.width];
  const image = graphInput(latentNames.image, shape);
  const pixelWeights = graphInput(latentNames.weights, [1, 1, ...shape.slice(2)]);
  // A decoder shows levels beyond black and white as black and white.
  const shown = minimum(maximum(decoded, 0), 1);
  const error = reduceSum(multiply(square(subtract(shown, image)), pixelWeights));
  const [gradient] = gradients(add(bits, error), [y]) as [Tensor];
  return { graph: defineGraph({ gradient, bits, error }), noise: inputs.noise, temperatures: inputs.temperatures };
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

/** y^ of the tile in its place among y^ around it. */
function placed(quantized: Tensor, { top, left, height, width }: Rectangle, shape: Shape): Tensor {
  const [, channels, windowHeight, windowWidth] = shape as readonly [number, number, number, number];
  const missing = channels - quantized.shape[1]!;
  if (missing === 0 && windowHeight === height && windowWidth === width) return quantized;
  const after = [0, missing, windowHeight - top - height, windowWidth - left - width];
  return add(pad(quantized, [0, 0, top, left], after), graphInput(latentNames.around, shape));
}
