/**
 * Generalized divisive normalization (Ballé, Laparra, Simoncelli, "Density Modeling of Images Using a Generalized
 * Normalization Transformation", ICLR 2016): y_i = x_i / sqrt(beta_i + sum_j gamma_ij x_j^2). Its approximate inverse
 * multiplies by the root instead.
 *
 * gamma and beta stay positive by a reparametrisation: the stored value v stands for max(v, sqrt(min + e))^2 - e with
 * e = 2^-36, and the maximum is {@link lowerBound}. The gradient is written by hand: images are large here, and it needs
 * half of the passes over them that differentiating the formula would.
 */
import {
  add,
  at,
  conv2d,
  divide,
  matMul,
  multiply,
  reduceSum,
  reshape,
  sqrt,
  square,
  subtract,
  type Tensor,
  transpose,
  withGradient,
} from "../../engine/index.ts";
import { constantValue, diagonal, type Initializer } from "../initializers.ts";
import { lowerBound } from "../lower-bound.ts";
import type { ParameterScope } from "../parameters.ts";

const PEDESTAL = 2 ** -36;
const BETA_MINIMUM = 1e-6;
const BETA_START = 1;
const GAMMA_START = 0.1;

/** Which of the two directions. */
export type GdnDirection = "divide" | "multiply";

/** The stored value that stands for `value`. */
function stored(value: number): number {
  return Math.sqrt(value + PEDESTAL);
}

function nonNegative(
  scope: ParameterScope,
  name: string,
  shape: readonly number[],
  minimum: number,
  start: Initializer,
): Tensor {
  const bounded = lowerBound(scope.parameter(name, shape, start, { isNonNegative: true }), stored(minimum));
  return subtract(square(bounded), PEDESTAL);
}

/** GDN of `x` [n, c, h, w] with parameters `gamma` [c, c, 1, 1] and `beta` [c]. */
export function gdn(scope: ParameterScope, x: Tensor): Tensor {
  return withParameters(scope, x, "divide");
}

/** The approximate inverse of {@link gdn}, with parameters of its own. */
export function inverseGdn(scope: ParameterScope, x: Tensor): Tensor {
  return withParameters(scope, x, "multiply");
}

function withParameters(scope: ParameterScope, x: Tensor, direction: GdnDirection): Tensor {
  const channels = at(x.shape, 1);
  const gamma = nonNegative(scope, "gamma", [channels, channels, 1, 1], 0, diagonal(stored(GAMMA_START), stored(0)));
  const beta = nonNegative(scope, "beta", [channels], BETA_MINIMUM, constantValue(stored(BETA_START)));
  return normalize(x, gamma, beta, direction);
}

/**
 * The normalization itself, with effective parameters.
 *
 * @param x `[n, c, h, w]`
 * @param gamma `[c, c, 1, 1]`, not negative
 * @param beta `[c]`, positive
 * @returns of the shape of x
 */
export function normalize(x: Tensor, gamma: Tensor, beta: Tensor, direction: GdnDirection): Tensor {
  const squares = multiply(x, x);
  const root = sqrt(conv2d(squares, gamma, { bias: beta }));
  const forward = direction === "divide" ? divide(x, root) : multiply(x, root);

  return withGradient(forward, [x, gamma, beta], (g) => {
    const scaled = direction === "divide" ? divide(g, root) : multiply(g, root);
    // Twice the gradient of beta + sum gamma x^2 at each place, without its sign: g x / root^3, or g x / root.
    const toSum = divide(multiply(direction === "divide" ? scaled : g, direction === "divide" ? forward : x), root);
    const through = multiply(x, conv2d(toSum, transpose(gamma, [1, 0, 2, 3])));
    const sign = direction === "divide" ? -0.5 : 0.5;
    return [
      direction === "divide" ? subtract(scaled, through) : add(scaled, through),
      multiply(reshape(channelProducts(toSum, squares), gamma.shape), sign),
      multiply(reduceSum(toSum, { axes: [0, 2, 3] }), sign),
    ];
  });
}

/** `[c, c]`: the products of channels i of `a` and j of `b`, both [n, c, h, w], summed over images and places. */
function channelProducts(a: Tensor, b: Tensor): Tensor {
  const [n, c, h, w] = a.shape as readonly [number, number, number, number];
  const flat = [n, c, h * w];
  return reduceSum(matMul(reshape(a, flat), reshape(b, flat), { transposeB: true }), { axes: [0] });
}
