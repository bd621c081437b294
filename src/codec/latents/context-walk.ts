/**
 * The order in which the elements of a tile of y are coded, and what the densities of each are, given those before it. Encoder and
 * decoder take the same walk: they differ in where the symbols come from.
 *
 * A walk sees the tile alone: beyond its edges, contexts see zeros, so that each tile of a stream can be decoded by itself.
 */

import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import {
  entropyGraphs,
  firstPassName,
  groupName,
  isPointwise,
  residualName,
  summaryName,
} from "../../networks/entropy/index.ts";
import type { CodingGroup, HyperpriorNetwork } from "../../networks/network.ts";
import type { ArrayPool } from "../array-pool.ts";
import type { EntropyFeeds, NetworkRunner } from "../graphs.ts";
import type { ExactNetworks, Model } from "../model/model.ts";
import { KnownLatents, type SiteDensities } from "./known-latents.ts";
import type { CodeElements, ContextWalk, TileCoder } from "./walk.ts";

/** The walk of a model. */
export function contextWalk(
  model: Model,
  network: HyperpriorNetwork,
  runner: NetworkRunner,
  pool: ArrayPool,
): ContextWalk {
  const { context } = network;
  const { M } = model.network;
  if (context.kind === "none") return (features, { code }) => plainWalk(features, code, M, network.predictsMean);
  const { exact } = model;
  if (exact?.latentExponents == null) throw new Error("internal: a model with a context has no steps for its latents");
  const { latentExponents: exponents, corrections } = exact;
  if (context.kind === "serial") {
    // Loaded when it is needed: the shipped models have no serial context.
    return async (features, coder) => {
      const { serialWalk } = await import("./serial-walk.ts");
      return serialWalk(exponents, context.kernel, M, runner)(features, coder);
    };
  }
  const { groups } = context;
  const pointwise = new Set(
    entropyGraphs(network)
      .filter((graph) => isPointwise(graph, network))
      .map(({ name }) => name),
  );
  return (features, coder) => groupWalk(features, coder, { groups, exponents, corrections, pointwise, runner, pool });
}

/** All elements at once: the features are the scales, then the means. */
async function plainWalk(
  { data, shape }: FloatArray,
  code: CodeElements,
  M: number,
  predictsMean: boolean,
): Promise<OwnedArray> {
  const [height, width] = shape.slice(2) as [number, number];
  const count = M * height * width;
  const means = predictsMean ? data.subarray(count, 2 * count) : null;
  const symbols = code(data.subarray(0, count), means, null);
  const yHat = new Float32Array(count);
  for (let i = 0; i < count; i++) yHat[i] = symbols[i]! + (means === null ? 0 : means[i]!);
  return { data: yHat, shape: [1, M, height, width] };
}

interface GroupWalkOptions {
  readonly groups: readonly CodingGroup[];
  /** See {@link KnownLatents}. */
  readonly exponents: Int8Array;
  readonly corrections: ExactNetworks["corrections"];
  /** Names of the graphs each of whose sites depends on no other. */
  readonly pointwise: ReadonlySet<string>;
  readonly runner: NetworkRunner;
  readonly pool: ArrayPool;
}

/** Group after group. */
async function groupWalk(
  features: FloatArray,
  { code, presence }: TileCoder,
  options: GroupWalkOptions,
): Promise<OwnedArray> {
  const { groups, exponents, corrections, pointwise, runner, pool } = options;
  const [height, width] = features.shape.slice(2) as [number, number];
  const required = groups.filter(({ optional }) => optional !== true);
  const [last, final] = [required.at(-1), groups.at(-1)] as [CodingGroup, CodingGroup];
  const known = new KnownLatents(exponents.subarray(0, last.end), height, width, pool);
  for (const [k, { start, end, checkerboard, correction, summary }] of required.entries()) {
    const before = start === 0 ? {} : { before: known.seen(0, start) };
    const summarised = summary === undefined ? null : await runner.entropy(summaryName(k), before);
    const others = summarised === null ? before : { summary: summarised };
    for (const parity of checkerboard ? ([0, 1] as const) : [null]) {
      const sites = known.sites(parity);
      const graph = parity === 0 ? firstPassName(k) : groupName(k);
      const feeds = { features, ...others, ...(parity === 1 ? { current: known.seen(start, end) } : {}) };
      const pass = parity === 0 && pointwise.has(graph) ? theseSites : allSites;
      const densities = await pass({ graph, start, sites, feeds, known, runner, pool });
      const symbols = code(densities.scales, densities.means, densities.places);
      known.place(symbols, densities);
      pool.give(symbols);
      // Nobody looks at what is coded last; optional channels do, and it is revealed when they are there.
      const seen = parity === 0 || correction !== undefined || k + 1 < required.length;
      if (seen) known.reveal(start, end, sites);
    }
    if (summarised !== null) pool.give(summarised.data);
    if (correction === undefined || corrections === null) continue;
    const current = known.seen(start, end);
    const residual = await runner.entropy(residualName(k), { features, ...before, current });
    known.correct(residual.data, start, corrections);
    pool.give(residual.data);
    known.reveal(start, end, known.sites(null));
  }
  const present = final.optional === true ? presence(final.start, final.end) : new Uint8Array(0);
  if (!present.includes(1)) {
    known.forget();
    return { data: known.yHat, shape: [1, last.end, height, width] };
  }
  known.reveal(last.start, last.end, known.sites(null));
  const index = groups.length - 1;
  const yHat = await optionalWalk({ features, known, present, group: final, index, code, runner, pool });
  known.forget();
  pool.give(known.yHat);
  return yHat;
}

