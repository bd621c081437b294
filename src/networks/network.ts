/**
 * What a network is to the rest of the package. Training sees one function; a codec sees the pieces that it runs one after
 * the other, with the entropy coder between them. All pieces ask a {@link ParameterScope} for the same names, so weights
 * trained in one graph serve in the others.
 *
 * Notation of the papers: x image, ga analysis, y latent, ha hyper-analysis, z hyper-latent, hs hyper-synthesis, gs synthesis.
 */
import type { Shape } from "../engine/graph/shape.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import type { PartialStopGradient, QuantizePath, SurrogateChoice } from "../quantize/index.ts";
import type { SequenceLayer } from "./layers/sequence.ts";
import type { ParameterScope } from "./parameters.ts";

/** Which network, and how wide. */
export interface NetworkConfig {
  readonly type: "factorized-prior" | "mean-scale-hyperprior";
  /** Channels inside the transforms. */
  readonly N: number;
  /** Channels of the latent y. */
  readonly M: number;
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
  /**
   * Noise uniform in (-1/2, 1/2) for the latent "y" or "z"; called at most once for each. Noise that is shared by all elements
   * of an image has the name "y/shared" or "z/shared" and the shape `[n, 1, 1, 1]`.
   */
  noise(name: string, shape: Shape): Tensor;
  /** The temperature of a path, a scalar; called only for surrogates that have one, which need it. */
  temperature?(path: QuantizePath): Tensor;
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
  readonly config: NetworkConfig;
  /** Height and width of images must be multiples of this. */
  readonly downscale: 16 | 64;
  /** Scopes of the parameters that only an encoder needs: what the second stage of two-stage training freezes. */
  readonly encoderScopes: readonly string[];
  /**
   * The whole network.
   * @param image `[n, 3, h, w]` in 0..1, sizes multiples of `downscale`.
   */
  train(scope: ParameterScope, image: Tensor, options: TrainOptions): TrainOutputs;
  /** ga: `[n, 3, h, w]` in 0..1 -> y `[n, M, h / 16, w / 16]`. */
  analysis(scope: ParameterScope, image: Tensor): Tensor;
  /** How far a result looks around itself, so that a codec can work in tiles: see {@link Halos}. */
  readonly halos: Halos;
  /** gs: `[n, M, h / 16, w / 16]` -> `[n, 3, h, w]`, nominally 0..1, not clipped. */
  synthesis(scope: ParameterScope, yHat: Tensor): Tensor;
}

/** Codes round(y) with one learned density per channel; there is no side information. */
export interface FactorizedNetwork extends NetworkCommon {
  readonly coding: "factorized";
  /** Scope of the density of y, for `readFactorizedWeights`. */
  readonly yDensity: string;
}

/** Codes round(z) with one learned density per channel, then round(y - mean) with the scales that z predicts. */
export interface MeanScaleNetwork extends NetworkCommon {
  readonly coding: "mean-scale";
  /** Scope of the density of z, for `readFactorizedWeights`. */
  readonly zDensity: string;
  /** Channels of z. */
  readonly zChannels: number;
  /** ha: y `[n, M, h, w]` -> z `[n, zChannels, h / 4, w / 4]`, not rounded. */
  hyperAnalysis(scope: ParameterScope, y: Tensor): Tensor;
  /** Scope of the hyper-synthesis' parameters. */
  readonly hyperSynthesisScope: string;
  /** hs as data; its last layer gives the M scales, then the M means. */
  readonly hyperSynthesisLayers: readonly SequenceLayer[];
  /** hs: round(z) -> scale and mean of y. The scale is not bounded below: apply the bound of training. */
  hyperSynthesis(scope: ParameterScope, zRounded: Tensor): { readonly scale: Tensor; readonly mean: Tensor };
}

/** A network; `coding` tells how its latents become symbols. */
export type Network = FactorizedNetwork | MeanScaleNetwork;
