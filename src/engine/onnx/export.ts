/**
 * Writes a graph as an ONNX model (opset 17, IR version 8: docs/decisions/0001-engine.md). Equal nodes are written once, dead ones never; names are made here and are
 * unique by construction. Based on onnx.proto3 through the package onnx-buf; the elements of constants are laid between its bytes by `model-bytes.ts`.
 */
import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Graph } from "../graph/graph.ts";
import { BLOCKED_DOMAIN, type BlockedChannels, type LayoutResult, type LayoutValue } from "../graph/layout.ts";
import { elementCount, type Shape, sameShape } from "../graph/shape.ts";
import type { OnnxAttribute, OnnxEmitter, Tensor } from "../graph/tensor.ts";
import { type GraphConstant, modelBytes } from "./model-bytes.ts";

const OPSET = 17n;
const IR_VERSION = 8n;

/** Options of {@link exportOnnx}. */
export interface ExportOptions {
  /**
   * Leave height and width (the last two of four axes) of inputs and outputs open, so that one model serves images of
   * every size. False by default: then every size is fixed, and more can be decided in advance.
   */
  readonly openImageSize?: boolean;
  /**
   * Use onnxruntime's kernels for blocked channels: `blockedChannels` of as many as a block has on the machine where the model will run
   * (`channelBlockSize` of the runtime). Absent: a model without these kernels, which runs everywhere.
   */
  readonly blocked?: BlockedChannels;
  /**
   * Compute 3x3 convolutions of one image and many channels by Winograd's filtering, with a quarter of the products. False by default. It pays in
   * WebAssembly, where products are slow. Sums differ from those of the definition in their last bits, so it is not for graphs that must be exact.
   */
  readonly winograd?: boolean;
}

/** Every value in plain order. */
const NOT_BLOCKED: BlockedChannels = { channels: 1, lowerings: new Map() };

function attributeProto(name: string, value: OnnxAttribute) {
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === "string") {
    const s = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}

function valueInfo(name: string, shape: Shape, open: boolean): ValueInfoProto {
  const dim = shape.map((size, axis) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        open && shape.length === 4 && axis >= 2
          ? { case: "dimParam", value: `${name}/${axis === 2 ? "height" : "width"}` }
          : { case: "dimValue", value: BigInt(size) },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: TensorProto_DataType.FLOAT,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensor } }),
  });
}

/** Collects nodes and constants under fresh names. */
class Emitter implements OnnxEmitter {
  readonly openImageSize: boolean;
  readonly channelBlock: number;
  readonly lowerings: BlockedChannels["lowerings"];
  readonly winograd: boolean;
  readonly constants: GraphConstant[] = [];
  readonly #taken: ReadonlySet<string>;
  readonly #nodes: NodeProto[] = [];
  readonly #emitted = new Map<string, string>();
  /** Names of nodes' results. */
  readonly #made = new Set<string>();
  /** Results that are outputs, and the names that they have as such. */
  readonly #renamed = new Map<string, string>();
  #count = 0;

  constructor(taken: ReadonlySet<string>, options: Required<ExportOptions>) {
    this.#taken = taken;
    this.openImageSize = options.openImageSize;
    this.channelBlock = options.blocked.channels;
    this.lowerings = options.blocked.lowerings;
    this.winograd = options.winograd;
  }

  #freshName(kind: string): string {
    let name: string;
    do name = `${kind}_${this.#count++}`;
    while (this.#taken.has(name));
    return name;
  }

  #once(key: string, make: () => string): string {
    const known = this.#emitted.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.#emitted.set(key, name);
    return name;
  }

  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = "",
  ): string {
    return this.#once(JSON.stringify([domain, type, inputs, attributes]), () => {
      const name = this.#freshName(type.toLowerCase());
      const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
      const parts = { name, opType: type, domain, input: [...inputs], output: [name], attribute };
      this.#nodes.push(create(NodeProtoSchema, parts));
      this.#made.add(name);
      return name;
    });
  }

  integers(values: readonly number[]): string {
    return this.#once(`integers ${values.join()}`, () => {
      const name = this.#freshName("integers");
      const int64Data = values.map(BigInt);
      const dims = [BigInt(values.length)];
      const tensor = create(TensorProtoSchema, { name, dataType: TensorProto_DataType.INT64, dims, int64Data });
      this.constants.push({ tensor, elements: null });
      return name;
    });
  }

  floats(values: ArrayLike<number>, shape: Shape = []): string {
    const make = (): string => {
      const name = this.#freshName("constant");
      // Not copied where they are float32 already: the bytes of the model are a copy.
      const { buffer, byteOffset, byteLength } = values instanceof Float32Array ? values : new Float32Array(values);
      const dims = shape.map(BigInt);
      const tensor = create(TensorProtoSchema, { name, dataType: TensorProto_DataType.FLOAT, dims });
      this.constants.push({ tensor, elements: new Uint8Array(buffer, byteOffset, byteLength) });
      return name;
    };
    return values.length > 64 ? make() : this.#once(`floats ${shape.join()}:${Array.from(values).join()}`, make);
  }

  /** Makes `value` an output: renames it, or copies it where it has a name of the graph already. */
  output(value: string, name: string): void {
    if (this.#made.has(value) && !this.#renamed.has(value)) {
      this.#renamed.set(value, name);
      return;
    }
    this.#nodes.push(create(NodeProtoSchema, { name, opType: "Identity", input: [value], output: [name] }));
  }

  /** All nodes, in order. */
  nodes(): NodeProto[] {
    const final = (name: string): string => this.#renamed.get(name) ?? name;
    for (const node of this.#nodes) {
      node.input = node.input.map(final);
      node.output = node.output.map(final);
    }
    return this.#nodes;
  }
}

