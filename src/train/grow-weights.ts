/**
 * Weights of a network from those of a smaller one, so that growing does not begin anew. What both have keeps its values. What is new
 * says nothing yet, so that the larger network computes what the smaller did: new channels of y are 0 and are expected to be 0. The
 * synthesis already knows what it would make of them, and that is how they learn to say what the others leave out.
 */
import type { FloatArray } from "../engine/index.ts";
import type { GrowthRules, Weights } from "../networks/architecture.ts";

/** Weights of this many axes are tables by quality; others belong to layers. */
const TABLE_AXES = 2;

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

function growTensor(name: string, fresh: FloatArray, small: FloatArray, rules: GrowthRules): FloatArray {
  const hasTwoLists = rules.hasTwoLists(name);
  const data = new Float32Array(fresh.data.length);
  const [to, from] = [stridesOf(fresh.shape), stridesOf(small.shape)];
  const lists = fresh.shape.map((_, axis) => (axis === 0 && hasTwoLists ? 2 : 1));
  for (let i = 0; i < data.length; i++) {
    let place: number | undefined = 0;
    const isScale = hasTwoLists && 2 * i < data.length;
    for (const [axis, large] of fresh.shape.entries()) {
      const at = Math.floor(i / (to[axis] as number)) % large;
      const old = oldPosition(at, large, small.shape[axis] as number, lists[axis] as number);
      place = old === undefined || place === undefined ? undefined : place + old * (from[axis] as number);
    }
    if (place !== undefined) data[i] = small.data[place] as number;
    else if (isScale && fresh.shape.length === 1) data[i] = rules.newLogScale;
    else if (fresh.shape.length === TABLE_AXES || rules.isDrawn(name)) data[i] = fresh.data[i] as number;
  }
  return { shape: fresh.shape, data };
}

const silent = ({ shape, data }: FloatArray): FloatArray => ({ shape, data: new Float32Array(data.length) });

/** Whether a tensor of shape `small` can become one of shape `large`. */
function growsTo(small: readonly number[], large: readonly number[]): boolean {
  return small.length === large.length && small.every((size, axis) => size <= (large[axis] as number));
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
    if (before === undefined) grown.set(name, rules.isSilent(name) ? silent(tensor) : tensor);
    else if (growsTo(before.shape, tensor.shape)) grown.set(name, growTensor(name, tensor, before, rules));
  }
  return grown;
}
