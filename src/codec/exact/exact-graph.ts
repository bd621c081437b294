/** Graphs of exact layers: convolutions of integers in float32, powers of two, floor and clip, and nothing else. */
import {
  abs,
  add,
  concat,
  constant,
  conv2d,
  convTranspose2d,
  depthToSpace,
  floor,
  greater,
  lessOrEqual,
  matMul,
  maximum,
  minimum,
  multiply,
  relu,
  sharedConstant,
  slice,
  type Tensor,
  withGradient,
} from "../../engine/index.ts";
import type { EntropyLayer, EntropyOps } from "../../networks/entropy/index.ts";
import { type ExactLayer, SLOPE_FACTOR, SLOPE_POWER } from "./exact-layer.ts";
import { positionLayer } from "./position-layer.ts";

/** The slope of the leaky ReLU below zero. */
const SLOPE = SLOPE_POWER * SLOPE_FACTOR;

/** The greatest integer that is not above a number, with the gradient of the identity. */
export function floorWithGradient(x: Tensor): Tensor {
  return withGradient(floor(x), [x], (gradient) => [gradient]);
}

function clip(x: Tensor, limit: number): Tensor {
  return minimum(maximum(x, -limit), limit);
}

/** The steps of an exact layer that are not sums of products. */
interface Steps {
  readonly floor: (x: Tensor) => Tensor;
  readonly clip: (x: Tensor, limit: number) => Tensor;
  /** The leaky ReLU of sums. */
  readonly leakyRelu: (sum: Tensor) => Tensor;
}

function leakyRelu(sum: Tensor): Tensor {
  return maximum(sum, multiply(floor(multiply(sum, SLOPE_POWER)), SLOPE_FACTOR));
}

const EXACT_STEPS: Steps = { floor, clip, leakyRelu };

/**
 * The same values with gradients, for who seeks latents and must see what a decoder sees. Floors pass the gradient on. The others have the gradients of
 * their definitions, written in fewer steps.
 */
const STEPS_WITH_GRADIENT: Steps = {
  floor: floorWithGradient,
  clip: (x, limit) => withGradient(clip(x, limit), [x], (gradient) => [multiply(gradient, lessOrEqual(abs(x), limit))]),
  leakyRelu(sum) {
    const slopes = (): Tensor => add(multiply(greater(sum, 0), 1 - SLOPE), SLOPE);
    return withGradient(leakyRelu(sum), [sum], (gradient) => [multiply(gradient, slopes())]);
  },
};

/** What follows the sums. @param powers 2^exponent for each channel, of a shape that broadcasts to the sums' */
function finish(sum: Tensor, powers: Tensor, { activation, result }: ExactLayer, steps: Steps): Tensor {
  let value = sum;
  if (activation === "relu") value = relu(sum);
  else if (activation === "leaky-relu") value = steps.leakyRelu(sum);
  const scaled = multiply(value, powers);
  return result === "real" ? scaled : steps.floor(scaled);
}

function powersOf({ exponents }: ExactLayer): Float32Array {
  return Float32Array.from(exponents, (exponent) => 2 ** exponent);
}

/**
 * Applies an exact layer to integers.
 * @param x `[n, c, h, w]` of integers
 */
function exactLayer(x: Tensor, layer: ExactLayer, steps: Steps = EXACT_STEPS): Tensor {
  const { kind, stride, kernel, inputChannels, channels, inputLimit } = layer;
  const area = [kernel, kernel] as const;
  const bias = constant(layer.bias, [channels]);
  const padding = kernel >> 1;
  const clipped = steps.clip(x, inputLimit);
  const sum =
    kind === "deconv"
      ? convTranspose2d(clipped, constant(layer.weight, [inputChannels, channels, ...area]), {
          bias,
          stride,
          padding,
          outputPadding: stride - 1,
        })
      : conv2d(clipped, constant(layer.weight, [channels, inputChannels, ...area]), {
          bias,
          stride: kind === "conv" ? stride : 1,
          padding,
        });
  const value = finish(sum, constant(powersOf(layer), [1, channels, 1, 1]), layer, steps);
  return kind === "sub-pixel" ? depthToSpace(value, stride) : value;
}

/**
 * Applies exact layers one after the other.
 *
 * @param x `[n, c, h, w]` of integers.
 */
export function exactSequence(x: Tensor, layers: readonly ExactLayer[]): Tensor {
  return layers.reduce((value, layer) => exactLayer(value, layer), x);
}

function layerOf(layers: ReadonlyMap<string, ExactLayer>, { name }: EntropyLayer): ExactLayer {
  const found = layers.get(name);
  if (found === undefined) throw new Error(`internal: there is no exact layer "${name}"`);
  return found;
}

/**
 * Computes entropy networks on maps `[n, c, h, w]` of integers.
 * @param odd `[1, 1, h, w]`: 1 where row + column is odd, else 0; null for graphs that do not ask
 * @param differentiable whether gradients flow through floors and clips; no by default
 */
export function exactOps(
  layers: ReadonlyMap<string, ExactLayer>,
  odd: Tensor | null,
  differentiable = false,
): EntropyOps<Tensor> {
  const steps = differentiable ? STEPS_WITH_GRADIENT : EXACT_STEPS;
  const apply = (x: Tensor, layer: EntropyLayer): Tensor => exactLayer(x, layerOf(layers, layer), steps);
  return {
    layer: apply,
    output: apply,
    concat: (maps) => concat(maps, 1),
    slice: (x, start, end) => slice(x, { axes: [1], starts: [start], ends: [end] }),
    atOddSites(x) {
      if (odd === null) throw new Error("internal: the odd sites of this graph are not known");
      return multiply(x, odd);
    },
    zeros(like, channels) {
      // Of open height and width: one channel of integers times 0, and as many channels of 0.
      const one = multiply(slice(like, { axes: [1], starts: [0], ends: [1] }), 0);
      return add(one, constant(new Float32Array(channels), [1, channels, 1, 1]));
    },
  };
}

/**
 * Computes entropy networks at single positions, `[1, 1, positions, channels]` of integers: every layer is a matrix product. What a
 * causal layer takes are the neighbours of `causalTaps`, all channels of the first, then all of the second.
 */
export function exactPositionOps(layers: ReadonlyMap<string, ExactLayer>): EntropyOps<Tensor> {
  const apply = (x: Tensor, spec: EntropyLayer): Tensor => {
    const layer = positionLayer(layerOf(layers, spec), spec);
    const { channels, inputChannels, inputLimit, weight, bias } = layer;
    // One row for each input, so that the runtime can lay the constant out in advance.
    const rows = new Float32Array(weight.length);
    for (let i = 0; i < weight.length; i++) {
      rows[(i % inputChannels) * channels + Math.floor(i / inputChannels)] = weight[i]!;
    }
    const sum = add(
      matMul(clip(x, inputLimit), sharedConstant(rows, [inputChannels, channels])),
      constant(bias, [1, 1, 1, channels]),
    );
    return finish(sum, constant(powersOf(layer), [1, 1, 1, channels]), layer, EXACT_STEPS);
  };
  const refuse = (): never => {
    throw new Error("internal: single positions have neither slices nor sites");
  };
  return {
    layer: apply,
    output: apply,
    concat: (maps) => concat(maps, 3),
    slice: refuse,
    atOddSites: refuse,
    zeros: refuse,
  };
}
