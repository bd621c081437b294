/**
 * The graph language: a tensor is the result of one op applied to other tensors. Tensors are immutable values without data. A graph consists of its
 * output tensors alone: there is no tape, no session and no global state.
 *
 * An op is one record with everything that the engine must know about it. To add an op, write one record and list it in `ops/table.ts`. The type
 * checker refuses a record with a missing part.
 */
import type { Shape } from "./shape.ts";

/** A float64 array with its shape, as the reference evaluation uses it. */
export interface ReferenceArray {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** An attribute of an ONNX node: number (integer), `{ float }`, text, or a list of integers. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/** An op's lowering writes ONNX nodes with this. The emitter makes their names, which are unique by construction. */
export interface OnnxEmitter {
  /**
   * True if height and width of images are open in the exported graph. Then a lowering must not write sizes of the last two axes into constants.
   */
  readonly openImageSize: boolean;
  /** Channels in a block of the blocked layout (layout.ts); 1 if that layout is not used. */
  readonly channelBlock: number;
  /** Whether 3x3 convolutions may be computed by fewer products than their definition has. */
  readonly winograd: boolean;
  /** Adds a node with one output and returns the output's name; equal nodes are emitted once. `domain` is ONNX's own by default. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): string;
  /** A constant list of 64-bit integers, for axes, sizes and pads. */
  integers(values: readonly number[]): string;
  /** A constant float tensor; a scalar by default. */
  floats(values: ArrayLike<number>, shape?: Shape): string;
}

/** One operation: what it computes, how its shape follows, how gradients flow through it, how onnxruntime runs it. */
export interface Op<Attributes = unknown> {
  /** Unique name in kebab-case. */
  readonly name: string;
  /** The result's shape. @throws {RangeError} when the inputs do not fit. */
  shape(inputs: readonly Shape[], attributes: Attributes): Shape;
  /**
   * The vector-Jacobian product: given the gradient of the loss with respect to the node's result (same shape), the
   * gradients with respect to each input (of that input's shape), or null where none flows.
   */
  gradient(node: Tensor<Attributes>, outputGradient: Tensor): readonly (Tensor | null)[];
  /** Writes the op as ONNX nodes and returns the name of the result. */
  lower(emit: OnnxEmitter, inputs: readonly string[], node: Tensor<Attributes>): string;
  /** True when element i of the result depends on element i of each input only, and `lower` does not look at shapes. */
  readonly elementwise?: boolean;
  /**
   * How often a node of this op multiplies two numbers and adds the product to a sum: convolutions and products of matrices. Without it, never; biases and
   * element-wise products do not count.
   */
  multiplyAccumulates?(node: Tensor<Attributes>): number;
  /** Evaluates the op in float64. This is slow and obvious, and tests compare with it. */
  reference(inputs: readonly ReferenceArray[], attributes: Attributes, shape: Shape): Float64Array;
}

/** Attributes of an op that has none. */
export type NoAttributes = null;

/** A node of a graph: the result of `op` on `inputs`. Create with {@link applyOp} or the functions in `ops/`. */
export class Tensor<Attributes = unknown> {
  readonly op: Op<Attributes>;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: Shape;

  constructor(op: Op<Attributes>, inputs: readonly Tensor[], attributes: Attributes) {
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.shape = op.shape(
      inputs.map((input) => input.shape),
      attributes,
    );
  }
}

/** Applies an op. @throws {RangeError} from the op's shape rule. */
export function applyOp<Attributes>(
  op: Op<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor<Attributes> {
  return new Tensor(op, inputs, attributes);
}

/** The input at `index` of a node. If it is missing, the op has a defect. */
export function inputOf(node: Tensor, index: number): Tensor {
  const input = node.inputs[index];
  if (input === undefined) throw new Error(`internal: ${node.op.name} has no input ${index}`);
  return input;
}

/** The element at `index`. If it is missing, the caller has a defect. */
export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`internal: no element ${index} in a list of ${list.length}`);
  return item;
}
