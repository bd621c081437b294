/**
 * A learned density for each channel: a small monotone network gives the logit of its distribution function (Ballé, Minnen,
 * Singh, Hwang, Johnston, "Variational Image Compression with a Scale Hyperprior", ICLR 2018, appendix 6.1).
 *
 * Four hidden layers of three units. Layer: l <- softplus(H) l + b, and then, except in the last layer, l <- l + tanh(a) tanh(l). The
 * probability of x is sigmoid(l(x + 1/2)) - sigmoid(l(x - 1/2)), taken on the side of the distribution where both terms are
 * small.
 *
 * Other implementations carry three more numbers for each channel, quantiles trained by an auxiliary loss, to find the tails
 * and the median. Here these follow from the density by bisection (`factorized-tables.ts`), so there is no auxiliary loss;
 * symbols are round(z), without an offset.
 */
import {
  add,
  at,
  concat,
  exp,
  greater,
  matMul,
  multiply,
  negate,
  reshape,
  type Shape,
  slice,
  softplus,
  stopGradient,
  subtract,
  type Tensor,
  tanh,
  transpose,
} from "../../engine/index.ts";
import { constantValue, uniform } from "../initializers.ts";
import type { ParameterScope } from "../parameters.ts";
import { type Density, totalBits } from "./information.ts";

/** Units of each layer, from the value to the logit. */
export const FACTORIZED_WIDTHS: readonly number[] = [1, 3, 3, 3, 3, 1];
const INITIAL_SCALE = 10;

/** One layer's effective parameters: softplus and tanh are applied. */
interface Layer {
  readonly matrix: Tensor;
  readonly bias: Tensor;
  /** Null for the last layer. */
  readonly factor: Tensor | null;
}

function layersOf(scope: ParameterScope, channels: number): Layer[] {
  const count = FACTORIZED_WIDTHS.length - 1;
  // The slopes of all layers multiply to 1 / 10, so that the density starts about ten steps wide.
  const layerScale = INITIAL_SCALE ** (1 / count);
  return Array.from({ length: count }, (_, layer) => {
    const from = at(FACTORIZED_WIDTHS, layer);
    const to = at(FACTORIZED_WIDTHS, layer + 1);
    const start = constantValue(Math.log(Math.expm1(1 / layerScale / to)));
    const matrix = scope.parameter(`matrix${layer}`, [channels, to, from], start);
    const bias = scope.parameter(`bias${layer}`, [channels, to, 1], uniform(-0.5, 0.5));
    const isLast = layer === count - 1;
    const factor = isLast ? null : scope.parameter(`factor${layer}`, [channels, to, 1], constantValue(0));
    return { matrix: softplus(matrix), bias, factor: factor === null ? null : tanh(factor) };
  });
}

/** The logit of the distribution function of each channel, l: [c, 1, length] -> [c, 1, length]. */
function logits(layers: readonly Layer[], x: Tensor): Tensor {
  return layers.reduce((value, { matrix, bias, factor }) => {
    const sum = add(matMul(matrix, value), bias);
    return factor === null ? sum : add(sum, multiply(factor, tanh(sum)));
  }, x);
}

/**
 * The density of each channel, with parameters `matrix0` … `matrix4`, `bias0` … `bias4` and `factor0` … `factor3`.
 *
 * @param shape of the values, `[n, c, h, w]`
 */
export function factorizedDensity(scope: ParameterScope, shape: Shape): Density {
  const [n, channels, h, w] = shape as readonly [number, number, number, number];
  const layers = layersOf(scope, channels);
  return {
    likelihood: (value) => likelihoodOf(layers, value),
    inValueShape: (flat) => transpose(reshape(flat, [channels, n, h, w]), [1, 0, 2, 3]),
  };
}

function likelihoodOf(layers: readonly Layer[], value: Tensor): Tensor {
  const [n, channels, h, w] = value.shape as readonly [number, number, number, number];
  const length = n * h * w;
  const flat = reshape(transpose(value, [1, 0, 2, 3]), [channels, 1, length]);
  // Both ends of the unit interval in one pass: the layers are small, and each op has its price.
  const ends = logits(layers, concat([subtract(flat, 0.5), add(flat, 0.5)], 2));
  const lower = slice(ends, { axes: [2], starts: [0], ends: [length] });
  const upper = slice(ends, { axes: [2], starts: [length], ends: [2 * length] });
  // Above the median 1 - sigmoid(l) = sigmoid(-l) keeps the precision that sigmoid(l) near 1 has lost.
  const side = stopGradient(subtract(1, multiply(greater(add(lower, upper), 0), 2)));
  return multiply(side, subtract(tailSigmoid(multiply(side, upper)), tailSigmoid(multiply(side, lower))));
}

/**
 * The likelihood of values under the density of their channel; parameters as of {@link factorizedDensity}.
 *
 * @param value `[n, c, h, w]`, integers or values with noise, in quantization steps
 * @returns `[c, 1, n * h * w]`, not bounded below
 */
export function factorizedLikelihood(scope: ParameterScope, value: Tensor): Tensor {
  return factorizedDensity(scope, value.shape).likelihood(value);
}

/**
 * sigmoid(x) = exp(-softplus(-x)). onnxruntime's Sigmoid is good to an absolute 1e-7, which is noise in the tail; this keeps
 * the relative precision, in the gradient as well.
 */
function tailSigmoid(x: Tensor): Tensor {
  return exp(negate(softplus(negate(x))));
}

/** The scalar rate of all values, in bits. Arguments as of {@link factorizedLikelihood}. */
export function factorizedBits(scope: ParameterScope, value: Tensor): Tensor {
  return totalBits(factorizedLikelihood(scope, value));
}
