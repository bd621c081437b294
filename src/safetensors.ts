/**
 * Reader and writer of the safetensors format (named tensors behind a JSON header; github.com/huggingface/safetensors
 * describes it): 8 bytes little-endian header length, the header, the tensors' bytes without holes. Strict in both
 * directions: what it reads must be exactly covered by its header, and what it writes any other reader accepts.
 *
 * Platform-free; works on whole files in memory. It refuses element types that the project does not use (F32, F16, I32,
 * I16, U16, I8, U8 are known), duplicate names, gaps, overlaps and trailing bytes. Why there is no dependency for this:
 * docs/decisions/0003-safetensors.md.
 */
import { HalfstepError } from "./errors.ts";
import { fromFloat16Array, toFloat16Bits } from "./float16.ts";
import { findDuplicateJsonKey } from "./json-keys.ts";

/** A tensor in a safetensors file, row-major. F16 is float32 in memory: exact when read, rounded to nearest when written. */
export type SafeTensor =
  | { readonly dtype: "F32" | "F16"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: "I32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: "I16"; readonly shape: readonly number[]; readonly data: Int16Array }
  | { readonly dtype: "U16"; readonly shape: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: "I8"; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly dtype: "U8"; readonly shape: readonly number[]; readonly data: Uint8Array };

/** Element types of {@link SafeTensor}, by the format's names. */
export type SafeTensorType = SafeTensor["dtype"];

/** Contents of a safetensors file. `tensors` is in the order of the file. */
export interface SafeTensors {
  readonly tensors: Map<string, SafeTensor>;
  readonly metadata: Record<string, string>;
}

const BYTES_PER_ELEMENT: Readonly<Record<SafeTensorType, number>> = {
  F32: 4,
  F16: 2,
  I32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
};
/** Longest header that is accepted, in bytes; room for more than 100,000 tensors. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const MAX_DIMENSIONS = 8;
const LENGTH_BYTES = 8;
const METADATA_KEY = "__metadata__";
/** Files are little-endian, and so are typed arrays on nearly every machine. */
const IS_LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function bad(where: string, problem: string): HalfstepError {
  return new HalfstepError(
    "bad-safetensors",
    `safetensors: ${where}: ${problem}; the file is damaged or of another kind`,
  );
}

function isTensorType(value: unknown): value is SafeTensorType {
  return typeof value === "string" && Object.hasOwn(BYTES_PER_ELEMENT, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Product of a shape (1 for a scalar), or undefined when it is not a shape of at most 8 sizes with a safe product. */
function elementCount(shape: unknown): number | undefined {
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS) return undefined;
  let count = 1;
  for (const size of shape) {
    if (!isSize(size)) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/**
 * Serialises tensors. Bytes depend only on the contents: tensors are ordered by falling element size, then by name, which
 * keeps every one aligned; the header is padded with spaces to a multiple of 8 bytes.
 * @param metadata free strings for the header's `__metadata__`, in the given order.
 * @throws TypeError when shape and data disagree, a name is empty or reserved, or an array has the wrong type.
 * @throws RangeError when a finite value of an F16 tensor is too large for a half (65520 and above).
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      BYTES_PER_ELEMENT[b.dtype] - BYTES_PER_ELEMENT[a.dtype] || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA_KEY, metadata]);
  let dataBytes = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(name, tensor);
    const end = dataBytes + tensor.data.length * BYTES_PER_ELEMENT[tensor.dtype];
    entries.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [dataBytes, end] }]);
    dataBytes = end;
  }
  // Object literals move integer-like names to the front and swallow "__proto__"; the header is therefore put together by hand.
  const json = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const encoded = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(encoded.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new RangeError(`writeSafetensors: header of ${headerBytes} bytes is too long`);
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(encoded, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const [name, tensor] of sorted) {
    writeElements(new DataView(bytes.buffer, offset), name, tensor);
    offset += tensor.data.length * BYTES_PER_ELEMENT[tensor.dtype];
  }
  return bytes;
}

function checkTensor(name: string, tensor: SafeTensor): void {
  const { dtype, shape, data } = tensor;
  if (name === "" || name === METADATA_KEY) throw new TypeError(`writeSafetensors: "${name}" cannot name a tensor`);
  const array = {
    F32: Float32Array,
    F16: Float32Array,
    I32: Int32Array,
    I16: Int16Array,
    U16: Uint16Array,
    I8: Int8Array,
    U8: Uint8Array,
  }[dtype];
  if (array === undefined || !(data instanceof array)) {
    throw new TypeError(`writeSafetensors: "${name}": got ${data.constructor.name}, which does not hold ${dtype}`);
  }
  const count = elementCount(shape);
  if (count !== data.length) {
    throw new TypeError(
      `writeSafetensors: "${name}": got ${data.length} values, expected ${count} for [${shape.join(", ")}]`,
    );
  }
}

function writeElements(view: DataView, name: string, tensor: SafeTensor): void {
  const { data } = tensor;
  if (tensor.dtype === "U8" || tensor.dtype === "I8") {
    // Modulo 2^8: the two's complement of a negative number.
    new Uint8Array(view.buffer, view.byteOffset, data.length).set(tensor.data);
  } else if (tensor.dtype === "I16" || tensor.dtype === "U16") {
    // Modulo 2^16: the two's complement of a negative number.
    for (let i = 0; i < data.length; i++) view.setUint16(2 * i, data[i]!, true);
  } else if (tensor.dtype === "F16") {
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      const bits = toFloat16Bits(value);
      if ((bits & 0x7fff) === 0x7c00 && Number.isFinite(value)) {
        throw new RangeError(`writeSafetensors: "${name}": value ${value} at ${i} is too large for F16; use F32`);
      }
      view.setUint16(2 * i, bits, true);
    }
  } else {
    // As integers, so that the bits of a NaN survive.
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i]!, true);
  }
}

/**
 * The free strings of a file, from its first bytes.
 * @param start of the file; null is returned if it ends before the header does
 * @throws HalfstepError "bad-safetensors" for bytes that are not a header
 */
export function readSafetensorsMetadata(start: Uint8Array): Record<string, string> | null {
  if (start.length < LENGTH_BYTES) return null;
  const declared = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) throw bad("header length", `got ${declared}, allowed ${MAX_HEADER_BYTES}`);
  const end = LENGTH_BYTES + Number(declared);
  return end > start.length ? null : readMetadata(parseHeader(start.subarray(LENGTH_BYTES, end)));
}

/**
 * Reads a whole safetensors file. Arrays are copies: they do not keep `bytes` alive. Those of halves are made float32 anew whenever `data` is asked for, so that
 * who needs a few tensors of a file does not wait for all.
 * @throws HalfstepError "bad-safetensors" for anything that is not a well-formed file of the known element types.
 */
export function readSafetensors(bytes: Uint8Array): SafeTensors {
  const view = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < LENGTH_BYTES) throw bad("header length", `got ${bytes.length} bytes, expected at least 8`);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) throw bad("header length", `got ${declared}, allowed ${MAX_HEADER_BYTES}`);
  const dataStart = LENGTH_BYTES + Number(declared);
  if (dataStart > bytes.length)
    throw bad("header length", `got ${declared}, but only ${bytes.length - 8} bytes follow`);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const metadata = readMetadata(header);
  const dataBytes = bytes.length - dataStart;
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, entry]) => readEntry(name, entry, dataBytes))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, SafeTensor>();
  let expected = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== expected) {
      throw bad(
        `tensor "${name}"`,
        `begins at ${begin}, expected ${expected} (${begin < expected ? "overlap" : "hole"})`,
      );
    }
    expected = end;
    tensors.set(name, readElements(view, dataStart + begin, dtype, shape, (end - begin) / BYTES_PER_ELEMENT[dtype]));
  }
  if (expected !== dataBytes) throw bad("data", `got ${dataBytes} bytes, expected ${expected} by the header`);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw bad("header", `is not JSON in UTF-8 (${(error as Error).message})`);
  }
  if (!isRecord(header) || !text.startsWith("{")) throw bad("header", "is not a JSON object");
  const duplicate = findDuplicateJsonKey(text);
  if (duplicate !== undefined) throw bad("header", `has "${duplicate}" twice`);
  return header;
}

