/**
 * The graphs that a codec runs one after the other, with a model's weights inside, and the sessions that run them. This file
 * knows no runtime. The maker of a codec hands over a function that opens graphs (by onnxruntime on Node, by another in a browser).
 */

import {
  arrayOf,
  defineGraph,
  type FloatArray,
  type Graph,
  graphInput,
  type OpenGraph,
  type OwnedArray,
  type Session,
  type Tensor,
} from "../engine/index.ts";
import { createNetwork } from "../networks/create-network.ts";
import { type EntropyGraph, type EntropyInput, entropyGraphs, oddSites, RESULT } from "../networks/entropy/index.ts";
import type { Network } from "../networks/network.ts";
import { ParameterScope } from "../networks/parameters.ts";
import { qualityShape } from "../networks/quality.ts";
import { Z_STRIDE } from "../networks/strides.ts";
import { exactOps, exactPositionOps } from "./exact/exact-graph.ts";
import { checkSelfTest, selfTestInputs } from "./exact/self-test.ts";
import type { ExactNetworks, Model } from "./model/model.ts";

/** What goes into an entropy network, by the name of the input. */
export type EntropyFeeds = Readonly<Partial<Record<EntropyInput["name"], FloatArray>>>;

/** What a network computes, array to array; a batch is one image or one window of it. */
export interface NetworkRunner {
  /** The network whose graphs these are. */
  readonly network: Network;
  /**
   * Image `[1, 3, h, w]` -> y `[1, M, h / 16, w / 16]`.
   * @param quality `[1, knots]`, see `qualityInput`: needed by a network of variable rate, and by no other
   */
  analysis(image: FloatArray, quality?: FloatArray): Promise<OwnedArray>;
  /** y `[1, M, h, w]` -> z `[1, channels of z, h / 4, w / 4]`, not rounded. Only for networks with a hyper-latent. */
  hyperAnalysis(y: FloatArray): Promise<OwnedArray>;
  /** Runs one of `entropyGraphs` on integers. Only for networks with a hyper-latent. */
  entropy(graph: string, feeds: EntropyFeeds): Promise<OwnedArray>;
  /** y^, which may lack channels that may be left out -> image `[1, 3, h, w]`, nominally 0..1. @param quality as for {@link analysis} */
  synthesis(yHat: FloatArray, quality?: FloatArray): Promise<OwnedArray>;
  /** Opens a further graph as those of the model were opened. The caller closes it. */
  open(graph: Graph): Promise<Session>;
  close(): Promise<void>;
}

/** Name of the input of checkerboard graphs that is 1 where row + column is odd. */
const ODD_SITES = "odd";
/** Name of the input of the transforms of a network of variable rate. */
const QUALITY = "quality";

/** The odd sites of a map. */
function oddSitesLike({ shape }: FloatArray): FloatArray {
  const [height, width] = shape.slice(-2) as [number, number];
  return { data: oddSites(height, width), shape: [1, 1, height, width] };
}

function exactGraph(graph: EntropyGraph, { layers }: ExactNetworks): Graph {
  const isMap = graph.layout === "maps";
  const inputs = new Map<string, Tensor>(
    graph.inputs.map(({ name, channels }) => [
      name,
      graphInput(name, isMap ? [1, channels, 4, 4] : [1, 1, 4, channels]),
    ]),
  );
  const odd = graph.checkerboard ? graphInput(ODD_SITES, [1, 1, 4, 4]) : null;
  const ops = isMap ? exactOps(layers, odd) : exactPositionOps(layers);
  return defineGraph({ [RESULT]: graph.build(ops, (name) => inputs.get(name) as Tensor) });
}

/** Channels of y that every stream codes: all but those of a last group that may be left out. */
export function requiredChannels(network: Network): number {
  const groups = network.coding === "hyperprior" && network.context.kind === "groups" ? network.context.groups : [];
  const last = groups.at(-1);
  return last?.optional === true ? last.start : network.sizes.M;
}

const ANALYSIS = "analysis";
const HYPER_ANALYSIS = "hyper-analysis";
const SYNTHESIS = "synthesis";
/** Opened when it is needed: few pictures need it. */
const SYNTHESIS_OF_ALL = "synthesis-of-all";

/** What a codec is ready for when it opens. The graphs of the other direction are opened when they are first needed. */
export type Preparation = "encode" | "decode" | "both";

/** Graphs that only one direction needs. */
const DIRECTION: ReadonlyMap<string, Preparation> = new Map([
  [ANALYSIS, "encode"],
  [HYPER_ANALYSIS, "encode"],
  [SYNTHESIS, "decode"],
]);

/** One graph of a model. */
export interface ModelGraph {
  /**
   * Built anew whenever it is asked for. Heights and widths are examples, to be left open.
   * @throws {HalfstepError} `bad-weights` if the weights are not those of the model's network
   */
  readonly graph: Graph;
  /** See `OpenGraphOptions`. */
  readonly exact: boolean;
}

/**
 * The graphs of a model by name: "analysis", "synthesis", with a hyper-latent "hyper-analysis" and the exact ones of `entropyGraphs`.
 * The first two have an input "quality" if the network is of variable rate. Where channels of y may be left out, "synthesis" does without them, and
 * "synthesis-of-all" takes them too.
 */
