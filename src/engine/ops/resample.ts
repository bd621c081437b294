/**
 * Blocks of pixels to channels and back, each the inverse and the adjoint of the other. The one channel order: the pixel at
 * (dy, dx) of a block, in channel c, is channel `c * block * block + dy * block + dx`. That is ONNX DepthToSpace in mode
 * CRD; ONNX SpaceToDepth has the other order, so that its channels are gathered into this one.
 */
import { formatShape, type Shape } from "../graph/shape.ts";
import { applyOp, at, inputOf, type Op, type Tensor } from "../graph/tensor.ts";
import { gather } from "./reshape.ts";

interface BlockAttributes {
  /** Height and width of a block. */
  readonly block: number;
}

function imageShape(where: string, shape: Shape, block: number): readonly [number, number, number, number] {
  if (shape.length !== 4) throw new RangeError(`${where}: got shape ${formatShape(shape)}, expected four axes`);
  if (!Number.isInteger(block) || block < 1) {
    throw new RangeError(`${where}: got block ${block}, expected a positive integer`);
  }
  return shape as unknown as readonly [number, number, number, number];
}

/** Both directions permute `[n, c, dy, dx, h, w]` and `[n, c, h, dy, w, dx]`. */
export const spaceToDepthOp: Op<BlockAttributes> = {
  name: "space-to-depth",
  shape: (inputs, { block }) => {
    const [n, c, h, w] = imageShape("spaceToDepth", at(inputs, 0), block);
    if (h % block !== 0 || w % block !== 0) {
      throw new RangeError(
        `spaceToDepth: got an image of ${h}x${w}, expected sides divisible by the block ${block}; pad it first`,
      );
    }
    return [n, c * block * block, h / block, w / block];
  },
  gradient: (node, g) => [depthToSpace(g, node.attributes.block)],
  lower: (emit, inputs, node) => {
    const { block } = node.attributes;
    const channels = at(inputOf(node, 0).shape, 1);
    const blocks = emit.node("SpaceToDepth", inputs, { blocksize: block });
    if (channels === 1 || block === 1) return blocks;
    const area = block * block;
    const order = Array.from({ length: channels * area }, (_, i) => (i % area) * channels + Math.floor(i / area));
    return emit.node("Gather", [blocks, emit.integers(order)], { axis: 1 });
  },
  reference: (inputs, { block }) => {
    const { data, shape } = at(inputs, 0);
    const [n, c, h, w] = imageShape("spaceToDepth", shape, block);
    const outer = [n, c, block, block, h / block, w / block];
    return gather(data, outer, [c * h * w, h * w, w, 1, block * w, block], 0);
  },
};

export const depthToSpaceOp: Op<BlockAttributes> = {
  name: "depth-to-space",
  shape: (inputs, { block }) => {
    const [n, c, h, w] = imageShape("depthToSpace", at(inputs, 0), block);
    if (c % (block * block) !== 0) {
      throw new RangeError(`depthToSpace: got ${c} channels, expected a multiple of ${block * block}`);
    }
    return [n, c / (block * block), h * block, w * block];
  },
  gradient: (node, g) => [spaceToDepth(g, node.attributes.block)],
  lower: (emit, inputs, { attributes }) =>
    emit.node("DepthToSpace", inputs, { blocksize: attributes.block, mode: "CRD" }),
  reference: (inputs, { block }) => {
    const { data, shape } = at(inputs, 0);
    const [n, c, h, w] = imageShape("depthToSpace", shape, block);
    const area = block * block;
    const outer = [n, c / area, h, block, w, block];
    return gather(data, outer, [c * h * w, area * h * w, w, block * h * w, 1, h * w], 0);
  },
};

/**
 * Each block of `block` x `block` pixels becomes channels: `[n, c, h, w]` to `[n, c block^2, h / block, w / block]`.
 *
 * @throws {RangeError} if the sides are not divisible by the block.
 */
export function spaceToDepth(x: Tensor, block: number): Tensor {
  return applyOp(spaceToDepthOp, [x], { block });
}

/**
 * The inverse of {@link spaceToDepth} (also called pixel shuffle): `[n, c block^2, h, w]` to `[n, c, h block, w block]`.
 *
 * @throws {RangeError} if the channels are not divisible by the square of the block.
 */
export function depthToSpace(x: Tensor, block: number): Tensor {
  return applyOp(depthToSpaceOp, [x], { block });
}