function readMetadata(header: Record<string, unknown>): Record<string, string> {
  const metadata = Object.hasOwn(header, METADATA_KEY) ? header[METADATA_KEY] : {};
  if (!isRecord(metadata)) throw bad(METADATA_KEY, "is not an object");
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") throw bad(METADATA_KEY, `"${key}" is not a string`);
  }
  return metadata as Record<string, string>;
}

interface Entry {
  readonly name: string;
  readonly dtype: SafeTensorType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, entry: unknown, dataBytes: number): Entry {
  const where = `tensor "${name}"`;
  if (!isRecord(entry)) throw bad(where, "is not an object");
  const unknown = Object.keys(entry).find((key) => !["dtype", "shape", "data_offsets"].includes(key));
  if (unknown !== undefined) throw bad(where, `has an unknown field "${unknown}"`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isTensorType(dtype)) {
    throw bad(
      where,
      `element type ${JSON.stringify(dtype)}, expected one of ${Object.keys(BYTES_PER_ELEMENT).join(", ")}`,
    );
  }
  const count = elementCount(shape);
  if (count === undefined) throw bad(where, `shape ${JSON.stringify(shape)} is not a list of at most 8 sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw bad(where, `data_offsets ${JSON.stringify(offsets)} are not two offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (end > dataBytes) throw bad(where, `ends at ${end}, but there are ${dataBytes} bytes of data`);
  if (end - begin !== count * BYTES_PER_ELEMENT[dtype]) {
    throw bad(where, `offsets ${begin}..${end} do not hold ${count} values of ${dtype}`);
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

function readElements(
  view: DataView<ArrayBuffer>,
  offset: number,
  dtype: SafeTensorType,
  shape: readonly number[],
  count: number,
): SafeTensor {
  // A copy, whose start fits every element type.
  const begin = view.byteOffset + offset;
  const bytes = view.buffer.slice(begin, begin + count * BYTES_PER_ELEMENT[dtype]);
  if (!IS_LITTLE_ENDIAN) swapBytes(new Uint8Array(bytes), BYTES_PER_ELEMENT[dtype]);
  switch (dtype) {
    case "U8":
      return { dtype, shape, data: new Uint8Array(bytes) };
    case "I8":
      return { dtype, shape, data: new Int8Array(bytes) };
    case "U16":
      return { dtype, shape, data: new Uint16Array(bytes) };
    case "I16":
      return { dtype, shape, data: new Int16Array(bytes) };
    case "F16": {
      const halves = new Uint16Array(bytes);
      return {
        dtype,
        shape,
        get data() {
          return fromFloat16Array(halves);
        },
      };
    }
    case "I32":
      return { dtype, shape, data: new Int32Array(bytes) };
    case "F32":
      return { dtype, shape, data: new Float32Array(bytes) };
  }
}

/** Turns each element of so many bytes round. */
function swapBytes(bytes: Uint8Array, elementBytes: number): void {
  for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
}
