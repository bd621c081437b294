/** Runs graphs by the reference evaluator: everywhere, in float64, and slowly. */
import { evaluate, type OpenGraph } from "../../src/engine/index.ts";

/** Opens a graph in the reference evaluator. */
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
