/**
 * Writes a graph as an ONNX model (opset 17, IR version 8: docs/decisions/0001-engine.md). Equal nodes are written once, dead ones never; names are made here and are
 * unique by construction. Based on onnx.proto3 through the package onnx-buf.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
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
import type { Shape } from "../graph/shape.ts";
import type { OnnxAttribute, OnnxEmitter, Tensor } from "../graph/tensor.ts";

const OPSET = 17n;
const IR_VERSION = 8n;

/** Options of {@link exportOnnx}. */
export interface ExportOptions {
  /**
   * Leave height and width (the last two of four axes) of inputs and outputs open, so that one model serves images of
   * every size. False by default: every size is fixed, which lets more be decided ahead.
   */
  readonly openImageSize?: boolean;
}

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
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];
  readonly #taken: ReadonlySet<string>;
  readonly #emitted = new Map<string, string>();
  #count = 0;

  constructor(taken: ReadonlySet<string>, openImageSize: boolean) {
    this.#taken = taken;
    this.openImageSize = openImageSize;
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

  node(type: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.#once(JSON.stringify([type, inputs, attributes]), () => {
      const name = this.#freshName(type.toLowerCase());
      const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
      this.nodes.push(create(NodeProtoSchema, { name, opType: type, input: [...inputs], output: [name], attribute }));
      return name;
    });
  }

  integers(values: readonly number[]): string {
    return this.#once(`integers ${values.join()}`, () => {
      const name = this.#freshName("integers");
      const int64Data = values.map(BigInt);
      const dims = [BigInt(values.length)];
      this.constants.push(create(TensorProtoSchema, { name, dataType: TensorProto_DataType.INT64, dims, int64Data }));
      return name;
    });
  }

  floats(values: ArrayLike<number>, shape: Shape = []): string {
    const make = (): string => {
      const name = this.#freshName("constant");
      const rawData = new Uint8Array(Float32Array.from(values).buffer);
      const dims = shape.map(BigInt);
      this.constants.push(create(TensorProtoSchema, { name, dataType: TensorProto_DataType.FLOAT, dims, rawData }));
      return name;
    };
    return values.length > 64 ? make() : this.#once(`floats ${shape.join()}:${Array.from(values).join()}`, make);
  }

  /** A node that gives `value` a second, fixed name. */
  alias(value: string, name: string): void {
    this.nodes.push(create(NodeProtoSchema, { name, opType: "Identity", input: [value], output: [name] }));
  }
}

/** The graph as the bytes of an ONNX model: inputs and outputs are float32 tensors under their graph names. */
export function exportOnnx(graph: Graph, options: ExportOptions = {}): Uint8Array {
  const open = options.openImageSize ?? false;
  const emitter = new Emitter(new Set([...graph.inputs.keys(), ...graph.outputs.keys()]), open);
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of graph.inputs) names.set(tensor, name);
  const nameOf = (tensor: Tensor): string => {
    const name = names.get(tensor);
    if (name === undefined) throw new Error(`internal: ${tensor.op.name} is used before it is exported`);
    return name;
  };
  for (const tensor of graph.order) {
    if (!names.has(tensor)) names.set(tensor, tensor.op.lower(emitter, tensor.inputs.map(nameOf), tensor));
  }
  for (const [name, tensor] of graph.outputs) emitter.alias(nameOf(tensor), name);
  const proto = create(GraphProtoSchema, {
    name: "halfstep",
    node: emitter.nodes,
    initializer: emitter.constants,
    input: [...graph.inputs].map(([name, tensor]) => valueInfo(name, tensor.shape, open)),
    output: [...graph.outputs].map(([name, tensor]) => valueInfo(name, tensor.shape, open)),
  });
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "halfstep",
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: OPSET })],
    graph: proto,
  });
  return toBinary(ModelProtoSchema, model);
}