/** A value in the layout in which it was made, converted once when the other one is asked for. */
class EmittedValue implements LayoutValue {
  readonly shape: Shape;
  readonly isBlocked: boolean;
  readonly #emitter: Emitter;
  readonly #name: string;

  constructor(emitter: Emitter, { name, isBlocked }: LayoutResult, shape: Shape) {
    this.#emitter = emitter;
    this.#name = name;
    this.isBlocked = isBlocked;
    this.shape = shape;
  }

  plain(): string {
    if (!this.isBlocked) return this.#name;
    return this.#emitter.node("ReorderOutput", [this.#name], { channels: this.shape[1]! }, BLOCKED_DOMAIN);
  }

  blocked(): string {
    if (this.isBlocked) return this.#name;
    if (this.shape.length !== 4 || this.shape[1]! % this.#emitter.channelBlock !== 0) {
      throw new Error(`internal: the channels of [${this.shape}] cannot be blocked by ${this.#emitter.channelBlock}`);
    }
    return this.#emitter.node("ReorderInput", [this.#name], {}, BLOCKED_DOMAIN);
  }
}

/** Element-wise ops take any order of elements, if it is the same for all inputs; scalars have none. */
function lowerElementwise(emitter: Emitter, inputs: readonly LayoutValue[], tensor: Tensor): LayoutResult | null {
  const isWhole = (value: LayoutValue): boolean => sameShape(value.shape, tensor.shape);
  const fits = inputs.every((value) => isWhole(value) || elementCount(value.shape) === 1);
  if (!fits || !inputs.some(({ isBlocked }) => isBlocked)) return null;
  const names = inputs.map((value) => (isWhole(value) ? value.blocked() : value.plain()));
  return { name: tensor.op.lower(emitter, names, tensor), isBlocked: true };
}

function lowerTensor(emitter: Emitter, inputs: readonly LayoutValue[], tensor: Tensor): LayoutResult {
  const { op } = tensor;
  const plain = (): LayoutResult => ({
    name: op.lower(
      emitter,
      inputs.map((value) => value.plain()),
      tensor,
    ),
    isBlocked: false,
  });
  if (emitter.channelBlock === 1) return plain();
  const blocked = op.elementwise === true ? lowerElementwise(emitter, inputs, tensor) : null;
  return blocked ?? emitter.lowerings.get(op)?.lower(emitter, inputs, tensor) ?? plain();
}

/**
 * The graph as the bytes of an ONNX model: inputs and outputs are float32 tensors under their graph names.
 *
 * @throws {RangeError} if blocked channels are asked for together with an open image size.
 */
export function exportOnnx(graph: Graph, options: ExportOptions = {}): Uint8Array {
  const { openImageSize: open = false, blocked = NOT_BLOCKED, winograd = false } = options;
  const { channels: channelBlock } = blocked;
  if (open && channelBlock > 1) {
    throw new RangeError(
      `exportOnnx: got an open image size and blocks of ${channelBlock} channels; leave one of them out`,
    );
  }
  const taken = new Set([...graph.inputs.keys(), ...graph.outputs.keys()]);
  const emitter = new Emitter(taken, { openImageSize: open, blocked, winograd });
  const values = new Map<Tensor, LayoutValue>();
  const add = (tensor: Tensor, result: LayoutResult): void => {
    values.set(tensor, new EmittedValue(emitter, result, tensor.shape));
  };
  for (const [name, tensor] of graph.inputs) add(tensor, { name, isBlocked: false });
  const emitted = (tensor: Tensor): LayoutValue => {
    const value = values.get(tensor);
    if (value === undefined) throw new Error(`internal: ${tensor.op.name} is used before it is exported`);
    return value;
  };
  for (const tensor of graph.order) {
    if (!values.has(tensor)) add(tensor, lowerTensor(emitter, tensor.inputs.map(emitted), tensor));
  }
  for (const [name, tensor] of graph.outputs) emitter.output(emitted(tensor).plain(), name);
  const proto = create(GraphProtoSchema, {
    name: "halfstep",
    node: emitter.nodes(),
    input: [...graph.inputs].map(([name, tensor]) => valueInfo(name, tensor.shape, open)),
    output: [...graph.outputs].map(([name, tensor]) => valueInfo(name, tensor.shape, open)),
  });
  const domains = [{ domain: "", version: OPSET }];
  if (channelBlock > 1) domains.push({ domain: BLOCKED_DOMAIN, version: 1n });
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "halfstep",
    opsetImport: domains.map((parts) => create(OperatorSetIdProtoSchema, parts)),
  });
  return modelBytes(model, proto, emitter.constants);
}
