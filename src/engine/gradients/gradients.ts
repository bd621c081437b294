/** Reverse-mode differentiation: graph in, graph out. */
import { topologicalOrder } from "../graph/graph.ts";
import { formatShape, sameShape } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { constant } from "../ops/sources.ts";

/**
 * The gradients of a scalar with respect to tensors of its graph.
 *
 * @param loss a tensor of shape `[]`.
 * @param withRespectTo tensors that `loss` depends on through differentiable ops.
 * @returns one tensor for each, of its shape.
 * @throws {RangeError} if the loss is not a scalar, or if no gradient reaches one of the tensors. (A parameter that never trains, without a word,
 *   is a defect of the network.)
 */
export function gradients(loss: Tensor, withRespectTo: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0) {
    throw new RangeError(
      `gradients: got a loss of shape ${formatShape(loss.shape)}, expected a scalar; reduce it first`,
    );
  }
  const order = topologicalOrder([loss]);
  const targets = new Set(withRespectTo);
  const needed = new Set<Tensor>();
  for (const tensor of order) {
    if (targets.has(tensor) || tensor.inputs.some((input) => needed.has(input))) needed.add(tensor);
  }
  const gradientOf = new Map<Tensor, Tensor>([[loss, constant(1)]]);
  for (const tensor of order.reverse()) {
    const outputGradient = gradientOf.get(tensor);
    if (outputGradient === undefined || !needed.has(tensor) || !tensor.inputs.some((input) => needed.has(input)))
      continue;
    const inputGradients = tensor.op.gradient(tensor, outputGradient);
    tensor.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (gradient === null || gradient === undefined || !needed.has(input)) return;
      if (!sameShape(gradient.shape, input.shape)) {
        throw new Error(
          `internal: ${tensor.op.name} gave a gradient of shape ${formatShape(gradient.shape)} for its input ${i} of shape ${formatShape(input.shape)}`,
        );
      }
      const sofar = gradientOf.get(input);
      gradientOf.set(input, sofar === undefined ? gradient : add(sofar, gradient));
    });
  }
  return withRespectTo.map((tensor, i) => {
    const gradient = gradientOf.get(tensor);
    if (gradient === undefined) {
      throw new RangeError(
        `gradients: no gradient reaches tensor ${i} (${tensor.op.name} ${formatShape(tensor.shape)})`,
      );
    }
    return gradient;
  });
}