export function modelGraphs(
  model: Model,
  network: Network = createNetwork(model.network),
): ReadonlyMap<string, ModelGraph> {
  const { weights, exact } = model;
  const { M } = model.network;
  const frozen = (): ParameterScope => ParameterScope.frozen(weights);
  const graphs = new Map<string, ModelGraph>();
  const add = (name: string, build: () => Graph, isExact = false): void => {
    graphs.set(name, {
      exact: isExact,
      get graph() {
        return build();
      },
    });
  };
  const quality = network.variableRate ? graphInput(QUALITY, qualityShape(1, network.qualityKnots)) : undefined;
  add(ANALYSIS, () =>
    defineGraph({ y: network.analysis(frozen(), graphInput("image", [1, 3, Z_STRIDE, Z_STRIDE]), quality) }),
  );
  const required = requiredChannels(network);
  const synthesis = (channels: number) =>
    defineGraph({ image: network.synthesis(frozen(), graphInput("y", [1, channels, 4, 4]), quality) });
  add(SYNTHESIS, () => synthesis(required));
  if (required < M) add(SYNTHESIS_OF_ALL, () => synthesis(M));
  if (network.coding === "factorized") return graphs;
  if (exact === null) throw new Error("internal: a model with a hyper-latent has no exact layers");
  add(HYPER_ANALYSIS, () => defineGraph({ z: network.hyperAnalysis(frozen(), graphInput("y", [1, M, 4, 4])) }));
  for (const graph of entropyGraphs(network)) add(graph.name, () => exactGraph(graph, exact), true);
  return graphs;
}

/** Runs the self-test of a model's exact networks. @throws {HalfstepError} `inexact-engine` */
async function selfTest(
  graphs: readonly EntropyGraph[],
  { layers, selfTest: expected }: ExactNetworks,
  runner: NetworkRunner,
): Promise<void> {
  for (const graph of graphs) {
    const isMap = graph.layout === "maps";
    const feeds = Object.fromEntries(
      selfTestInputs(graph, layers).map(({ name, channels, side, data }): [string, FloatArray] => {
        const floats = Float32Array.from(data);
        if (isMap) return [name, { data: floats, shape: [1, channels, side, side] }];
        return [name, { data: transposed(floats, channels), shape: [1, 1, side * side, channels] }];
      }),
    );
    const { data } = await runner.entropy(graph.name, feeds);
    checkSelfTest(graph.name, expected.get(graph.name), isMap ? data : transposed(data, data.length / graph.channels));
  }
}

/** `[rows, columns]` to `[columns, rows]`. */
function transposed(data: Float32Array, rows: number): Float32Array {
  const columns = data.length / rows;
  return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

/**
 * Builds a model's graphs and opens them.
 *
 * The entropy networks are exact: whatever engine and number of threads run them, encoder and decoder get the same numbers. The
 * model's self-test makes sure.
 *
 * @param preparation which graphs are opened at once; default "both"
 * @throws {HalfstepError} `bad-weights` if the weights are not those of the model's network,
 *   `inexact-engine` if the self-test fails.
 */
export async function openNetwork(
  model: Model,
  open: OpenGraph,
  threads: number,
  preparation: Preparation = "both",
): Promise<NetworkRunner> {
  const network = createNetwork(model.network);
  const modelled = modelGraphs(model, network);
  const isLater = (name: string): boolean => {
    const direction = DIRECTION.get(name) ?? preparation;
    return name === SYNTHESIS_OF_ALL || (preparation !== "both" && direction !== preparation);
  };
  const sessions = new Map<string, Session>();
  let isClosed = false;
  const close = async (): Promise<void> => {
    isClosed = true;
    const opened = [...sessions.values()];
    sessions.clear();
    await Promise.all(opened.map((session) => session.close()));
  };
  const openGraph = async (name: string, { graph, exact }: ModelGraph): Promise<Session> => {
    if (isClosed) throw new Error(`internal: the graph "${name}" is asked for after the end`);
    const session = await open(graph, { threads, openImageSize: true, exact });
    sessions.set(name, session);
    return session;
  };
  /** Those that are being opened: calls that come together share one, and one that failed is tried again. */
  const opening = new Map<string, Promise<Session>>();
  const sessionOf = async (name: string): Promise<Session> => {
    const session = sessions.get(name);
    if (session !== undefined) return session;
    const graph = modelled.get(name);
    if (graph === undefined) throw new Error(`internal: this network has no graph "${name}"`);
    const shared = opening.get(name) ?? openGraph(name, graph).finally(() => opening.delete(name));
    opening.set(name, shared);
    return shared;
  };
  const run = async (
    name: string,
    feeds: readonly (readonly [string, FloatArray])[],
    result: string,
  ): Promise<OwnedArray> => {
    const session = await sessionOf(name);
    return arrayOf(await session.run(new Map(feeds)), result);
  };
  const transform = (
    name: string,
    feed: readonly [string, FloatArray],
    quality: FloatArray | undefined,
    result: string,
  ) => run(name, quality === undefined ? [feed] : [feed, [QUALITY, quality]], result);
  const required = requiredChannels(network);
  const graphs = network.coding === "hyperprior" ? entropyGraphs(network) : [];
  const checkerboards = new Set(graphs.filter(({ checkerboard }) => checkerboard).map(({ name }) => name));
  const runner: NetworkRunner = {
    network,
    analysis: (image, quality) => transform(ANALYSIS, ["image", image], quality, "y"),
    hyperAnalysis: (y) => run(HYPER_ANALYSIS, [["y", y]], "z"),
    synthesis: (yHat, quality) =>
      transform(yHat.shape[1] === required ? SYNTHESIS : SYNTHESIS_OF_ALL, ["y", yHat], quality, "image"),
    entropy(name, feeds) {
      const all = Object.entries(feeds);
      if (checkerboards.has(name)) all.push([ODD_SITES, oddSitesLike(feeds.features as FloatArray)]);
      return run(name, all, RESULT);
    },
    open: (graph) => open(graph, { threads }),
    close,
  };
  try {
    for (const [name, graph] of modelled) if (!isLater(name)) await openGraph(name, graph);
    if (model.exact !== null) await selfTest(graphs, model.exact, runner);
    return runner;
  } catch (error) {
    await close();
    throw error;
  }
}
