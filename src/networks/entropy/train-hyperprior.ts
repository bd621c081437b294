/**
 * The training graph of every network with a hyper-latent: y and z go through their surrogates, the entropy networks give the
 * densities of y, and the synthesis reconstructs.
 *
 * Contexts see the latent as the synthesis sees it. A serial context is the exception: a mean depends on neighbours that were quantized
 * around their means, one after the other, which a graph over whole maps cannot follow. It is followed for two rounds: a first
 * mean from the latent quantized around 0, a second from the latent quantized around the first. Under additive noise all rounds see
 * the same; under rounding the second agrees with the decoder to a fraction of a percent of the bits, where the first alone was
 * 10 % off (docs/decisions/0012-context-models.md).
 */
import {
  add,
  at,
  concat,
  constant,
  exp,
  minimum,
  multiply,
  slice,
  stopGradient,
  subtract,
  type Tensor,
  tanh,
} from "../../engine/index.ts";
import { factorizedDensity } from "../densities/deep-factorized.ts";
import { gaussianDensity } from "../densities/gaussian-conditional.ts";
import type { CodingGroup, HyperpriorNetwork, TrainOptions, TrainOutputs } from "../network.ts";
import type { ParameterScope } from "../parameters.ts";
import { type QuantizedLatent, quantizeLatent } from "../quantize-latent.ts";
import type { EntropyOps } from "./entropy-ops.ts";
import { type FloatOpsOptions, floatOps, oddSites } from "./float-ops.ts";

/** What calibration wants to see beside the outputs of training. */
export interface HyperpriorOutputs extends TrainOutputs {
  /** The quantized latents, as the entropy networks see them. */
  readonly latents: { readonly y: Tensor; readonly yHat: Tensor; readonly zHat: Tensor };
}

/** Half of the range of a latent residual, in quantization steps. */
export const CORRECTION_RANGE = 0.5;

function channels(x: Tensor, start: number, end: number): Tensor {
  return slice(x, { axes: [1], starts: [start], ends: [end] });
}

/** Scales and means from a map that holds one after the other. */
function halves(both: Tensor, count: number): { readonly scale: Tensor; readonly mean: Tensor } {
  return { scale: channels(both, 0, count), mean: channels(both, count, 2 * count) };
}

/** Largest natural logarithm of a scale that counts: far beyond every latent, and its exponential is finite. */
export const LARGEST_LOG_SCALE = 12;

/** Options of one network's y. */
interface LatentOptions extends TrainOptions {
  readonly scaleForm: HyperpriorNetwork["scaleForm"];
  readonly temperatureFactor?: ContextOptions["temperatureFactor"];
}

/** What whoever optimises the latents of a codec says beside {@link TrainOptions}. */
export interface ContextOptions extends TrainOptions {
  /**
   * How contexts see y^, by the first of its channels; by default as it is.
   * @param yHat channels start.. of y^
   */
  readonly seen?: ((yHat: Tensor, start: number) => Tensor) | undefined;
  /**
   * What the temperature of each element is multiplied by; 1 by default. Its gradient is not asked for.
   * @param scale of the densities, in quantization steps; not bounded
   */
  readonly temperatureFactor?: ((scale: Tensor) => Tensor) | undefined;
}

/** The options of elements of one scale each: their temperature is that of the surrogate, times the factor. */
function withTemperatureOf(scale: Tensor, options: LatentOptions): TrainOptions {
  const { temperatureFactor, temperature } = options;
  if (temperatureFactor === undefined || temperature === undefined) return options;
  const factor = stopGradient(temperatureFactor(scale));
  return { ...options, temperature: (path) => multiply(temperature(path), factor) };
}

function quantizeY(y: Tensor, predicted: Tensor, mean: Tensor | null, options: LatentOptions): QuantizedLatent {
  const scale = options.scaleForm === "log" ? exp(minimum(predicted, LARGEST_LOG_SCALE)) : predicted;
  return quantizeLatent("y", y, {
    options: withTemperatureOf(scale, options),
    mean,
    density: () => gaussianDensity(scale, { scaleBound: options.scaleBound }),
  });
}

/** The same options for a part of the channels: the noise of y is made once, and every part takes its own. */
function optionsFor(start: number, end: number, options: LatentOptions, whole: TrainOptions["noise"]): LatentOptions {
  return {
    ...options,
    noise(latent, shape, dither) {
      const noise = whole(latent, shape, dither);
      return dither === "shared" ? noise : channels(noise, start, end);
    },
  };
}

/** A group as a context sees it, and what it sees of those before. */
interface GroupOptions extends LatentOptions {
  readonly seen: NonNullable<ContextOptions["seen"]>;
}

