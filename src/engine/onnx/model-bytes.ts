/**
 * The bytes of an ONNX model whose constants are large. The package @bufbuild/protobuf writes everything but the elements of constants: it would copy those
 * once for each message around them, and twice more as its buffers grow. Here they are copied once, to their place.
 *
 * A message inside a message is its field's tag, its length and its bytes, and fields may stand in any order
 * (https://protobuf.dev/programming-guides/encoding/). Field numbers are those of onnx.proto3.
 */
import { toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "onnx-buf";

const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** A field that holds the bytes of some pieces, one after the other. */
function field(number: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const head = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(lengthOf(pieces)).finish();
  return [head, ...pieces];
}

/** A constant of a graph. */
export interface GraphConstant {
  /** All fields except {@link elements}. */
  readonly tensor: TensorProto;
  /** Its elements, little-endian; null where `tensor` has them. Not copied before the model is written. */
  readonly elements: Uint8Array | null;
}

function constantPieces({ tensor, elements }: GraphConstant): Uint8Array[] {
  const rest = toBinary(TensorProtoSchema, tensor);
  return elements === null ? [rest] : [rest, ...field(TENSOR_RAW_DATA, [elements])];
}

/**
 * Serialises a model.
 *
 * @param model without its graph
 * @param graph without its constants
 */
export function modelBytes(
  model: ModelProto,
  graph: GraphProto,
  constants: readonly GraphConstant[],
): Uint8Array<ArrayBuffer> {
  const initializers = constants.flatMap((constant) => field(GRAPH_INITIALIZER, constantPieces(constant)));
  const graphPieces = [toBinary(GraphProtoSchema, graph), ...initializers];
  const pieces = [toBinary(ModelProtoSchema, model), ...field(MODEL_GRAPH, graphPieces)];
  const bytes = new Uint8Array(lengthOf(pieces));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
