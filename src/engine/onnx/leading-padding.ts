/**
 * Rewrites a model for onnxruntime's WebGPU provider. If an image is as large as the kernel and has no padding before it, that
 * provider computes the Conv as a matrix product, and forgets padding after the image (seen in 1.30: the result's last row and
 * column are zeros). Transposed convolutions become such 2x2 kernels with padding after, and latents of small pictures are 2x2.
 *
 * Here every Conv with padding after and none before gets padding before, and a Slice that takes the surplus row off again.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";

const ROW_AXIS = 2n;
const TO_THE_END = 2n ** 31n - 1n;

function integersOf(node: NodeProto, name: string): readonly bigint[] {
  return node.attribute.find((attribute) => attribute.name === name)?.ints ?? [];
}

function isEndangered(node: NodeProto): boolean {
  const [top, left, bottom, right] = integersOf(node, "pads");
  return node.opType === "Conv" && top === 0n && left === 0n && (bottom !== 0n || right !== 0n);
}

/** The same model for WebGPU. If nothing has to change, these are the given bytes. */
export function withLeadingPadding(model: Uint8Array): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model);
  const { graph } = proto;
  if (graph === undefined || !graph.node.some(isEndangered)) return model;
  const constant = (name: string, value: bigint) =>
    create(TensorProtoSchema, { name, dataType: TensorProto_DataType.INT64, dims: [1n], int64Data: [value] });
  // "/" stands in no name that the export makes.
  const [one, end, axis] = ["surplus/start", "surplus/end", "surplus/axis"] as const;
  graph.initializer.push(constant(one, 1n), constant(end, TO_THE_END), constant(axis, ROW_AXIS));
  graph.node = graph.node.flatMap((node) => {
    if (!isEndangered(node)) return [node];
    const [output] = node.output as [string];
    const [stride = 1n] = integersOf(node, "strides");
    // One more row of the result: as much padding as the kernel moves from one row to the next.
    const ints = integersOf(node, "pads").with(0, stride);
    const pads = create(AttributeProtoSchema, {
      name: "pads",
      type: AttributeProto_AttributeType.INTS,
      ints: [...ints],
    });
    const attribute = [...node.attribute.filter(({ name }) => name !== "pads"), pads];
    const surplus = `${output}/surplus`;
    return [
      create(NodeProtoSchema, { ...node, output: [surplus], attribute }),
      create(NodeProtoSchema, {
        name: `${output}/cut`,
        opType: "Slice",
        input: [surplus, one, end, axis],
        output: [output],
      }),
    ];
  });
  return toBinary(ModelProtoSchema, proto);
}
