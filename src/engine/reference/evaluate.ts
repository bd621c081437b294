/** Evaluates a graph in float64 with each op's reference. This is slow and obvious; the fast path is tested against it. */
import { defineGraph } from "../graph/graph.ts";
import { elementCount, formatShape } from "../graph/shape.ts";
import type { ReferenceArray, Tensor } from "../graph/tensor.ts";

/**
 * Values of the outputs for the given inputs, by the names of the outputs.
 *
 * @throws {RangeError} if an input is missing or has another element count.
 */
export function evaluate<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): Record<Name, ReferenceArray> {
  const graph = defineGraph(outputs);
  const values = new Map<Tensor, ReferenceArray>();
  for (const [name, tensor] of graph.inputs) {
    const feed = feeds[name];
    if (feed !== undefined && feed.length !== elementCount(tensor.shape)) {
      throw new RangeError(`evaluate: got ${feed.length} elements for "${name}" of shape ${formatShape(tensor.shape)}`);
    }
    if (feed !== undefined) values.set(tensor, { shape: tensor.shape, data: Float64Array.from(feed) });
  }
  for (const tensor of graph.order) {
    if (values.has(tensor)) continue;
    const inputs = tensor.inputs.map((input) => values.get(input) as ReferenceArray);
    values.set(tensor, { shape: tensor.shape, data: tensor.op.reference(inputs, tensor.attributes, tensor.shape) });
  }
  const results = [...graph.outputs].map(([name, tensor]) => [name, values.get(tensor) as ReferenceArray]);
  return Object.fromEntries(results) as Record<Name, ReferenceArray>;
}
