/** How the laboratory runs graphs without knowing on what: whoever calls it says how. */
import { elementCount, evaluate, type Graph, type Shape } from "../../engine/index.ts";

/** Float32 elements in row-major order with their shape. */
export interface FeedArray {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** A graph that is ready to run. */
export interface GraphRunner {
  /** Every input by name -> every output by name. The fed arrays must not change until the promise settles. */
  run(feeds: ReadonlyMap<string, FeedArray>): Promise<ReadonlyMap<string, FeedArray>>;
  close(): Promise<void>;
}

/** Makes a graph ready. */
export type OpenGraph = (graph: Graph) => Promise<GraphRunner>;

/** Runs graphs by the reference evaluator: everywhere, in float64, and slowly. */
export const openReference: OpenGraph = (graph) =>
  Promise.resolve({
    run: (feeds) => {
      const values = Object.fromEntries([...feeds].map(([name, { data }]) => [name, data]));
      const results = Object.entries(evaluate(Object.fromEntries(graph.outputs), values));
      return Promise.resolve(
        new Map(results.map(([name, { data, shape }]) => [name, { shape, data: Float32Array.from(data) }])),
      );
    },
    close: () => Promise.resolve(),
  });

/** Zeros of a shape. */
export function zeros(shape: Shape): FeedArray {
  return { shape, data: new Float32Array(elementCount(shape)) };
}

/** The array of a name; a missing one is a defect of the caller. */
export function arrayOf(arrays: ReadonlyMap<string, FeedArray>, name: string): FeedArray {
  const array = arrays.get(name);
  if (array === undefined) throw new Error(`internal: the graph gave no ${name}`);
  return array;
}

/** The only element of a scalar result. */
export function scalarOf(arrays: ReadonlyMap<string, FeedArray>, name: string): number {
  return arrayOf(arrays, name).data[0] as number;
}
