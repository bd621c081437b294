/**
 * One latent of a network on its two ways: through the rate surrogate to the entropy model, and through the distortion surrogate
 * to the networks that reconstruct. Every network calls this for each of its latents, so every surrogate, gradient mode and stage of training
 * works in every network.
 *
 * The noise of a latent is made once, however many surrogates ask for it.
 */
import { formatShape, reduceSum, type Shape, sameShape, subtract, type Tensor } from "../engine/index.ts";
import {
  type Dither,
  gateEncoder,
  type QuantizePath,
  type Quantizer,
  quantize,
  quantizeForDensity,
  quantizeForSynthesis,
  resolveSurrogate,
  withExpectedGradient,
} from "../quantize/index.ts";
import { type Density, elementBits, totalBits } from "./densities/information.ts";
import type { TrainOptions } from "./network.ts";

/** What {@link quantizeLatent} needs beside the latent. */
export interface QuantizeLatentOptions {
  readonly options: TrainOptions;
  /** Predicted mean, of the latent's shape, or null. */
  readonly mean: Tensor | null;
  /** The density of the latent minus its mean; called once. */
  density(): Density;
}

/** One latent, quantized. */
export interface QuantizedLatent {
  /** Scalar: estimated bits of all elements. */
  readonly bits: Tensor;
  /** What the synthesis or the hyper-synthesis takes, of the latent's shape. */
  readonly quantized: Tensor;
}

/**
 * Quantizes a latent on both paths.
 *
 * @param name "y" or "z": names the noise.
 * @throws {RangeError} for a choice of surrogates that makes no sense, or a surrogate without its temperature.
 */
export function quantizeLatent(
  name: string,
  latent: Tensor,
  { options, mean, density }: QuantizeLatentOptions,
): QuantizedLatent {
  const noise = { first: noiseOf(name, 1, options), second: noiseOf(`${name}/second`, 2, options) };
  const hard = options.hard ?? null;
  const gated = gateEncoder(latent, hard);
  const bits = rateOf(gated, mean, quantizerOf("rate", options, noise, hard), options, density());
  const quantized = quantizeForSynthesis(gated, mean, quantizerOf("distortion", options, noise, hard), options);
  return { bits, quantized };
}

function rateOf(
  latent: Tensor,
  mean: Tensor | null,
  quantizer: Quantizer,
  options: TrainOptions,
  density: Density,
): Tensor {
  if (quantizer.gradient !== "expected") {
    return totalBits(density.likelihood(quantizeForDensity(latent, mean, quantizer, options)));
  }
  const bitsOf = (value: Tensor): Tensor => density.inValueShape(elementBits(density.likelihood(value)));
  if (mean !== null && !options.zeroCenter) {
    const around = (value: Tensor): Tensor => bitsOf(subtract(value, mean));
    return reduceSum(withExpectedGradient(latent, quantize(latent, quantizer), quantizer, around));
  }
  const centred = mean === null ? latent : subtract(latent, mean);
  return reduceSum(withExpectedGradient(centred, quantize(centred, quantizer), quantizer, bitsOf));
}

/** Noise for each element, or for each image. */
interface LatentNoise {
  element(shape: Shape): Tensor;
  shared(shape: Shape): Tensor;
}

/** The noise of a latent, and a second number of it. */
interface BothNoises {
  readonly first: LatentNoise;
  readonly second: LatentNoise;
}

function noiseOf(name: string, number: 1 | 2, options: TrainOptions): LatentNoise {
  const once = (dither: Dither): ((shape: Shape) => Tensor) => {
    let made: Tensor | undefined;
    return (shape) => {
      made ??= options.noise(name, shape, dither, number);
      if (!sameShape(made.shape, shape)) {
        throw new Error(
          `internal: the noise of "${name}" is ${formatShape(made.shape)}, asked for as ${formatShape(shape)}`,
        );
      }
      return made;
    };
  };
  const shared = once("shared");
  return {
    element: once("element"),
    shared: (shape) => shared(shape.map((size, axis) => (axis === 0 ? size : 1))),
  };
}

function quantizerOf(path: QuantizePath, options: TrainOptions, noise: BothNoises, hard: Tensor | null): Quantizer {
  const { surrogate, gradient, dither } = resolveSurrogate(options[path], path);
  const temperature = surrogate.temperature === null ? 0 : options.temperature?.(path);
  if (temperature === undefined) {
    throw new RangeError(`quantizeLatent: got no temperature for ${surrogate.id} on the ${path} path, expected one`);
  }
  const concentration = surrogate.concentration === undefined ? null : (options.concentration?.(path) ?? null);
  const sourceOf = ({ shared, element }: LatentNoise) => (dither === "shared" ? shared : element);
  const context = {
    noise: sourceOf(noise.first),
    secondNoise: sourceOf(noise.second),
    temperature,
    concentration,
    betweenLimits: options.betweenLimits,
  };
  return { surrogate, gradient, context, hard };
}
