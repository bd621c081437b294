/**
 * The multiply-accumulates of a graph, from the records of its ops. Convolutions, transposed convolutions and matrix products count,
 * with the products of padding and of masked weights, as the tools of the field count them. GDN counts, because it is a 1x1 convolution
 * of squares. Biases, activations and everything element-wise do not count.
 */
import { type Tensor, topologicalOrder } from "../engine/index.ts";

/**
 * Multiply-accumulates of one evaluation of the given tensors. What several of them need counts once.
 *
 * @returns a whole number; divide by the pixels of the image, all images of a batch, for the figure per pixel.
 */
export function countMacs(...outputs: readonly Tensor[]): number {
  return topologicalOrder(outputs).reduce((sum, node) => sum + (node.op.multiplyAccumulates?.(node) ?? 0), 0);
}
