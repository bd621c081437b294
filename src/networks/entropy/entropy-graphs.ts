/**
 * The entropy networks of a network as the graphs that a codec runs one after the other, with the entropy coder between them.
 * The same list serves building, calibration, proof, tests and codecs.
 */
import type { HyperpriorNetwork } from "../network.ts";
import { type EntropyLayer, type EntropyOps, tapMask } from "./entropy-ops.ts";

/** A map that goes into a graph. */
export interface EntropyInput {
  /**
   * "z": the hyper-latent. "features": what the hyper-synthesis gives. "before": channels of y^ that are decoded. "summary": of these, what
   * the group's summary says. "current": the group's own y^ as far as it is known. "neighbours": for one position, y^ at the taps
   * of the causal kernel.
   */
  readonly name: "z" | "features" | "before" | "summary" | "current" | "neighbours";
  readonly channels: number;
}

/** One graph. Its one result is called "result". */
export interface EntropyGraph {
  /** "hyper-synthesis", "summary1", "first0", "group0", "residual0" or "position". */
  readonly name: string;
  /** "maps": inputs are `[1, channels, h, w]`. "positions": `[1, 1, positions, channels]`. */
  readonly layout: "maps" | "positions";
  readonly inputs: readonly EntropyInput[];
  /** Channels of the result. */
  readonly channels: number;
  /** Whether it asks for odd sites. */
  readonly checkerboard: boolean;
  /** Whether its layers are those of the graph after it, which it computes without `current`. */
  readonly isFirstPass: boolean;
  /** Computes the result from the inputs by name. */
  build<T>(ops: EntropyOps<T>, input: (name: EntropyInput["name"]) => T): T;
}

/** Name of the result of every graph. */
export const RESULT = "result";

/** Taps of a causal kernel, as offsets in rows and columns, in row-major order. */
export function causalTaps(
  kernel: number,
): readonly { readonly tap: number; readonly row: number; readonly column: number }[] {
  const reach = kernel >> 1;
  return [...tapMask(kernel, "causal")]
    .map((visible, tap) => ({ visible, tap, row: Math.floor(tap / kernel) - reach, column: (tap % kernel) - reach }))
    .filter(({ visible }) => visible === 1)
    .map(({ tap, row, column }) => ({ tap, row, column }));
}

/** Name of the graph that gives the summary of what is before a group. */
export const summaryName = (group: number): string => `summary${group}`;
/** Name of the graph that gives the parameters of a group. */
export const groupName = (group: number): string => `group${group}`;
/** Name of the graph that gives the parameters of a checkerboard group while nothing of it is known: those of its even sites count. */
export const firstPassName = (group: number): string => `first${group}`;
/** Name of the graph that gives the residual of a group. */
export const residualName = (group: number): string => `residual${group}`;

/** The graphs of a network; the hyper-synthesis is the first. */
export function entropyGraphs(network: HyperpriorNetwork): readonly EntropyGraph[] {
  const { context, featureChannels, zChannels, sizes } = network;
  const features: EntropyInput = { name: "features", channels: featureChannels };
  const graphs: EntropyGraph[] = [
    {
      name: "hyper-synthesis",
      layout: "maps",
      inputs: [{ name: "z", channels: zChannels }],
      channels: featureChannels,
      checkerboard: false,
      isFirstPass: false,
      build: (ops, input) => network.hyperSynthesis(ops, input("z")),
    },
  ];
  if (context.kind === "serial") {
    graphs.push({
      name: "position",
      layout: "positions",
      inputs: [features, { name: "neighbours", channels: causalTaps(context.kernel).length * sizes.M }],
      channels: 2 * sizes.M,
      checkerboard: false,
      isFirstPass: false,
      build: (ops, input) => context.parameters(ops, input("features"), input("neighbours")),
    });
  }
  for (const [i, group] of (context.kind === "groups" ? context.groups : []).entries()) {
    const { start, end, checkerboard, summary } = group;
    const before: readonly EntropyInput[] = start === 0 ? [] : [{ name: "before", channels: start }];
    const current: EntropyInput = { name: "current", channels: end - start };
    if (summary !== undefined) {
      graphs.push({
        name: summaryName(i),
        layout: "maps",
        inputs: before,
        channels: summary.channels,
        checkerboard: false,
        isFirstPass: false,
        build: (ops, input) => summary.build(ops, input("before")),
      });
    }
    const known = summary === undefined ? before : [{ name: "summary", channels: summary.channels } as const];
    const parameters = (name: string, withCurrent: boolean): EntropyGraph => ({
      name,
      layout: "maps",
      inputs: [features, ...known, ...(withCurrent ? [current] : [])],
      channels: 2 * (end - start),
      checkerboard: withCurrent,
      isFirstPass: checkerboard && !withCurrent,
      build: (ops, input) =>
        group.parameters(
          ops,
          input("features"),
          start === 0 ? null : input(summary === undefined ? "before" : "summary"),
          withCurrent ? input("current") : null,
        ),
    });
    if (checkerboard) graphs.push(parameters(firstPassName(i), false));
    graphs.push(parameters(groupName(i), checkerboard));
    if (group.correction === undefined) continue;
    const correction = group.correction.bind(group);
    graphs.push({
      name: residualName(i),
      layout: "maps",
      inputs: [features, ...before, current],
      channels: end - start,
      checkerboard: false,
      isFirstPass: false,
      build: (ops, input) => correction(ops, input("features"), start === 0 ? null : input("before"), input("current")),
    });
  }
  return graphs;
}

/** Whether a group of the network corrects its latents. A codec needs a table for that. */
export function correctsLatents({ context }: HyperpriorNetwork): boolean {
  return context.kind === "groups" && context.groups.some(({ correction }) => correction !== undefined);
}

/** A layer and its surroundings. */
export interface PlacedLayer {
  readonly layer: EntropyLayer;
  readonly inputChannels: number;
  /** "levels": further layers take its result; "real": scales, means and residuals. */
  readonly result: "levels" | "real";
}

/** All layers of a network's entropy networks by name, in the order in which they are computed. */
export function entropyLayers(network: HyperpriorNetwork): ReadonlyMap<string, PlacedLayer> {
  return new Map(entropyGraphs(network).flatMap((graph) => [...layersOf(graph, network)]));
}

/** Whether each site of a graph's result depends on the same site of its inputs alone, so that some sites can be computed without the others. */
export function isPointwise(graph: EntropyGraph, network: HyperpriorNetwork): boolean {
  return [...layersOf(graph, network).values()].every(
    ({ layer }) => layer.kind === "conv" && layer.kernel === 1 && (layer.stride ?? 1) === 1,
  );
}

/** The layers of one graph. */
function layersOf({ inputs, build }: EntropyGraph, network: HyperpriorNetwork): ReadonlyMap<string, PlacedLayer> {
  const found = new Map<string, PlacedLayer>();
  const place =
    (result: PlacedLayer["result"]) =>
    (inputChannels: number, layer: EntropyLayer): number => {
      found.set(layer.name, { layer, inputChannels, result });
      return layer.channels;
    };
  const ops: EntropyOps<number> = {
    layer: place("levels"),
    output: place("real"),
    concat: (widths) => widths.reduce((sum, width) => sum + width, 0),
    slice: (_, start, end) => end - start,
    atOddSites: (width) => width,
    zeros: (_, channels) => channels,
  };
  // A causal layer sees its neighbours at once only where positions are computed; as a layer it has the channels of y.
  const widths = new Map(
    inputs.map(({ name, channels }) => [name, name === "neighbours" ? network.sizes.M : channels]),
  );
  build(ops, (name) => widths.get(name) as number);
  return found;
}
