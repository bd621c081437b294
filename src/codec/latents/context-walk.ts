/**
 * The order in which the elements of a tile of y are coded, and what the densities of each are, given those before it. Encoder and
 * decoder take the same walk: they differ in where the symbols come from.
 *
 * A walk sees the tile alone: beyond its edges, contexts see zeros, so that each tile of a stream can be decoded by itself.
 */

import { groupName, residualName, summaryName } from "../../networks/entropy/index.ts";
import type { CodingGroup, HyperpriorNetwork } from "../../networks/network.ts";
import { correctionOf } from "../exact/correction.ts";
import type { FloatArray, NetworkRunner } from "../graphs.ts";
import type { ExactNetworks, Model } from "../model/model.ts";
import { serialWalk } from "./serial-walk.ts";
import type { CodeElements, ContextWalk } from "./walk.ts";

/** The walk of a model. */
export function contextWalk(model: Model, network: HyperpriorNetwork, runner: NetworkRunner): ContextWalk {
  const { context } = network;
  const { M } = model.network;
  if (context.kind === "none") return (features, code) => plainWalk(features, code, M, network.predictsMean);
  const { exact } = model;
  if (exact?.latentExponents == null) throw new Error("internal: a model with a context has no steps for its latents");
  if (context.kind === "serial") return serialWalk(exact.latentExponents, context.kernel, M, runner);
  return (features, code) => groupWalk(features, code, M, { groups: context.groups, exact, runner });
}

/** All elements at once: the features are the scales, then the means. */
async function plainWalk(
  { data, shape }: FloatArray,
  code: CodeElements,
  M: number,
  predictsMean: boolean,
): Promise<FloatArray> {
  const [height, width] = shape.slice(2) as [number, number];
  const count = M * height * width;
  const means = predictsMean ? data.subarray(count, 2 * count) : null;
  const symbols = code(data.subarray(0, count), means, null);
  const yHat = new Float32Array(count);
  for (let i = 0; i < count; i++) yHat[i] = (symbols[i] as number) + (means === null ? 0 : (means[i] as number));
  return { data: yHat, shape: [1, M, height, width] };
}

/** Places of a map `[channels, height, width]` whose row + column is even (0) or odd (1), in order. */
function sitesOf(channels: number, height: number, width: number, parity: 0 | 1): Int32Array {
  const area = height * width;
  const places: number[] = [];
  for (let i = 0; i < channels * area; i++) {
    const inPlane = i % area;
    if (((Math.floor(inPlane / width) + (inPlane % width)) & 1) === parity) places.push(i);
  }
  return Int32Array.from(places);
}

const gathered = (data: Float32Array, places: Int32Array): Float32Array =>
  Float32Array.from(places, (place) => data[place] as number);

interface GroupWalkOptions {
  readonly groups: readonly CodingGroup[];
  readonly exact: ExactNetworks;
  readonly runner: NetworkRunner;
}

/** Group after group. */
async function groupWalk(
  features: FloatArray,
  code: CodeElements,
  M: number,
  { groups, exact: { latentExponents, corrections }, runner }: GroupWalkOptions,
): Promise<FloatArray> {
  const [height, width] = features.shape.slice(2) as [number, number];
  const area = height * width;
  const yHat = new Float32Array(M * area);
  /** y^ as the networks see it; 0 where it is not known yet. */
  const levels = new Float32Array(M * area);
  const setLevels = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const exponent = latentExponents?.[Math.floor(i / area)] as number;
      levels[i] = Math.floor((yHat[i] as number) * 2 ** exponent + 0.5);
    }
  };
  for (const [k, { start, end, checkerboard, correction, summary }] of groups.entries()) {
    const [first, last] = [start * area, end * area];
    const count = last - first;
    const part = (from: number, to: number): FloatArray => ({
      data: levels.subarray(from * area, to * area),
      shape: [1, to - from, height, width],
    });
    const before = start === 0 ? {} : { before: part(0, start) };
    const known = summary === undefined ? before : { summary: await runner.entropy(summaryName(k), before) };
    for (const parity of checkerboard ? ([0, 1] as const) : [null]) {
      const { data } = await runner.entropy(groupName(k), {
        features,
        ...known,
        ...(checkerboard ? { current: part(start, end) } : {}),
      });
      const sites = parity === null ? null : sitesOf(end - start, height, width, parity);
      const [allScales, allMeans] = [data.subarray(0, count), data.subarray(count, 2 * count)];
      const scales = sites === null ? allScales : gathered(allScales, sites);
      const means = sites === null ? allMeans : gathered(allMeans, sites);
      const places = Int32Array.from(scales, (_, i) => first + (sites === null ? i : (sites[i] as number)));
      const symbols = code(scales, means, places);
      for (let i = 0; i < places.length; i++) {
        yHat[places[i] as number] = (symbols[i] as number) + (means[i] as number);
      }
      setLevels(first, last);
      // Sites of the second pass have not been coded: to the networks they are 0, which they are in y^ too.
    }
    if (correction === undefined || corrections === null) continue;
    const residual = await runner.entropy(residualName(k), { features, ...before, current: part(start, end) });
    for (let i = first; i < last; i++) {
      yHat[i] = (yHat[i] as number) + correctionOf(corrections, residual.data[i - first] as number);
    }
    setLevels(first, last);
  }
  return { data: yHat, shape: [1, M, height, width] };
}
