/** A model file, read as FORMAT.md describes it ("Model files", "Frequency tables"). */

/** "Model files". */
export interface BookModel {
  readonly network: {
    readonly type: string;
    readonly N: number;
    readonly M: number;
    readonly structure?: Readonly<Record<string, unknown>>;
  };
  readonly lambdaRange?: readonly [number, number];
  readonly inputLimits: Readonly<Record<string, number>>;
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float64Array }>;
}

function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

export function readModel(bytes: Uint8Array): BookModel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
  const { __metadata__: metadata, ...entries } = header;
  const readers: Readonly<Record<string, readonly [size: number, (at: number) => number]>> = {
    F32: [4, (at) => view.getFloat32(at, true)],
    F16: [2, (at) => half(view.getUint16(at, true))],
    I32: [4, (at) => view.getInt32(at, true)],
    I8: [1, (at) => view.getInt8(at)],
    I16: [2, (at) => view.getInt16(at, true)],
    U16: [2, (at) => view.getUint16(at, true)],
  };
  const tensors = new Map<string, { shape: readonly number[]; values: Float64Array }>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries) as [string, never][]) {
    const [size, read] = readers[dtype] as readonly [number, (at: number) => number];
    const start = 8 + headerLength + (offsets as readonly number[])[0]!;
    const count = (shape as readonly number[]).reduce((product, side) => product * side, 1);
    tensors.set(name, { shape, values: Float64Array.from({ length: count }, (_, i) => read(start + i * size)) });
  }
  for (const [name, { shape, values }] of tensors) {
    const scales = tensors.get(`int8-scales/${name}`)?.values;
    if (scales === undefined) continue;
    const [, inner = 0, height = 0, width = 0] = shape;
    const area = height * width;
    // The weight at [i, j, row, column] is its integer times the scale at [i, row, column].
    const scaled = values.map((value, i) =>
      Math.fround(value * scales[Math.floor(i / (inner * area)) * area + (i % area)]!),
    );
    tensors.set(name, { shape, values: scaled });
  }
  const { network, lambdaRange, exact } = JSON.parse(metadata.halfstep);
  return { network, lambdaRange, inputLimits: exact?.inputLimits ?? {}, tensors };
}

export interface Tables {
  readonly layout: Float64Array;
  readonly frequencies: Float64Array;
}

/** "Frequency tables": table `index` of a set. */
export function tableOf({ layout, frequencies }: Tables, index: number): { first: number; frequencies: number[] } {
  let start = 0;
  for (let i = 0; i < index; i++) start += layout[2 * i + 1]!;
  const entries = layout[2 * index + 1]!;
  return { first: layout[2 * index]!, frequencies: [...frequencies.slice(start, start + entries)] };
}
