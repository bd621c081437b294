/**
 * What a network is to the rest of the package. Training sees one function; a codec sees the pieces that it runs one after
 * the other, with the entropy coder between them. All pieces ask a {@link ParameterScope} for the same names, so weights
 * trained in one graph serve in the others.
 *
 * Notation of the papers: x image, ga analysis, y latent, ha hyper-analysis, z hyper-latent, hs hyper-synthesis, gs synthesis.
 */

import type { Shape, Tensor } from "../engine/index.ts";
import type { Dither, PartialStopGradient, QuantizePath, SurrogateChoice } from "../quantize/index.ts";
import type { EntropyOps } from "./entropy/entropy-ops.ts";
import type { ParameterScope } from "./parameters.ts";
import type { Y_STRIDE, Z_STRIDE } from "./strides.ts";

/** How wide a network is. */
export interface NetworkSizes {
  /** Channels inside the transforms. */
  readonly N: number;
  /** Channels of the latent y. */
  readonly M: number;
  /** What else there is to choose in `halfstep`; its defaults where absent. */
  readonly structure?: HalfstepStructure | undefined;
}

/** The shape of a `halfstep` network beside N, its channels at 1/8 of the size, and M. */
export interface HalfstepStructure {
  /** Channels at 1/16 of the size. */
  readonly wide: number;
  /** Residual blocks of the analysis at 1/8 and at 1/16 of the size. */
  readonly analysis: readonly [number, number];
  /** The same for the synthesis. */
  readonly synthesis: readonly [number, number];
  /** Steps in which y is coded: 1, without context; 2, a checkerboard; 4, two groups of channels, each a checkerboard. */
  readonly steps: 1 | 2 | 4;
  /** Whether y and the image are joined by linear layers as well, around all others; no by default. */
  readonly bypass?: boolean | undefined;
  /**
   * Channels of y that the nonlinear layers carry, from the first on; all M by default. Those beyond are joined to the image by the bypass alone, and
   * coded last, in a group of their own.
   */
  readonly core?: number | undefined;
  /** Knots of the quality, at least 2; 7 by default, for lambdas up to 0.128. Each one more reaches 2.08 times as far. */
  readonly knots?: number | undefined;
}

/** How a training graph quantizes. */
export interface TrainOptions {
  /** What the entropy model sees. "ste" is real rounding. */
  readonly rate: SurrogateChoice;
  /** What the synthesis and the hyper-synthesis see. With "ste" on both paths the graph evaluates the codec itself. */
  readonly distortion: SurrogateChoice;
  /** Quantize y - mu instead of y, in networks that predict a mean. */
  readonly zeroCenter: boolean;
  /** How much of the distortion's gradient reaches the predicted mean; "off" by default. */
  readonly partialStopGradient?: PartialStopGradient | undefined;
  /** Smallest scale of the Gaussian conditional, in quantization steps; the customary value is 0.11. */
  readonly scaleBound: number;
  /** `[n, qualityKnots]`, see `qualityWeights`: the quality of each image, for a network of variable rate. */
  readonly quality?: Tensor | undefined;
  /**
   * Noise uniform in (-1/2, 1/2) for the latent "y" or "z"; called at most once for each and each dither. Noise that is shared by all
   * elements of an image has the shape `[n, 1, 1, 1]`. A second number of the kind (`number` 2; 1 by default) is asked for as "y/second" or "z/second".
   */
  noise(latent: string, shape: Shape, dither: Dither, number?: 1 | 2): Tensor;
  /** The temperature of a path, a scalar; called only for surrogates that have one, which need it. */
  temperature?(path: QuantizePath): Tensor;
  /** Whether the temperatures never come to the limits of a surrogate, so that nothing is computed for them; no by default. */
  readonly betweenLimits?: boolean | undefined;
  /** The concentration of a path's noise, a scalar, for surrogates that have one; null or left out: it follows from the temperature. */
  concentration?(path: QuantizePath): Tensor | null;
  /**
   * A scalar switch for two-stage training: 0 trains with the surrogates; 1 rounds on both paths and keeps all gradients from
   * the encoder. Leave out for training in one stage.
   */
  readonly hard?: Tensor | undefined;
}

/** What a training graph gives. */
export interface TrainOutputs {
  /** `[n, 3, h, w]`, nominally 0..1, not clipped. */
  readonly reconstruction: Tensor;
  /** Scalar: estimated bits of the whole batch. */
  readonly bits: Tensor;
  /** The same for each latent; they sum to `bits`. */
  readonly parts: { readonly y: Tensor; readonly z: Tensor | null };
}

/**
 * For each part, how far beyond the input that lies under an output the output depends on the input, in elements of the input. A
 * window with so much around it gives the same output as the whole map; none is needed where the map ends.
 */
export interface Halos {
  /** Pixels of the image, for an element of y. */
  readonly analysis: number;
  /** Elements of y, for an element of z; 0 where there is no z. */
  readonly hyperAnalysis: number;
  /** Elements of z, for the 4 x 4 elements of y over it; 0 where there is no z. */
  readonly hyperSynthesis: number;
  /** Elements of y, for the 16 x 16 pixels over it. */
  readonly synthesis: number;
}

