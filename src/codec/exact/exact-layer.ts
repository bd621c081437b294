/**
 * Layers whose result is the same on every machine: integers held in float32.
 *
 * Weights, biases and activations are integers, and for every output channel  limit * sum |weight| + |bias| < 2^24.  Then each
 * partial sum, in whatever order and with or without fused multiply-add, is an integer below 2^24 in magnitude, which
 * float32 holds exactly: any IEEE 754 engine gives the same bits. What follows a sum (a maximum, a
 * slope of few bits, a power of two, floor, clip) is exact too. An engine that is not IEEE (fast convolution by transforms, reduced precision) is found
 * out by the model's self-test.
 *
 * A layer that breaks the bound is refused when a model is made and again when it is loaded.
 */
import { HalfstepError } from "../../errors.ts";

/** Sums must stay below this in magnitude. */
export const EXACT_LIMIT: number = 2 ** 24;
/**
 * The exact leaky ReLU below zero is floor(x * 2^-7) * 1.25: a slope of 0.009766 next to the float network's 0.01, and exact
 * because the floor leaves 17 bits, to which 1.25 adds two.
 */
export const SLOPE_POWER: number = 2 ** -7;
/** See {@link SLOPE_POWER}. */
export const SLOPE_FACTOR = 1.25;

/** One exact layer. */
export interface ExactLayer {
  /**
   * "conv" divides height and width by the stride, "deconv" multiplies them. "Same" padding. "sub-pixel": the channels of a
   * convolution of stride 1 are laid out in space, stride^2 to each channel of the result: the value at (dy, dx) of a block of
   * channel c is channel c * stride^2 + dy * stride + dx.
   */
  readonly kind: "conv" | "deconv" | "sub-pixel";
  readonly stride: number;
  /** Height and width of the kernel; odd. */
  readonly kernel: number;
  readonly inputChannels: number;
  /** Channels of the sums. */
  readonly channels: number;
  /** Largest magnitude of an input; larger ones are clipped to it. */
  readonly inputLimit: number;
  /** conv and sub-pixel: `[channels, inputChannels, kernel, kernel]`; deconv: `[inputChannels, channels, kernel, kernel]`. */
  readonly weight: Int16Array;
  /** `[channels]`, in units of the sum. */
  readonly bias: Int32Array;
  /**
   * `[channels]`, -126..0: after the activation, the sum is multiplied by 2^exponent. See {@link result}.
   */
  readonly exponents: Int8Array;
  readonly activation: "leaky-relu" | "relu" | "none";
  /** "levels": the floor of that, an integer, is the next layers' input; "real": it is the result, a real number. */
  readonly result: "levels" | "real";
}

/**
 * For each output channel, a bound of every partial sum: inputLimit * sum |weight| + |bias|. The taps of a transposed
 * convolution fall into stride^2 groups of which an output sees one; the largest group counts.
 * @returns `[channels]`
 */
export function sumBounds(layer: ExactLayer): Float64Array {
  const { kind, stride, kernel, inputChannels, channels, inputLimit, weight, bias } = layer;
  const groups = kind === "deconv" ? stride : 1;
  const area = kernel * kernel;
  const totals = new Float64Array(channels * groups * groups);
  for (let i = 0; i < weight.length; i++) {
    const tap = i % area;
    const outer = Math.floor(i / area);
    const channel = kind === "deconv" ? outer % channels : Math.floor(outer / inputChannels);
    const group = (Math.floor(tap / kernel) % groups) * groups + ((tap % kernel) % groups);
    totals[channel * groups * groups + group] = totals[channel * groups * groups + group]! + Math.abs(weight[i]!);
  }
  return Float64Array.from({ length: channels }, (_, channel) => {
    const ofChannel = totals.subarray(channel * groups * groups, (channel + 1) * groups * groups);
    return inputLimit * Math.max(...ofChannel) + Math.abs(bias[channel]!);
  });
}

function refuse(where: string, problem: string): HalfstepError {
  return new HalfstepError("not-exact", `${where}: ${problem}; make the model file again`);
}

/**
 * Proves that a layer is exact.
 *
 * @param where how to call the layer in messages.
 * @throws {HalfstepError} `not-exact` naming the channel whose sums can reach 2^24, or the field that does not fit.
 */
export function proveExact(layer: ExactLayer, where: string): void {
  const { kernel, inputChannels, channels, inputLimit, weight, bias, exponents } = layer;
  if (!Number.isInteger(inputLimit) || inputLimit < 1 || inputLimit >= EXACT_LIMIT) {
    throw refuse(where, `got input limit ${inputLimit}, expected an integer of 1..2^24 - 1`);
  }
  const count = channels * inputChannels * kernel * kernel;
  if (weight.length !== count || bias.length !== channels || exponents.length !== channels) {
    throw refuse(
      where,
      `got ${weight.length} weights, ${bias.length} biases and ${exponents.length} exponents, expected ${count}, ${channels} and ${channels}`,
    );
  }
  const bounds = sumBounds(layer);
  const over = bounds.findIndex((bound) => !(bound < EXACT_LIMIT));
  if (over >= 0) throw refuse(where, `channel ${over}: sums can reach ${bounds[over]}, expected less than 2^24`);
  const wrong = exponents.findIndex((exponent) => exponent > 0 || exponent < -126);
  if (wrong >= 0) throw refuse(where, `channel ${wrong}: got exponent ${exponents[wrong]}, expected -126..0`);
}
