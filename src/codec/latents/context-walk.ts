/**
 * The order in which the elements of a tile of y are coded, and what the densities of each are, given those before it. Encoder and
 * decoder take the same walk: they differ in where the symbols come from.
 *
 * A walk sees the tile alone: beyond its edges, contexts see zeros, so that each tile of a stream can be decoded by itself.
 */

import { firstPassName, groupName, residualName, summaryName } from "../../networks/entropy/index.ts";
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

/** Places of a map `[height, width]` whose row + column is even (0) or odd (1), in order; all of them for null. */
function sitesOf(height: number, width: number, parity: 0 | 1 | null): Int32Array {
  const area = height * width;
  const sites = new Int32Array(parity === null ? area : (area + 1 - parity) >> 1);
  for (let row = 0, i = 0; row < height; row++) {
    const start = parity === null ? 0 : (row + parity) & 1;
    for (let column = start; column < width; column += parity === null ? 1 : 2) sites[i++] = row * width + column;
  }
  return sites;
}

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
  const powers = Float64Array.from(latentExponents ?? [], (exponent) => 2 ** exponent);
  /** Levels of some sites of channels from..to - 1. Sites that have not been coded are 0 to the networks, as they are in y^. */
  const setLevels = (from: number, to: number, sites: Int32Array): void => {
    for (let channel = from; channel < to; channel++) {
      const power = powers[channel] as number;
      for (let i = 0; i < sites.length; i++) {
        const place = channel * area + (sites[i] as number);
        levels[place] = Math.floor((yHat[place] as number) * power + 0.5);
      }
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
      const { data } = await runner.entropy(parity === 0 ? firstPassName(k) : groupName(k), {
        features,
        ...known,
        ...(parity === 1 ? { current: part(start, end) } : {}),
      });
      const sites = sitesOf(height, width, parity);
      const coded = (end - start) * sites.length;
      const [scales, means] = [new Float32Array(coded), new Float32Array(coded)];
      const places = new Int32Array(coded);
      for (let offset = 0, to = 0; offset < count; offset += area) {
        for (let i = 0; i < sites.length; i++, to++) {
          const from = offset + (sites[i] as number);
          scales[to] = data[from] as number;
          means[to] = data[count + from] as number;
          places[to] = first + from;
        }
      }
      const symbols = code(scales, means, places);
      for (let i = 0; i < coded; i++) yHat[places[i] as number] = (symbols[i] as number) + (means[i] as number);
      // Nobody looks at the levels of what is coded last.
      const seen = parity === 0 || correction !== undefined || k + 1 < groups.length;
      if (seen) setLevels(start, end, sites);
    }
    if (correction === undefined || corrections === null) continue;
    const residual = await runner.entropy(residualName(k), { features, ...before, current: part(start, end) });
    for (let i = first; i < last; i++) {
      yHat[i] = (yHat[i] as number) + correctionOf(corrections, residual.data[i - first] as number);
    }
    setLevels(start, end, sitesOf(height, width, null));
  }
  return { data: yHat, shape: [1, M, height, width] };
}
