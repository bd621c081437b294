/** How weights of a small `halfstep` become weights of a larger one: more channels of y, more blocks, and contexts of two groups in place of one. */
import type { FloatArray } from "../../engine/index.ts";
import type { GrowthRules, Weights } from "../architecture.ts";

/** Layers that make new channels of y. They are drawn as if they were alone. */
const SPEAKS = /(^|\.)ga\.bypass\./;

/** Layers that use new channels of y. */
const KNOWS = /(^|\.)gs\.bypass\./;

/** Layers of scales and means. */
const TWO_LISTS = /(^|\.)(context\d+\.conv1|hs\.out)\.(weight|bias)$/;

/** N and `wide` cannot grow. */
const WIDTHS = /(^|\.)ga\.(in|down)\.weight$/;

/** A tensor's slices along an axis in the order of `places`, zeros for null. */
function pick({ shape, data }: FloatArray, axis: 0 | 1, places: readonly (number | null)[]): FloatArray {
  const [outer, length] = [axis === 0 ? 1 : shape[0]!, shape[axis]!];
  const inner = data.length / outer / length;
  const picked = new Float32Array(outer * places.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [i, place] of places.entries()) {
      if (place === null) continue;
      const from = (o * length + place) * inner;
      picked.set(data.subarray(from, from + inner), (o * places.length + i) * inner);
    }
  }
  return { shape: shape.map((size, i) => (i === axis ? places.length : size)), data: picked };
}

const range = (start: number, end: number): readonly number[] =>
  Array.from({ length: end - start }, (_, i) => start + i);

/**
 * Makes contexts of two groups (`structure.steps` 4) of the one context of all channels of y (2), if the fresh network has two. Each keeps what the old
 * one knew of its channels. The second does not see the first yet: those weights are 0.
 */
function asTwoGroups(fresh: Weights, small: Weights): Weights {
  const [spatial, conv0] = [small.get("context0.spatial.weight"), small.get("context0.conv0.weight")];
  const [first, summary] = [fresh.get("context0.spatial.weight"), fresh.get("context1.before.bias")];
  if (spatial === undefined || conv0 === undefined || first === undefined || summary === undefined) return small;
  if (small.has("context1.spatial.weight")) return small;
  const [wide, all] = spatial.shape as readonly [number, number];
  const border = first.shape[1]!;
  const silence = Array.from({ length: summary.shape[0]! }, () => null);
  const split = new Map(small);
  for (const [k, own] of [range(0, border), range(border, all)].entries()) {
    const both = [...own, ...own.map((channel) => all + channel)];
    for (const part of ["weight", "bias"] as const) {
      split.set(`context${k}.conv1.${part}`, pick(small.get(`context0.conv1.${part}`) as FloatArray, 0, both));
      split.set(`context${k}.conv0.${part}`, small.get(`context0.conv0.${part}`) as FloatArray);
    }
    split.set(`context${k}.spatial.weight`, pick(spatial, 1, own));
    split.set(`context${k}.spatial.bias`, small.get("context0.spatial.bias") as FloatArray);
  }
  const inputs = [...range(0, wide), ...silence, ...range(wide, conv0.shape[1]!)];
  split.set("context1.conv0.weight", pick(conv0, 1, inputs));
  return split;
}

/** The rules. */
export const growth: GrowthRules = {
  isFixed: (name) => WIDTHS.test(name),
  isSilent: (name) => SPEAKS.test(name),
  isDrawn: (name) => KNOWS.test(name),
  hasTwoLists: (name) => TWO_LISTS.test(name),
  // At this scale a zero costs 0.04 bits (1.4 bits at a scale of 1), and other values can still be learned.
  newLogScale: -1.5,
  rearrange: asTwoGroups,
};
