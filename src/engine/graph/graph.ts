/** A graph has named inputs and named outputs. Everything between them follows from the outputs. */
import { inputOp } from "../ops/sources.ts";
import type { Tensor } from "./tensor.ts";

/** A finished graph: its inputs and outputs. */
export interface Graph {
  /** Graph inputs by name, in the order in which the outputs reach them. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Graph outputs by name. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Every tensor once, inputs before the tensors that use them. */
  readonly order: readonly Tensor[];
}

/** The tensors that `outputs` depend on, each once, every tensor after its inputs. Not recursive, because graphs are deep. */
export function topologicalOrder(outputs: Iterable<Tensor>): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  for (const output of outputs) {
    const stack: { tensor: Tensor; next: number }[] = [];
    if (!seen.has(output)) stack.push({ tensor: output, next: 0 });
    seen.add(output);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top === undefined) break;
      const input = top.tensor.inputs[top.next++];
      if (input === undefined) {
        order.push(top.tensor);
        stack.pop();
      } else if (!seen.has(input)) {
        seen.add(input);
        stack.push({ tensor: input, next: 0 });
      }
    }
  }
  return order;
}

/**
 * Builds a graph from its outputs.
 *
 * @throws {RangeError} if two different inputs share a name, an output has the name of an input, or an output's name is empty. Such a graph would
 *   feed one value to two places without a word.
 */
export function defineGraph(outputs: Readonly<Record<string, Tensor>>): Graph {
  const named = new Map(Object.entries(outputs));
  const order = topologicalOrder(named.values());
  const inputs = new Map<string, Tensor>();
  for (const tensor of order) {
    if (tensor.op !== inputOp) continue;
    const { name } = (tensor as Tensor<{ readonly name: string }>).attributes;
    if (inputs.has(name)) {
      throw new RangeError(`defineGraph: two inputs are named "${name}"; give each input a name of its own`);
    }
    inputs.set(name, tensor);
  }
  for (const name of named.keys()) {
    if (name === "" || inputs.has(name)) {
      throw new RangeError(`defineGraph: got the output name "${name}", which is empty or the name of an input`);
    }
  }
  return { inputs, outputs: named, order };
}
