/** A graph as JSON: what `graph.py` reads. */
import type { Graph, Tensor } from "../../src/engine/index.ts";

/** A graph as JSON. */
export interface GraphDescription {
  /** Each node comes after its inputs, and names them by their positions. */
  readonly nodes: readonly { readonly op: string; readonly inputs: readonly number[]; readonly attributes: unknown }[];
  /** Positions by the names of the outputs. */
  readonly outputs: Readonly<Record<string, number>>;
}

interface Constant {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** A single value stands for a whole shape of equal ones. */
function compact({ data, shape }: Constant): object {
  const isUniform = data.every((value) => Object.is(value, data[0]));
  return { data: isUniform ? [data[0]] : [...data], shape };
}

/** Describes a graph, every tensor once. */
export function describeGraph(graph: Graph): GraphDescription {
  const positions = new Map<Tensor, number>(graph.order.map((tensor, i) => [tensor, i]));
  const positionOf = (tensor: Tensor): number => positions.get(tensor) as number;
  return {
    nodes: graph.order.map(({ op, inputs, attributes }) => ({
      op: op.name,
      inputs: inputs.map(positionOf),
      attributes: op.name === "constant" ? compact(attributes as Constant) : attributes,
    })),
    outputs: Object.fromEntries([...graph.outputs].map(([name, tensor]) => [name, positionOf(tensor)])),
  };
}