interface PassOptions {
  readonly graph: string;
  /** The first channel of the group. */
  readonly start: number;
  /** Those that are coded in this pass. */
  readonly sites: Int32Array;
  readonly feeds: EntropyFeeds;
  readonly known: KnownLatents;
  readonly runner: NetworkRunner;
  readonly pool: ArrayPool;
}

/** Densities by a graph that computes all sites of a map. */
async function allSites({ graph, start, sites, feeds, known, runner, pool }: PassOptions): Promise<SiteDensities> {
  const { data } = await runner.entropy(graph, feeds);
  const densities = known.densities(data, start, sites);
  pool.give(data);
  return densities;
}

/** Densities by a graph each of whose sites depends on no other: it computes those that are coded, and no others. */
async function theseSites({ graph, start, sites, feeds, known, runner, pool }: PassOptions): Promise<SiteDensities> {
  const gathered = Object.entries(feeds).map(([name, map]) => [name, known.gather(map, sites)] as const);
  const { data } = await runner.entropy(graph, Object.fromEntries(gathered));
  for (const [, map] of gathered) pool.give(map.data);
  const densities = known.densitiesOfSites(data, start, sites);
  pool.give(data);
  return densities;
}

interface OptionalWalkOptions {
  readonly features: FloatArray;
  /** All channels before the group, revealed. */
  readonly known: KnownLatents;
  /** Which channels of the group are there. */
  readonly present: Uint8Array;
  readonly group: CodingGroup;
  readonly index: number;
  readonly code: CodeElements;
  readonly runner: NetworkRunner;
  readonly pool: ArrayPool;
}

/** The channels of an optional group that are there; the others are 0. */
async function optionalWalk(options: OptionalWalkOptions): Promise<OwnedArray> {
  const { features, known, present, group, index, code, runner, pool } = options;
  const [height, width] = features.shape.slice(2) as [number, number];
  const area = height * width;
  const { start, end, summary } = group;
  const before = { before: known.seen(0, start) };
  const summarised = summary === undefined ? null : await runner.entropy(summaryName(index), before);
  const others = summarised === null ? before : { summary: summarised };
  const { data } = await runner.entropy(groupName(index), { features, ...others });
  if (summarised !== null) pool.give(summarised.data);
  const channels = [...present.keys()].filter((channel) => present[channel] === 1);
  const count = channels.length * area;
  const [scales, means, places] = [pool.floats(count), pool.floats(count), pool.integers(count)];
  for (const [i, channel] of channels.entries()) {
    scales.set(data.subarray(channel * area, (channel + 1) * area), i * area);
    means.set(data.subarray((end - start + channel) * area, (end - start + channel + 1) * area), i * area);
    for (let k = 0; k < area; k++) places[i * area + k] = (start + channel) * area + k;
  }
  pool.give(data);
  const symbols = code(scales, means, places);
  const yHat = pool.floats(end * area);
  yHat.set(known.yHat);
  yHat.fill(0, known.yHat.length);
  for (let i = 0; i < symbols.length; i++) {
    yHat[places[i]!] = symbols[i]! + means[i]!;
  }
  for (const array of [scales, means, places, symbols]) pool.give(array);
  return { data: yHat, shape: [1, end, height, width] };
}
