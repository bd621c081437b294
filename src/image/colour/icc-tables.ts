/**
 * Look-up tables of ICC profiles, from r, g and b or from grey to the connection space. Profiles of scanners, printers and some displays describe
 * colours so. Based on ICC.1:2022 (profile version 4.4), sections 10.10 (lut16Type), 10.11 (lut8Type), 10.12 (lutAToBType) and 6.3.4 (encodings of the connection
 * space), and on CIE 15 for CIELAB. Between the nodes of a table it interpolates in tetrahedra, as LittleCMS does. It evaluates each
 * colour by itself. (LittleCMS behind sharp makes a coarser table of the whole conversion first, which is far off where colours leave sRGB:
 * decision 0020.) It never fails: for tables that it cannot read it returns null.
 */
import { curveByteLength, readCurve, sampledCurve } from "./icc-curves.ts";
import { fixedNumber, tagType } from "./icc-tags.ts";
import type { TableSpace } from "./rgb-space.ts";
import type { TransferCurve } from "./transfer-curve.ts";
import { unit } from "./unit.ts";

/** What the numbers behind a table mean. */
export type ConnectionSpace = "Lab" | "XYZ";

/** Three numbers of 0..1 behind a table to others, in place. */
type Step = (values: Float64Array) => void;
type Curves = readonly [TransferCurve, TransferCurve, TransferCurve];

const CHANNELS = 3;
/** Bytes of lut8Type and lut16Type before their numbers begin. */
const HEAD_BYTES = { mft1: 48, mft2: 52 } as const;
const CURVE_ENTRIES_8 = 256;
/** The sides of lutAToBType's grid take 16 bytes, its precision one byte and three of padding. */
const GRID_HEAD_BYTES = 20;
const PRECISION_AT = 16;

/** The largest number of 16 bits in units of XYZ, whose 1 is 0x8000. */
const XYZ_WHOLE = 65535 / 32768;
/** The largest number of lut16Type in units of L*, whose 100 is 0xff00. */
const LAB_16_WHOLE = 65535 / 65280;
/** CIE XYZ of the white of the connection space, D50. */
const WHITE = [0.9642, 1, 0.8249] as const;

/** What a table takes: r, g and b, or grey, which a picture of three channels has in all of them. */
export type TableInputs = 1 | 3;

/** Reads a tag of the kind A2B0. @param connection the connection space of the profile */
export function readTables(tag: DataView, connection: ConnectionSpace, inputs: TableInputs): TableSpace | null {
  if (tag.byteLength < 32 || tag.getUint8(8) !== inputs || tag.getUint8(9) !== CHANNELS) return null;
  const type = tagType(tag);
  if (type === "mft1" || type === "mft2") return readOldTables(tag, type, { connection, inputs });
  return type === "mAB " ? readNewTables(tag, { connection, inputs }) : null;
}

interface TableUse {
  readonly connection: ConnectionSpace;
  readonly inputs: TableInputs;
}

/** lut8Type and lut16Type: curves, a grid, curves. Their matrix is for XYZ as input alone. */
function readOldTables(tag: DataView, type: "mft1" | "mft2", { connection, inputs }: TableUse): TableSpace | null {
  const head = HEAD_BYTES[type];
  if (tag.byteLength < head) return null;
  const bytes = type === "mft1" ? 1 : 2;
  const side = tag.getUint8(10);
  const [before, after] = bytes === 1 ? [CURVE_ENTRIES_8, CURVE_ENTRIES_8] : [tag.getUint16(48), tag.getUint16(50)];
  const nodes = CHANNELS * side ** inputs;
  const behind = head + bytes * (inputs * before + nodes);
  if (side < 2 || before < 2 || after < 2 || behind + bytes * CHANNELS * after > tag.byteLength) return null;
  const curves = (at: number, entries: number, count: number): Curves =>
    threeOf((i) => curveOf(numbers(tag, at + bytes * entries * (i % count), entries, bytes)));
  const grid = gridOf(
    sidesOf(inputs, () => side),
    numbers(tag, head + bytes * inputs * before, nodes, bytes),
  );
  const last = byCurves(curves(behind, after, CHANNELS));
  const meaning = connection === "XYZ" ? fromXyz : bytes === 1 ? fromLab : fromOldLab;
  return {
    curves: curves(head, before, inputs),
    toXyzD50: (values) => {
      grid(values);
      last(values);
      meaning(values);
    },
  };
}

