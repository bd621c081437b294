/**
 * Weights of a network from those of a smaller one, so that growing does not begin anew. Weights that both have keep their values. New
 * parts have no effect at first, so the larger network computes what the smaller one did: new channels of y are 0 and are expected to be
 * 0. But the synthesis has weights for them from the beginning. So they have a gradient, and learn what the other channels leave out.
 */
import type { FloatArray } from "../engine/index.ts";
import type { GrowthRules, Weights } from "../networks/architecture.ts";

/** Weights of this many axes are tables by quality; others belong to layers. */
const TABLE_AXES = 2;

/** Strides of a row-major shape. */
function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  }
  return strides;
}

/** Where position `at` of an axis of length `large` was when the length was `small`; undefined where it was not. */
function oldPosition(at: number, large: number, small: number, lists: number): number | undefined {
  const [now, before] = [large / lists, small / lists];
  const within = at % now;
  return within < before ? Math.floor(at / now) * before + within : undefined;
}

/** Densities of new channels in a group of their own: expected to be 0. */
function silentDensities({ shape, data }: FloatArray, logScale: number): FloatArray {
  const isBias = shape.length === 1;
  return { shape, data: data.map((_, i) => (isBias && 2 * i < data.length ? logScale : 0)) };
}

/**
 * A table by quality with more knots. They go on where the known ones end: what training changed at the last of these is changed
 * in those beyond as well.
 */
function growTable(fresh: FloatArray, grown: FloatArray, small: FloatArray): FloatArray {
  const [knots, channels] = fresh.shape as readonly [number, number];
  const [knownKnots, knownChannels] = small.shape as readonly [number, number];
  const data = grown.data.slice();
  const last = (knownKnots - 1) * channels;
  for (let knot = knownKnots; knot < knots; knot++) {
    for (let channel = 0; channel < knownChannels; channel++) {
      const i = knot * channels + channel;
      const [start, startOfLast] = [fresh.data[i]!, fresh.data[last + channel]!];
      data[i] = grown.data[last + channel]! + start - startOfLast;
    }
  }
  return { shape: fresh.shape, data };
}

function growTensor(name: string, fresh: FloatArray, small: FloatArray, rules: GrowthRules): FloatArray {
  const hasTwoLists = rules.hasTwoLists(name);
  const data = new Float32Array(fresh.data.length);
  const [to, from] = [stridesOf(fresh.shape), stridesOf(small.shape)];
  const lists = fresh.shape.map((_, axis) => (axis === 0 && hasTwoLists ? 2 : 1));
  for (let i = 0; i < data.length; i++) {
    let place: number | undefined = 0;
    const isScale = hasTwoLists && 2 * i < data.length;
    for (const [axis, large] of fresh.shape.entries()) {
      const at = Math.floor(i / to[axis]!) % large;
      const old = oldPosition(at, large, small.shape[axis]!, lists[axis]!);
      place = old === undefined || place === undefined ? undefined : place + old * from[axis]!;
    }
    if (place !== undefined) data[i] = small.data[place]!;
    else if (isScale && fresh.shape.length === 1) data[i] = rules.newLogScale;
    else if (fresh.shape.length === TABLE_AXES || rules.isDrawn(name)) data[i] = fresh.data[i]!;
  }
  return { shape: fresh.shape, data };
}

const silent = ({ shape, data }: FloatArray): FloatArray => ({ shape, data: new Float32Array(data.length) });

/** The initial values of a tensor that the smaller network does not have. */
function drawnAlone(name: string, fresh: FloatArray, rules: GrowthRules): FloatArray {
  if (rules.isSilent(name)) return silent(fresh);
  return rules.hasTwoLists(name) ? silentDensities(fresh, rules.newLogScale) : fresh;
}

/** Whether a tensor of shape `small` can become one of shape `large`. */
function growsTo(small: readonly number[], large: readonly number[]): boolean {
  return small.length === large.length && small.every((size, axis) => size <= large[axis]!);
}

/**
 * Weights for the network that `fresh` was drawn for.
 *
 * Widths that are fixed by the rules would gain nothing from growing: their new channels would be 0 and reach nobody, and stay so.
 *
 * @param fresh freshly drawn weights by name
 * @param small those of the smaller network; names that `fresh` lacks are passed over
 * @param rules those of the architecture
 * @returns the names of `fresh`, except those whose tensor in `small` is larger along an axis, and the first layers where `small` is
 * of other inner widths or of another kind
 */
export function growWeights(fresh: Weights, small: Weights, rules: GrowthRules): Map<string, FloatArray> {
  const grown = new Map<string, FloatArray>();
  const given = rules.rearrange(fresh, small);
  for (const [name, tensor] of fresh) {
    const before = given.get(name);
    if (rules.isFixed(name) && before?.shape.join() !== tensor.shape.join()) continue;
    if (before === undefined) grown.set(name, drawnAlone(name, tensor, rules));
    else if (growsTo(before.shape, tensor.shape)) {
      const larger = growTensor(name, tensor, before, rules);
      grown.set(name, tensor.shape.length === TABLE_AXES ? growTable(tensor, larger, before) : larger);
    }
  }
  return grown;
}