interface NetworkCommon {
  readonly sizes: NetworkSizes;
  /** Height and width of images must be multiples of this. */
  readonly downscale: typeof Y_STRIDE | typeof Z_STRIDE;
  /** Scopes of the parameters that only an encoder needs: what the second stage of two-stage training freezes. */
  readonly encoderScopes: readonly string[];
  /**
   * Whether one network serves all qualities: then `trainNetwork`, `analysis` and `synthesis` need the quality, and what lies between them
   * is in units of quantization steps at every quality.
   */
  readonly variableRate: boolean;
  /** Knots of the quality, see `qualityWeights`; 0 without `variableRate`. */
  readonly qualityKnots: number;
  /**
   * ga: `[n, 3, h, w]` in 0..1 -> y `[n, M, h / 16, w / 16]`.
   * @param quality `[n, qualityKnots]`, see `qualityWeights`; only with `variableRate`.
   */
  analysis(scope: ParameterScope, image: Tensor, quality?: Tensor): Tensor;
  /** How far a result looks around itself, so that a codec can work in tiles: see {@link Halos}. */
  readonly halos: Halos;
  /**
   * gs: `[n, M, h / 16, w / 16]` -> `[n, 3, h, w]`, nominally 0..1, not clipped.
   * @param quality as for `analysis`
   * @param used the channels that y^ has, in order, where a last group is `optional` and some of it are left out; the first ones by default
   */
  synthesis(scope: ParameterScope, yHat: Tensor, quality?: Tensor, used?: readonly number[]): Tensor;
}

/** Codes round(y) with one learned density per channel; there is no side information. */
export interface FactorizedNetwork extends NetworkCommon {
  readonly coding: "factorized";
  /** Scope of the density of y, for `readFactorizedWeights`. */
  readonly yDensity: string;
}

/**
 * Channels of y that are coded together, given all channels before them. The parameters of their densities are the scales of
 * all channels of the group, then their means.
 */
export interface CodingGroup {
  /** The group is channels start..end-1 of y. */
  readonly start: number;
  readonly end: number;
  /**
   * Coded in two passes: first where row + column is even, then the rest, which sees what the first pass gave (He et al.,
   * "Checkerboard Context Model for Efficient Learned Image Compression", CVPR 2021).
   */
  readonly checkerboard: boolean;
  /**
   * Whether a codec may leave out channels of the group where they have nothing to say. They are 0 then, and if none is there, nothing is computed for
   * them. Only of the last group, which has neither a checkerboard nor a correction.
   */
  readonly optional?: true;
  /** What there is to say of the channels before, once for both passes; not in the first group. */
  readonly summary?: {
    /** Channels of the result. */
    readonly channels: number;
    /** @param before channels 0..start-1 of y^ */
    build<T>(ops: EntropyOps<T>, before: T): T;
  };
  /**
   * Scales and means.
   * @param features what the hyper-synthesis gives
   * @param before channels 0..start-1 of y^, or their `summary` if there is one; null in the first group
   * @param current the group's y^ at the even sites, 0 elsewhere, in the second pass of a `checkerboard`; null otherwise. In a first pass
   * only the results at even sites count. They see nothing of the group, and the second pass gives the same there
   */
  parameters<T>(ops: EntropyOps<T>, features: T, before: T | null, current: T | null): T;
  /**
   * Latent residual prediction: r, of the group's shape. 0.5 tanh(r) is added to the quantized group (Minnen and Singh,
   * "Channel-wise Autoregressive Entropy Models for Learned Image Compression", ICIP 2020).
   * @param current the group's y^ before the correction
   */
  correction?<T>(ops: EntropyOps<T>, features: T, before: T | null, current: T): T;
}

/**
 * How the densities of y follow from z, and from the part of y that is coded already.
 *
 * "none": from z alone. "groups": group of channels after group of channels, each for the whole map at once. "serial":
 * position after position in row-major order, through one layer with a causal mask and otherwise layers of 1x1.
 */
export type Context =
  | { readonly kind: "none" }
  | { readonly kind: "groups"; readonly groups: readonly CodingGroup[] }
  | {
      readonly kind: "serial";
      /** Height and width of the causal layer's kernel. */
      readonly kernel: number;
      /** Scales of all channels, then their means, from the features and y^. */
      parameters<T>(ops: EntropyOps<T>, features: T, yHat: T): T;
    };

/** Codes round(z) with one learned density per channel, then round(y - mean) with a normal density. */
export interface HyperpriorNetwork extends NetworkCommon {
  readonly coding: "hyperprior";
  /** Scope of the density of z, for `readFactorizedWeights`. */
  readonly zDensity: string;
  /** Channels of z. */
  readonly zChannels: number;
  /** ha: y `[n, M, h, w]` -> z `[n, zChannels, h / 4, w / 4]`, not rounded. */
  hyperAnalysis(scope: ParameterScope, y: Tensor): Tensor;
  /** Whether a mean is predicted; without, every mean is 0. Networks with a context always predict one. */
  readonly predictsMean: boolean;
  /** Whether what is predicted of a scale is the scale or its natural logarithm. */
  readonly scaleForm: "linear" | "log";
  /**
   * hs: z^ -> features `[n, featureChannels, 4 h, 4 w]`. Without context they are the scales, then the means if there are any, as real
   * numbers; scales are not bounded below: apply the bound of training.
   */
  hyperSynthesis<T>(ops: EntropyOps<T>, zHat: T): T;
  /** Channels of {@link hyperSynthesis}' result. */
  readonly featureChannels: number;
  readonly context: Context;
}

/** A network; `coding` tells how its latents become symbols. */
export type Network = FactorizedNetwork | HyperpriorNetwork;