/** lutAToBType: curves A, a grid, curves M, a matrix, curves B. Only B must be there. */
function readNewTables(tag: DataView, { connection, inputs }: TableUse): TableSpace | null {
  const [b, matrix, m, grid, a] = [
    tag.getUint32(12),
    tag.getUint32(16),
    tag.getUint32(20),
    tag.getUint32(24),
    tag.getUint32(28),
  ] as const;
  const steps: (Step | null)[] = [];
  const first = a === 0 ? null : readCurves(tag, a, inputs);
  if ((a === 0) !== (grid === 0) || (a !== 0 && first === null)) return null;
  // One number becomes three in a grid alone.
  if (grid === 0 && inputs !== CHANNELS) return null;
  if (grid !== 0) steps.push(readGrid(tag, grid, inputs));
  if (m !== 0) steps.push(byCurvesOrNull(readCurves(tag, m, CHANNELS)));
  if (matrix !== 0) steps.push(readMatrix(tag, matrix));
  steps.push(byCurvesOrNull(readCurves(tag, b, CHANNELS)));
  if (steps.some((step) => step === null)) return null;
  const all = [...(steps as Step[]), connection === "XYZ" ? fromXyz : fromLab];
  return {
    curves: first ?? threeOf(() => (sample) => sample),
    toXyzD50: (values) => {
      for (const step of all) step(values);
    },
  };
}

function threeOf<Item>(make: (i: number) => Item): readonly [Item, Item, Item] {
  return [make(0), make(1), make(2)];
}

/** Unsigned numbers as they lie there. */
function numbers(tag: DataView, at: number, count: number, bytes: number): Uint8Array | Uint16Array {
  if (bytes === 1) return new Uint8Array(tag.buffer, tag.byteOffset + at, count);
  return Uint16Array.from({ length: count }, (_, i) => tag.getUint16(at + 2 * i));
}

/** The number that stands for 1. */
function wholeOf(values: Uint8Array | Uint16Array): number {
  return values instanceof Uint8Array ? 255 : 65535;
}

function curveOf(entries: Uint8Array | Uint16Array): TransferCurve {
  const whole = wholeOf(entries);
  return sampledCurve(Float64Array.from(entries, (entry) => entry / whole));
}

/** Nodes along the three axes of a grid; a single number has one axis. */
function sidesOf(inputs: TableInputs, sideOf: (axis: number) => number): readonly [number, number, number] {
  return threeOf((axis) => (axis < inputs ? sideOf(axis) : 1));
}

/** Three curves, or one for all, one behind the other, each padded to four bytes. */
function readCurves(tag: DataView, at: number, count: TableInputs): Curves | null {
  const curves: TransferCurve[] = [];
  for (let place = at; curves.length < count; ) {
    if (place + 12 > tag.byteLength) return null;
    const view = new DataView(tag.buffer, tag.byteOffset + place, tag.byteLength - place);
    const curve = readCurve(view);
    if (curve === null) return null;
    curves.push(curve);
    place += Math.ceil(curveByteLength(view) / 4) * 4;
  }
  return threeOf((i) => curves[i % count]!);
}

function byCurves([first, second, third]: Curves): Step {
  return (values) => {
    values[0] = first(values[0]!);
    values[1] = second(values[1]!);
    values[2] = third(values[2]!);
  };
}

function byCurvesOrNull(curves: Curves | null): Step | null {
  return curves === null ? null : byCurves(curves);
}

/** Nine numbers row by row, and three that are added. */
function readMatrix(tag: DataView, at: number): Step | null {
  if (at + 48 > tag.byteLength) return null;
  const e = Array.from({ length: 12 }, (_, i) => fixedNumber(tag, at + 4 * i));
  return (values) => {
    const [x, y, z] = [values[0]!, values[1]!, values[2]!];
    for (let row = 0; row < 3; row++) {
      values[row] = e[3 * row]! * x + e[3 * row + 1]! * y + e[3 * row + 2]! * z + e[9 + row]!;
    }
  };
}

