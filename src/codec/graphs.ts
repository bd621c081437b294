/**
 * The graphs that a codec runs one after the other, with a model's weights inside, and the sessions that run them. This file
 * knows no runtime: whoever makes a codec hands over a function that opens one (onnxruntime on Node, another in a browser).
 */
import { defineGraph, type Graph, graphInput, type Shape, slice } from "../engine/index.ts";
import { createNetwork } from "../networks/create-network.ts";
import { ParameterScope } from "../networks/parameters.ts";
import { exactSequence } from "./exact/exact-graph.ts";
import type { ExactLayer } from "./exact/exact-layer.ts";
import { checkSelfTest, SELF_TEST_SIDE, selfTestInput } from "./exact/self-test.ts";
import type { ExactHyperSynthesis, Model } from "./model/model.ts";

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

/** How a graph is to be opened. */
export interface OpenGraphOptions {
  /** At least 1. */
  readonly threads: number;
  /**
   * The graph computes integers that encoder and decoder must have alike. Every engine that sums products of float32, in
   * whatever order, does; one that transforms them first (Winograd, Fourier) or rounds them (TF32) does not.
   */
  readonly exact: boolean;
}

/** Opens a graph whose images may have any height and width. */
export type OpenGraph = (graph: Graph, options: OpenGraphOptions) => Promise<GraphSession>;

/** What a network computes, array to array; a batch is one image or one window of it. */
export interface NetworkRunner {
  /** Image `[1, 3, h, w]` -> y `[1, M, h / 16, w / 16]`. */
  analysis(image: FloatArray): Promise<FloatArray>;
  /** y `[1, M, h, w]` -> z `[1, channels of z, h / 4, w / 4]`, not rounded. Only for networks with a hyper-latent. */
  hyperAnalysis(y: FloatArray): Promise<FloatArray>;
  /** Integers z -> scale (not bounded) and mean of y. Only for networks with a hyper-latent. */
  hyperSynthesis(z: FloatArray): Promise<{ readonly scale: FloatArray; readonly mean: FloatArray }>;
  /** y^ -> image `[1, 3, h, w]`, nominally 0..1. */
  synthesis(yHat: FloatArray): Promise<FloatArray>;
  close(): Promise<void>;
}

function output(outputs: ReadonlyMap<string, FloatArray>, name: string): FloatArray {
  const found = outputs.get(name);
  if (found === undefined) throw new Error(`internal: the graph gave no output "${name}"`);
  return found;
}

/** The graphs of a model; heights and widths are examples, to be left open. */
function buildGraphs(model: Model): {
  readonly analysis: Graph;
  readonly synthesis: Graph;
  readonly hyper: { readonly analysis: Graph; readonly synthesis: Graph } | null;
} {
  const { weights } = model;
  const { M } = model.network;
  const network = createNetwork(model.network);
  const frozen = (): ParameterScope => ParameterScope.frozen(weights);
  const analysis = defineGraph({ y: network.analysis(frozen(), graphInput("image", [1, 3, 64, 64])) });
  const synthesis = defineGraph({ image: network.synthesis(frozen(), graphInput("y", [1, M, 4, 4])) });
  if (network.coding === "factorized") return { analysis, synthesis, hyper: null };
  if (model.hyperSynthesis === null) throw new Error("internal: a model with a hyper-latent has no exact layers");
  const both = exactSequence(graphInput("z", [1, network.zChannels, 1, 1]), model.hyperSynthesis.layers);
  return {
    analysis,
    synthesis,
    hyper: {
      analysis: defineGraph({ z: network.hyperAnalysis(frozen(), graphInput("y", [1, M, 4, 4])) }),
      synthesis: defineGraph({
        scale: slice(both, { axes: [1], starts: [0], ends: [M] }),
        mean: slice(both, { axes: [1], starts: [M], ends: [2 * M] }),
      }),
    },
  };
}

/** Runs the self-test of a model's exact layers. @throws {HalfstepError} `inexact-engine` */
async function selfTest({ layers, selfTest: expected }: ExactHyperSynthesis, session: GraphSession): Promise<void> {
  const first = layers[0] as ExactLayer;
  const data = Float32Array.from(selfTestInput(first));
  const shape = [1, first.inputChannels, SELF_TEST_SIDE, SELF_TEST_SIDE];
  const outputs = await session.run(new Map([["z", { data, shape }]]));
  const [scale, mean] = [output(outputs, "scale").data, output(outputs, "mean").data];
  const both = new Float32Array(scale.length + mean.length);
  both.set(scale);
  both.set(mean, scale.length);
  checkSelfTest(expected, both);
}

/**
 * Builds a model's graphs and opens them.
 *
 * The hyper-synthesis is exact: whatever engine and number of threads run it, encoder and decoder get the same numbers. The
 * model's self-test makes sure.
 *
 * @throws {HalfstepError} `bad-weights` if the weights are not those of the model's network,
 *   `inexact-engine` if the self-test fails.
 */
export async function openNetwork(model: Model, open: OpenGraph, threads: number): Promise<NetworkRunner> {
  const graphs = buildGraphs(model);
  const sessions: GraphSession[] = [];
  const openOne = async (graph: Graph, exact = false): Promise<GraphSession> => {
    const session = await open(graph, { threads, exact });
    sessions.push(session);
    return session;
  };
  const close = async (): Promise<void> => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  };
  try {
    const analysis = await openOne(graphs.analysis);
    const synthesis = await openOne(graphs.synthesis);
    const hyper = graphs.hyper && {
      analysis: await openOne(graphs.hyper.analysis),
      synthesis: await openOne(graphs.hyper.synthesis, true),
    };
    if (hyper !== null && model.hyperSynthesis !== null) await selfTest(model.hyperSynthesis, hyper.synthesis);
    const hyperParts = () => {
      if (hyper === null) throw new Error("internal: this network has no hyper-latent");
      return hyper;
    };
    return {
      analysis: async (image) => output(await analysis.run(new Map([["image", image]])), "y"),
      hyperAnalysis: async (y) => output(await hyperParts().analysis.run(new Map([["y", y]])), "z"),
      async hyperSynthesis(z) {
        const outputs = await hyperParts().synthesis.run(new Map([["z", z]]));
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
