/**
 * The multiply-accumulates of a graph, from its ops: what a convolution, a transposed convolution or a matrix product multiplies
 * and sums, products with padding and with masked weights included, as the tools of the field count them. GDN counts, being
 * a 1x1 convolution of squares; biases, activations and everything element-wise do not.
 */

import {
  at,
  conv2dKernelGradientOp,
  conv2dOp,
  convTranspose2dOp,
  elementCount,
  inputOf,
  matMulOp,
  type Tensor,
  topologicalOrder,
} from "../engine/index.ts";

/**
 * Multiply-accumulates of one evaluation of the given tensors. What several of them need counts once.
 *
 * @returns a whole number; divide by the pixels of the image, all images of a batch, for the figure per pixel.
 */
export function countMacs(...outputs: readonly Tensor[]): number {
  return topologicalOrder(outputs).reduce((sum, tensor) => sum + macsOf(tensor), 0);
}

function macsOf(tensor: Tensor): number {
  switch (tensor.op.name) {
    case conv2dOp.name:
      return elementCount(tensor.shape) * tapsOf(inputOf(tensor, 1));
    case convTranspose2dOp.name:
      return elementCount(inputOf(tensor, 0).shape) * tapsOf(inputOf(tensor, 1));
    case conv2dKernelGradientOp.name:
      return elementCount(inputOf(tensor, 1).shape) * tapsOf(tensor);
    case matMulOp.name: {
      const { transposeA } = tensor.attributes as { readonly transposeA: boolean };
      const { shape } = inputOf(tensor, 0);
      return elementCount(tensor.shape) * at(shape, shape.length - (transposeA ? 2 : 1));
    }
    default:
      return 0;
  }
}

/** Weights of one filter of a kernel `[co, ci / groups, kh, kw]`. */
function tapsOf(kernel: Tensor): number {
  return elementCount(kernel.shape.slice(1));
}
