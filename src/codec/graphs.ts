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
  if (model.hyperSynthesis === null) throw new Error("internal: a model with a hyper-latent has no exact layers");
  const z = graphInput("z", [1, network.zChannels, side / 64, side / 64]);
  const both = exactSequence(z, model.hyperSynthesis.layers);
  const { M } = model.network;
  return {
    analysis: defineGraph({ ...network.analysis(ParameterScope.frozen(weights), image) }),
    hyperSynthesis: defineGraph({
      scale: slice(both, { axes: [1], starts: [0], ends: [M] }),
      mean: slice(both, { axes: [1], starts: [M], ends: [2 * M] }),
    }),
    synthesis,
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
  const openOne = async (graph: Graph): Promise<GraphSession> => {
    const session = await open(graph, { threads });
    sessions.push(session);
    return session;
  };
  const close = async (): Promise<void> => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  };
  try {
    const analysis = await openOne(graphs.analysis);
    const hyperSynthesis = graphs.hyperSynthesis === null ? null : await openOne(graphs.hyperSynthesis);
    if (hyperSynthesis !== null && model.hyperSynthesis !== null) await selfTest(model.hyperSynthesis, hyperSynthesis);
    const synthesis = await openOne(graphs.synthesis);
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
