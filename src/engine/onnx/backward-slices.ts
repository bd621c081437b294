/**
 * Rewrites a model for onnxruntime's WebGPU provider. Its Slice with a negative step begins at the last element, whatever its start says (seen in 1.30:
 * elements 3, 1 of six came out as 5, 3). Transposed convolutions take the taps of their kernels with such slices. If weights are constants, onnxruntime
 * slices them on the processor. If weights are fed, as in training, the card does.
 *
 * Here every such Slice gets another one before it, which drops what comes after its start.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";

/** The same model with slices that WebGPU computes correctly. If nothing has to change, these are the given bytes. */
export function withoutBackwardStarts(model: Uint8Array): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model);
  const { graph } = proto;
  if (graph === undefined) return model;
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const added: TensorProto[] = [];
  const integers = (name: string, values: readonly bigint[]): string => {
    const dims = [BigInt(values.length)];
    added.push(create(TensorProtoSchema, { name, dataType: TensorProto_DataType.INT64, dims, int64Data: [...values] }));
    return name;
  };
  const node = graph.node.flatMap((node): NodeProto[] => {
    if (node.opType !== "Slice") return [node];
    const [data, starts, ends, axes, steps] = node.input as [string, string, string, string?, string?];
    const valuesOf = (name: string | undefined): readonly bigint[] => constants.get(name ?? "")?.int64Data ?? [];
    const backward = valuesOf(steps).flatMap((step, i) => (step < 0n ? [i] : []));
    if (backward.length === 0) return [node];
    const at = (name: string | undefined): readonly bigint[] => backward.map((i) => valuesOf(name)[i] ?? 0n);
    const [output] = node.output as [string];
    // "/" stands in no name that the export makes.
    const kept = `${output}/up-to-start`;
    const stops = at(starts).map((start) => {
      if (start >= 0n) return start + 1n;
      throw new Error(`internal: a backward Slice starts at ${start}, counted from the end`);
    });
    const zeros = stops.map(() => 0n);
    return [
      create(NodeProtoSchema, {
        name: kept,
        opType: "Slice",
        input: [
          data,
          integers(`${kept}/starts`, zeros),
          integers(`${kept}/ends`, stops),
          integers(`${kept}/axes`, at(axes)),
        ],
        output: [kept],
      }),
      create(NodeProtoSchema, { ...node, input: [kept, starts, ends, axes ?? "", steps ?? ""] }),
    ];
  });
  if (added.length === 0) return model;
  graph.node = node;
  graph.initializer.push(...added);
  return toBinary(ModelProtoSchema, proto);
}