function readGrid(tag: DataView, at: number, inputs: TableInputs): Step | null {
  if (at + GRID_HEAD_BYTES > tag.byteLength) return null;
  const sides = sidesOf(inputs, (axis) => tag.getUint8(at + axis));
  const bytes = tag.getUint8(at + PRECISION_AT);
  const count = CHANNELS * sides[0] * sides[1] * sides[2];
  if (sides.slice(0, inputs).some((side) => side < 2) || (bytes !== 1 && bytes !== 2)) return null;
  if (at + GRID_HEAD_BYTES + bytes * count > tag.byteLength) return null;
  return gridOf(sides, numbers(tag, at + GRID_HEAD_BYTES, count, bytes));
}

/**
 * Nodes of three numbers, of which the first input varies slowest. The cube around a colour is cut into six tetrahedra by the order of its three
 * fractions: from the cube's first corner one goes along the axes from the largest fraction to the smallest.
 */
function gridOf(sides: readonly [number, number, number], nodes: Uint8Array | Uint16Array): Step {
  const whole = wholeOf(nodes);
  // An axis of one node leads nowhere.
  const steps = [CHANNELS * sides[1] * sides[2], CHANNELS * sides[2], CHANNELS] as const;
  const strides = threeOf((axis) => (sides[axis]! < 2 ? 0 : steps[axis]!));
  return (values) => {
    let corner = 0;
    const fractions: [number, number, number] = [0, 0, 0];
    for (let axis = 0; axis < 3; axis++) {
      const place = unit(values[axis]!) * (sides[axis]! - 1);
      const below = Math.max(0, Math.min(Math.floor(place), sides[axis]! - 2));
      corner += strides[axis]! * below;
      fractions[axis] = place - below;
    }
    const [x, y, z] = fractions;
    const [one, two, three] = x >= y ? (y >= z ? XYZ : x >= z ? XZY : ZXY) : x >= z ? YXZ : y >= z ? YZX : ZYX;
    const second = corner + strides[one];
    const third = second + strides[two];
    const fourth = third + strides[three];
    const [large, middle, small] = [fractions[one], fractions[two], fractions[three]];
    for (let i = 0; i < CHANNELS; i++) {
      const value =
        (1 - large) * nodes[corner + i]! +
        (large - middle) * nodes[second + i]! +
        (middle - small) * nodes[third + i]! +
        small * nodes[fourth + i]!;
      values[i] = value / whole;
    }
  };
}

type Axes = readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2];
const XYZ: Axes = [0, 1, 2];
const XZY: Axes = [0, 2, 1];
const ZXY: Axes = [2, 0, 1];
const YXZ: Axes = [1, 0, 2];
const YZX: Axes = [1, 2, 0];
const ZYX: Axes = [2, 1, 0];

function fromXyz(values: Float64Array): void {
  for (let i = 0; i < 3; i++) values[i] = values[i]! * XYZ_WHOLE;
}

function fromLab(values: Float64Array): void {
  labToXyz(values, 100 * values[0]!, 255 * values[1]! - 128, 255 * values[2]! - 128);
}

function fromOldLab(values: Float64Array): void {
  const [lightness, a, b] = [LAB_16_WHOLE * values[0]!, LAB_16_WHOLE * values[1]!, LAB_16_WHOLE * values[2]!];
  labToXyz(values, 100 * lightness, 255 * a - 128, 255 * b - 128);
}

function labToXyz(to: Float64Array, lightness: number, a: number, b: number): void {
  const y = (lightness + 16) / 116;
  to[0] = WHITE[0] * lightOf(y + a / 500);
  to[1] = WHITE[1] * lightOf(y);
  to[2] = WHITE[2] * lightOf(y - b / 200);
}

function lightOf(root: number): number {
  return root > 6 / 29 ? root ** 3 : 3 * (6 / 29) ** 2 * (root - 4 / 29);
}
