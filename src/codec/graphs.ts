/**
 * The graphs that a codec runs one after the other, with a model's weights inside, and the sessions that run them. This file
 * knows no runtime: whoever makes a codec hands over a function that opens one (onnxruntime on Node, another in a browser).
 */
import { defineGraph, type Graph, graphInput, type Shape } from "../engine/index.ts";
import { createNetwork } from "../networks/create-network.ts";
import { ParameterScope } from "../networks/parameters.ts";
import type { Model } from "./model/model.ts";

/** Float32 elements in row-major order with their shape. */
export interface FloatArray {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Something that runs one graph. */
export interface GraphSession {
  /** Runs the graph on every input by name; gives every output by name. The inputs are not changed. */
  run(feeds: ReadonlyMap<string, FloatArray>): Promise<ReadonlyMap<string, FloatArray>>;
  close(): Promise<void>;
}

/** Opens a graph whose images may have any height and width. `threads` is at least 1. */
export type OpenGraph = (graph: Graph, options: { readonly threads: number }) => Promise<GraphSession>;

/** What a network computes, array to array; a batch is one image. */
export interface NetworkRunner {
  /** Image `[1, 3, h, w]` -> y `[1, M, h / 16, w / 16]` and, with a hyper-latent, round(z) `[1, channels, h / 64, w / 64]`. */
  analysis(image: FloatArray): Promise<{ readonly y: FloatArray; readonly zRounded: FloatArray | null }>;
  /** round(z) -> scale (not bounded) and mean of y. Only for networks with a hyper-latent. */
  hyperSynthesis(zRounded: FloatArray): Promise<{ readonly scale: FloatArray; readonly mean: FloatArray }>;
  /** y^ -> image `[1, 3, h, w]`, nominally 0..1. */
  synthesis(yHat: FloatArray): Promise<FloatArray>;
  close(): Promise<void>;
}

function output(outputs: ReadonlyMap<string, FloatArray>, name: string): FloatArray {
  const found = outputs.get(name);
  if (found === undefined) throw new Error(`internal: the graph gave no output "${name}"`);
  return found;
}

/** The graphs of a model; sizes are those of an image of `downscale` x `downscale`, to be left open. */
function buildGraphs(model: Model): { analysis: Graph; hyperSynthesis: Graph | null; synthesis: Graph } {
  const { weights } = model;
  const network = createNetwork(model.network);
  const side = network.downscale;
  const image = graphInput("image", [1, 3, side, side]);
  const yHat = graphInput("y", [1, model.network.M, side / 16, side / 16]);
  const synthesis = defineGraph({ image: network.synthesis(ParameterScope.frozen(weights), yHat) });
  if (network.coding === "factorized") {
    const analysis = defineGraph({ ...network.analysis(ParameterScope.frozen(weights), image) });
    return { analysis, hyperSynthesis: null, synthesis };
  }
  const z = graphInput("z", [1, network.zChannels, side / 64, side / 64]);
  return {
    analysis: defineGraph({ ...network.analysis(ParameterScope.frozen(weights), image) }),
    hyperSynthesis: defineGraph({ ...network.hyperSynthesis(ParameterScope.frozen(weights), z) }),
    synthesis,
  };
}

/**
 * Builds a model's graphs and opens them.
 *
 * The hyper-synthesis always runs on one thread: encoder and decoder must get the same scales and means to the last bit, and
 * the order of floating-point sums may depend on the number of threads. It is a small part of the work.
 *
 * @throws {HalfstepError} `bad-weights` if the weights are not those of the model's network.
 */
export async function openNetwork(model: Model, open: OpenGraph, threads: number): Promise<NetworkRunner> {
  const graphs = buildGraphs(model);
  const sessions: GraphSession[] = [];
  const openOne = async (graph: Graph, count: number): Promise<GraphSession> => {
    const session = await open(graph, { threads: count });
    sessions.push(session);
    return session;
  };
  const close = async (): Promise<void> => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  };
  try {
    const analysis = await openOne(graphs.analysis, threads);
    const hyperSynthesis = graphs.hyperSynthesis === null ? null : await openOne(graphs.hyperSynthesis, 1);
    const synthesis = await openOne(graphs.synthesis, threads);
    return {
      async analysis(image) {
        const outputs = await analysis.run(new Map([["image", image]]));
        return { y: output(outputs, "y"), zRounded: outputs.get("zRounded") ?? null };
      },
      async hyperSynthesis(zRounded) {
        if (hyperSynthesis === null) throw new Error("internal: this network has no hyper-synthesis");
        const outputs = await hyperSynthesis.run(new Map([["z", zRounded]]));
        return { scale: output(outputs, "scale"), mean: output(outputs, "mean") };
      },
      synthesis: async (yHat) => output(await synthesis.run(new Map([["y", yHat]])), "image"),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
