/**
 * Weights of a network from those of a smaller one, so that growing does not begin anew. What both have keeps its values. What is new
 * says nothing yet, so that the larger network computes what the smaller did: new channels of y are 0 and are expected to be 0. The
 * synthesis already knows what it would make of them, and that is how they learn to say what the others leave out.
 */
import type { FloatArray } from "../engine/index.ts";

type Tensors = ReadonlyMap<string, FloatArray>;

/** Tensors of this many axes are tables by quality; others belong to layers. */
const TABLE_AXES = 2;

/** Layers that speak for new channels of y, drawn as what they would say without the others. */
const SPEAKS = /(^|\.)ga\.bypass\./;

/** Layers that know what new channels of y make: where they grow, what is new is drawn. */
const KNOWS = /(^|\.)gs\.bypass\./;

/** Layers whose output channels are two lists one after the other, logarithms of scales and means, each of which grows at its end. */
const TWO_LISTS = /(^|\.)(context\d+\.conv1|hs\.out)\.(weight|bias)$/;

/** Weights whose shapes tell the widths that cannot grow, N and `wide`. */
const WIDTHS = /(^|\.)ga\.(in|down)\.weight$/;

/** What the logarithms of new scales are: zeros cost 0.04 bits, against 1.4 at a scale of 1, and what is not zero can still be learned. */
const NEW_LOG_SCALE = -1.5;

/** Strides of a row-major shape. */
function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}

/** Where position `at` of an axis of length `large` was when the length was `small`; undefined where it was not. */
function oldPosition(at: number, large: number, small: number, lists: number): number | undefined {
  const [now, before] = [large / lists, small / lists];
  const within = at % now;
  return within < before ? Math.floor(at / now) * before + within : undefined;
}

function growTensor(name: string, fresh: FloatArray, small: FloatArray): FloatArray {
  const data = new Float32Array(fresh.data.length);
  const [to, from] = [stridesOf(fresh.shape), stridesOf(small.shape)];
  const lists = fresh.shape.map((_, axis) => (axis === 0 && TWO_LISTS.test(name) ? 2 : 1));
  for (let i = 0; i < data.length; i++) {
    let place: number | undefined = 0;
    const isScale = TWO_LISTS.test(name) && 2 * i < data.length;
    for (const [axis, large] of fresh.shape.entries()) {
      const at = Math.floor(i / (to[axis] as number)) % large;
      const old = oldPosition(at, large, small.shape[axis] as number, lists[axis] as number);
      place = old === undefined || place === undefined ? undefined : place + old * (from[axis] as number);
    }
    if (place !== undefined) data[i] = small.data[place] as number;
    else if (isScale && fresh.shape.length === 1) data[i] = NEW_LOG_SCALE;
    else if (fresh.shape.length === TABLE_AXES || KNOWS.test(name)) data[i] = fresh.data[i] as number;
  }
  return { shape: fresh.shape, data };
}

/** A tensor's slices along an axis in the order of `places`, zeros for null. */
function pick({ shape, data }: FloatArray, axis: 0 | 1, places: readonly (number | null)[]): FloatArray {
  const [outer, length] = [axis === 0 ? 1 : (shape[0] as number), shape[axis] as number];
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
 * The context of all channels of y (`structure.steps` 2) as contexts of two groups (4), where the fresh network has two: each keeps what it
 * knew of its own channels. What the second will hear of the first is 0 as yet.
 */
function asTwoGroups(fresh: Tensors, small: Tensors): Tensors {
  const [spatial, conv0] = [small.get("context0.spatial.weight"), small.get("context0.conv0.weight")];
  const [first, summary] = [fresh.get("context0.spatial.weight"), fresh.get("context1.before.bias")];
  if (spatial === undefined || conv0 === undefined || first === undefined || summary === undefined) return small;
  if (small.has("context1.spatial.weight")) return small;
  const [wide, all] = spatial.shape as readonly [number, number];
  const border = first.shape[1] as number;
  const silence = Array.from({ length: summary.shape[0] as number }, () => null);
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
  const inputs = [...range(0, wide), ...silence, ...range(wide, conv0.shape[1] as number)];
  split.set("context1.conv0.weight", pick(conv0, 1, inputs));
  return split;
}

const silent = ({ shape, data }: FloatArray): FloatArray => ({ shape, data: new Float32Array(data.length) });

/** Whether a tensor of shape `small` can become one of shape `large`. */
function growsTo(small: readonly number[], large: readonly number[]): boolean {
  return small.length === large.length && small.every((size, axis) => size <= (large[axis] as number));
}

/**
 * Weights for the network that `fresh` was drawn for.
 *
 * For more channels of y by way of a bypass, more blocks, and a context of two groups in place of one. Wider inner layers (N, `wide`) would gain
 * nothing: their new channels would be 0 and reach nobody, and stay so.
 *
 * @param fresh freshly drawn weights by name
 * @param small those of the smaller network; names that `fresh` lacks are passed over
 * @returns the names of `fresh`, except those whose tensor in `small` is larger along an axis, and the first layers where `small` is
 * of other inner widths or of another kind
 */
export function growWeights(fresh: Tensors, small: Tensors): Map<string, FloatArray> {
  const grown = new Map<string, FloatArray>();
  const given = asTwoGroups(fresh, small);
  for (const [name, tensor] of fresh) {
    const before = given.get(name);
    if (WIDTHS.test(name) && before?.shape.join() !== tensor.shape.join()) continue;
    if (before === undefined) grown.set(name, SPEAKS.test(name) ? silent(tensor) : tensor);
    else if (growsTo(before.shape, tensor.shape)) grown.set(name, growTensor(name, tensor, before));
  }
  return grown;
}