function quantizeGroup(
  ops: EntropyOps<Tensor>,
  group: CodingGroup,
  y: Tensor,
  features: Tensor,
  before: Tensor | null,
  { seen, ...options }: GroupOptions,
): QuantizedLatent {
  const count = at(y.shape, 1);
  const quantizeBy = (both: Tensor): QuantizedLatent => {
    const { scale, mean } = halves(both, count);
    return quantizeY(y, scale, mean, options);
  };
  const known = before !== null && group.summary !== undefined ? group.summary.build(ops, before) : before;
  let result: QuantizedLatent;
  if (group.checkerboard) {
    const [, , height, width] = y.shape as readonly [number, number, number, number];
    const even = subtract(1, constant(oddSites(height, width), [1, 1, height, width]));
    const first = group.parameters(ops, features, known, null);
    const anchors = multiply(seen(quantizeBy(first).quantized, group.start), even);
    result = quantizeBy(group.parameters(ops, features, known, anchors));
  } else result = quantizeBy(group.parameters(ops, features, known, null));
  if (group.correction === undefined) return result;
  const correction = multiply(
    tanh(group.correction(ops, features, before, seen(result.quantized, group.start))),
    CORRECTION_RANGE,
  );
  return { ...result, quantized: add(result.quantized, correction) };
}

/**
 * y on both paths, given the features. It asks for no parameters but those of the contexts.
 *
 * @param y `[n, M, h, w]`. Channels of a last group that is `optional` may be missing, if `ops` computes that group for those that are there
 * @param features what the hyper-synthesis gives, in the numbers that `ops` computes with
 * @returns the bits of y, and y^ of the shape of y
 */
export function quantizeWithContext(
  network: HyperpriorNetwork,
  ops: EntropyOps<Tensor>,
  y: Tensor,
  features: Tensor,
  { seen = (yHat) => yHat, ...trainOptions }: ContextOptions,
): QuantizedLatent {
  const { context, predictsMean } = network;
  const options: LatentOptions = { ...trainOptions, scaleForm: network.scaleForm };
  const count = at(y.shape, 1);
  if (context.kind === "none") {
    const { scale, mean } = predictsMean ? halves(features, count) : { scale: features, mean: null };
    return quantizeY(y, scale, mean, options);
  }
  // Every surrogate that asks for the noise of y gets the same, however often y is quantized.
  const made = new Map<string, Tensor>();
  const whole: TrainOptions["noise"] = (latent, _, dither) => {
    const key = `${latent}/${dither}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const noise = options.noise(latent, dither === "shared" ? [at(y.shape, 0), 1, 1, 1] : y.shape, dither);
    made.set(key, noise);
    return noise;
  };
  if (context.kind === "serial") {
    const once = { ...options, noise: whole };
    const unit = constant(new Float32Array(y.shape.reduce((product, size) => product * size, 1)).fill(1), y.shape);
    const parametersBy = ({ quantized }: QuantizedLatent) =>
      halves(context.parameters(ops, features, seen(quantized, 0)), count);
    const around0 = quantizeY(y, unit, null, once);
    const first = parametersBy(around0);
    const { scale, mean } = parametersBy(quantizeY(y, first.scale, first.mean, once));
    return quantizeY(y, scale, mean, once);
  }
  const parts: QuantizedLatent[] = [];
  for (const group of context.groups) {
    const { start } = group;
    const end = Math.min(group.end, count);
    if (start === end) continue;
    const known = parts.map(({ quantized }) => quantized);
    const before = known.length === 0 ? null : seen(concat(known, 1), 0);
    const own = { ...optionsFor(start, end, options, whole), seen };
    parts.push(quantizeGroup(ops, group, channels(y, start, end), features, before, own));
  }
  return {
    bits: parts.map(({ bits }) => bits).reduce((sum, bits) => add(sum, bits)),
    quantized: concat(
      parts.map(({ quantized }) => quantized),
      1,
    ),
  };
}

/** The latents before they are quantized. */
export interface Latents {
  /** `[n, M, h / 16, w / 16]` */
  readonly y: Tensor;
  /** `[n, zChannels, h / 64, w / 64]` */
  readonly z: Tensor;
}

/**
 * Builds the training graph of a network with a hyper-latent.
 *
 * @param image `[n, 3, h, w]` in 0..1, sides multiples of 64.
 * @param watching see `floatOps`
 */
export function trainHyperprior(
  network: HyperpriorNetwork,
  scope: ParameterScope,
  image: Tensor,
  options: TrainOptions,
  watching: FloatOpsOptions = {},
): HyperpriorOutputs {
  const y = network.analysis(scope, image, options.quality);
  const z = network.hyperAnalysis(scope, y);
  return trainFromLatents(network, scope, { y, z }, options, watching);
}

/**
 * The part of {@link trainHyperprior} that begins at given latents, for whoever seeks better ones than the analysis gives: inputs of the
 * graph, whose gradients are those of rate and distortion. It asks for no parameters of the encoder.
 *
 * @param watching see `floatOps`
 */
export function trainFromLatents(
  network: HyperpriorNetwork,
  scope: ParameterScope,
  { y, z }: Latents,
  options: TrainOptions,
  watching: FloatOpsOptions = {},
): HyperpriorOutputs {
  const ops = floatOps(scope, watching);
  const { bits: zBits, quantized: zHat } = quantizeLatent("z", z, {
    options,
    mean: null,
    density: () => factorizedDensity(scope.scope(network.zDensity), z.shape),
  });
  const features = network.hyperSynthesis(ops, zHat);
  const { bits: yBits, quantized: yHat } = quantizeWithContext(network, ops, y, features, options);
  return {
    reconstruction: network.synthesis(scope, yHat, options.quality),
    bits: add(yBits, zBits),
    parts: { y: yBits, z: zBits },
    latents: { y, yHat, zHat },
  };
}
