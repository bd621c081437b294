/**
 * The complementary error function in float32 arithmetic, for exported models: a polynomial of our own in
 * s = (5 - 2 x) / (5 + 2 x), fitted at Chebyshev points to exp(x^2) erfc(x) (1 + 0.4 x). It refuses nothing, but underflows
 * with float32 beyond x = 9.2. The float64 form is in src/error-function.ts.
 */
import type { OnnxEmitter } from "../graph/tensor.ts";

/**
 * Half of exp(x^2) erfc(x) (1 + 0.4 x) for x >= 0 as a polynomial in s, lowest power first: the interpolant at nine
 * Chebyshev points of s. Relative error at most 1.7e-7 over 0 <= x <= 12 in exact arithmetic.
 */
const HALF_SCALED_ERFC: readonly number[] = [
  0.2108063641, 0.1609305853, 0.0907833788, 0.03424729051, 0.005664809833, -0.001667364076, -0.0009358277062,
  7.054857515e-5, 0.0001002861038,
];

/** exp(-16^2) is 0 in float32, so larger arguments change nothing. */
const LARGEST_ARGUMENT = 16;

/**
 * Writes erfc(x) in float32 arithmetic. The square of |x| is split so that its rounding does not spoil the exponential: with
 * h = floor(16 |x|) / 16, whose square is exact, exp(-x^2) = exp(-h^2) exp((h - |x|) (h + |x|)). Negative x are reflected:
 * erfc(x) = 2 - erfc(-x).
 */
export function lowerErfc(emit: OnnxEmitter, x: string): string {
  const number = (value: number): string => emit.floats([value]);
  const multiply = (a: string, b: string): string => emit.node("Mul", [a, b]);
  const size = emit.node("Min", [emit.node("Abs", [x]), number(LARGEST_ARGUMENT)]);
  const steps = emit.node("Floor", [multiply(size, number(16))]);
  const head = multiply(steps, number(1 / 16));
  const coarse = emit.node("Exp", [multiply(multiply(steps, steps), number(-1 / 256))]);
  const rest = multiply(emit.node("Sub", [head, size]), emit.node("Add", [head, size]));
  const fine = emit.node("Exp", [rest]);
  const u = emit.node("Div", [number(5), emit.node("Add", [size, number(2.5)])]);
  const s = emit.node("Sub", [u, number(1)]);
  const powers = [...HALF_SCALED_ERFC].reverse().map(number);
  const polynomial = powers.reduce((sum, coefficient) => emit.node("Add", [multiply(sum, s), coefficient]));
  const tail = multiply(multiply(multiply(polynomial, u), fine), coarse);
  const reflected = emit.node("Sub", [number(2), tail]);
  return emit.node("Where", [emit.node("Less", [x, number(0)]), reflected, tail]);
}
