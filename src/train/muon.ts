/**
 * Muon: the kernels of convolutions, seen as matrices, move by the orthogonal matrix nearest to their momentum, so that all
 * directions of a matrix learn at one speed (Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein, "Muon: An optimizer for hidden layers in
 * neural networks", 2024). All other parameters are Adam's. Steps are scaled as by Liu et al., "Muon is Scalable for LLM Training",
 * arXiv 2502.16982: the root mean square of a step is that of Adam, so that one learning rate serves both.
 *
 *   m' = 0.95 m + g,   u = g + 0.95 m',   w' = w - rate * 0.2 sqrt(max(rows, columns)) * orthogonal(u)
 *
 * The orthogonal matrix comes from five iterations of X <- (a + b A + c A^2) X with A = X X^T. All factors are polynomials of the first
 * A. So the iterations run on the square A alone, and X is multiplied once at the end. For a kernel of 3x3 that takes 40 % of the
 * products.
 */
import {
  add,
  constant,
  divide,
  elementCount,
  matMul,
  multiply,
  reduceSum,
  reshape,
  type Shape,
  sqrt,
  square,
  subtract,
  type Tensor,
  transpose,
} from "../engine/index.ts";
import type { ParameterSpec } from "../networks/index.ts";

/** Decay of the momentum. */
export const MUON_MOMENTUM = 0.95;

/** Coefficients of the iteration (Jordan et al.): singular values from 0.0015 to 1 end between 0.68 and 1.20. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;
/** Root mean square of a step of Adam in practice, relative to its rate (Liu et al.). */
const ADAM_STEP = 0.2;
/** Smaller matrices have only few directions. */
const LEAST_SIDE = 16;

/** Rows and columns of a kernel as a matrix: output channels, and all else. */
function matrixOf(shape: Shape): readonly [number, number] {
  const rows = shape[0]!;
  return [rows, elementCount(shape) / rows];
}

/** Whether Muon updates a parameter: kernels, but not the weights of GDN, which are kept positive and have no directions. */
export function isMuonParameter({
  shape,
  isNonNegative = false,
}: Partial<ParameterSpec> & Pick<ParameterSpec, "shape">): boolean {
  return shape.length === 4 && !isNonNegative && Math.min(...matrixOf(shape)) >= LEAST_SIDE;
}

/**
 * The orthogonal matrix nearest to a matrix, up to singular values between 0.68 and 1.20; those under 0.0015 of the matrix's
 * Frobenius norm may stay smaller.
 * @param matrix `[rows, columns]`; zeros give zeros
 */
export function orthogonalized(matrix: Tensor): Tensor {
  const [rows, columns] = matrix.shape as readonly [number, number];
  if (rows > columns) return transpose(orthogonalized(transpose(matrix, [1, 0])), [1, 0]);
  const start = divide(matrix, add(sqrt(reduceSum(square(matrix))), 1e-12));
  const unit = constant(
    Float32Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? A : 0)),
    [rows, rows],
  );
  let gram = matMul(start, start, { transposeB: true });
  let product: Tensor | null = null;
  for (let i = 0; i < ITERATIONS; i++) {
    const factor: Tensor = add(add(multiply(gram, B), multiply(matMul(gram, gram), C)), unit);
    product = product === null ? factor : matMul(factor, product);
    // X <- F X makes A <- F A F; all three commute.
    if (i < ITERATIONS - 1) gram = matMul(matMul(factor, gram), factor);
  }
  if (product === null) throw new Error("internal: no iteration was made");
  return matMul(product, start);
}

/**
 * One step of a kernel.
 * @param gradient of the weight's shape
 * @param rate scalar
 */
export function muonStep(
  { weight, firstMoment: momentum }: { readonly weight: Tensor; readonly firstMoment: Tensor },
  gradient: Tensor,
  rate: Tensor,
): { readonly weight: Tensor; readonly firstMoment: Tensor } {
  const [rows, columns] = matrixOf(weight.shape);
  const firstMoment = add(multiply(momentum, MUON_MOMENTUM), gradient);
  const ahead = add(gradient, multiply(firstMoment, MUON_MOMENTUM));
  const direction = reshape(orthogonalized(reshape(ahead, [rows, columns])), weight.shape);
  const size = multiply(rate, ADAM_STEP * Math.sqrt(Math.max(rows, columns)));
  return { weight: subtract(weight, multiply(direction, size)), firstMoment };
}
