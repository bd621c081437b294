/** Some columns of a matrix, for layers that see only some channels of a map. */
import { constant, matMul, reshape, slice, type Tensor } from "../engine/index.ts";

/** `[chosen, all]`: 1 where a chosen element is that one of all, else 0. */
export function selectionMatrix(chosen: readonly number[], all: number): Tensor {
  const selection = new Float32Array(chosen.length * all);
  for (const [i, place] of chosen.entries()) selection[i * all + place] = 1;
  return constant(selection, [chosen.length, all]);
}

/**
 * Columns of a matrix. It is one product, because a slice for each column would give a gradient of the whole matrix for each.
 * @param matrix `[rows, all]`, or the kernel of a 1x1 convolution `[rows, all, 1, 1]`
 * @returns the same with the chosen columns
 */
export function chosenColumns(matrix: Tensor, chosen: readonly number[]): Tensor {
  const [rows, all, ...ones] = matrix.shape as readonly [number, number, ...number[]];
  if (chosen.every((place, i) => place === i)) {
    return chosen.length === all ? matrix : slice(matrix, { axes: [1], starts: [0], ends: [chosen.length] });
  }
  const flat = reshape(matrix, [rows, all]);
  return reshape(matMul(flat, selectionMatrix(chosen, all), { transposeB: true }), [rows, chosen.length, ...ones]);
}
