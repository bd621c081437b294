/** ICC profiles of RGB by look-up tables, written byte by byte: lut8Type and lut16Type of ICC.1:2001-04 (6.5.7, 6.5.8), lutAToBType of ICC.1:2022 (10.12). */
import { descriptionOf, fixedNumbers, profileOf, typed } from "./colour-files.ts";

/** r, g, b 0..1 to three numbers of the connection space: CIELAB, or XYZ, of D50. */
export type ColourOf = (r: number, g: number, b: number) => readonly [number, number, number];

/** Nodes on a side of the tables of {@link tableProfile}. */
const TABLE_SIDE = 9;
/** Nodes along r, g and b of those of {@link newTableProfile}. */
const SIDES = [7, 9, 11] as const;
const WHITE_POINT = typed("XYZ ", fixedNumbers([0.9642, 1, 0.8249]));

/** The tag of a table of 8 or 16 bits to CIELAB, from r, g and b or from grey; its curves change nothing. */
export function tableTag(bits: 8 | 16, labOf: ColourOf, inputs: 1 | 3 = 3): Buffer {
  const head = Buffer.alloc(40);
  head.set([inputs, 3, TABLE_SIDE]);
  for (const at of [4, 20, 36]) head.writeInt32BE(65536, at);
  // 16 bits of version 2 have L* = 100 at FF00.
  const [whole, unit] = bits === 8 ? [255, 1] : [0xff00, 256];
  const further = inputs === 3 ? TABLE_SIDE : 1;
  const table = nodes([TABLE_SIDE, further, further], (r, g, b) => {
    const [lightness, a, bStar] = labOf(r, g, b);
    return [(lightness / 100) * whole, (a + 128) * unit, (bStar + 128) * unit];
  });
  const straight = bits === 8 ? Array.from({ length: 256 }, (_, i) => i) : [0, 65535];
  const curves = (count: number): Buffer => numbers(Array.from({ length: count }, () => straight).flat(), bits);
  const lengths = bits === 8 ? Buffer.alloc(0) : Buffer.from([0, 2, 0, 2]);
  const body = Buffer.concat([head, lengths, curves(inputs), numbers(table, bits), curves(3)]);
  return typed(bits === 8 ? "mft1" : "mft2", body);
}

/** A profile of {@link tableTag}, of version 2. */
export function tableProfile(name: string, bits: 8 | 16, labOf: ColourOf): Buffer {
  const tags = [
    ["desc", descriptionOf(name)],
    ["wtpt", WHITE_POINT],
    ["A2B0", tableTag(bits, labOf)],
  ] as const;
  return profileOf("RGB ", tags, "Lab ");
}

/** A profile of grey by a table. */
export function greyTableProfile(
  name: string,
  bits: 8 | 16,
  labOf: (grey: number) => readonly [number, number, number],
): Buffer {
  const tags = [
    ["desc", descriptionOf(name)],
    ["wtpt", WHITE_POINT],
    ["A2B0", tableTag(bits, (grey) => labOf(grey), 1)],
  ] as const;
  return profileOf("GRAY", tags, "Lab ");
}

/** What {@link newTableProfile} is made of. */
interface NewTables {
  readonly connection: "Lab " | "XYZ ";
  /** Bits of the nodes. */
  readonly bits: 8 | 16;
  /** Of r, g, b as the file has them. */
  readonly colourOf: ColourOf;
  /** The table for perceptual rendering, which the profile has beside its own for relative colorimetric rendering. */
  readonly perceptual: Buffer;
}

/**
 * A profile of version 4 with all parts of its tables at work: curves before the nodes, and behind them curves, a matrix that turns the three numbers
 * around and shrinks them, and curves.
 */
export function newTableProfile(name: string, { connection, bits, colourOf, perceptual }: NewTables): Buffer {
  const encode = (values: readonly [number, number, number]): readonly [number, number, number] => {
    const [x, y, z] = values;
    if (connection === "XYZ ") return [x / XYZ_WHOLE, y / XYZ_WHOLE, z / XYZ_WHOLE];
    return [x / 100, (y + 128) / 255, (z + 128) / 255];
  };
  const most = bits === 8 ? 255 : 65535;
  const table = nodes(SIDES, (r, g, b) => {
    // What lies behind undoes itself: numbers are turned, halved and shifted by 0.2 here.
    const [x, y, z] = encode(colourOf(r ** (1 / BEFORE), g ** (1 / BEFORE), b ** (1 / BEFORE)));
    return [y, z, x].map((value) => most * (value * 0.5 + 0.2) ** (1 / MIDDLE)) as [number, number, number];
  });
  const grid = Buffer.alloc(20);
  grid.set(SIDES);
  grid[16] = bits / 8;
  const matrix = fixedNumbers([0, 0, 2, 2, 0, 0, 0, 2, 0, -0.4, -0.4, -0.4]);
  const parts = [
    curves(1),
    matrix,
    curves(MIDDLE),
    padded(Buffer.concat([grid, numbers(table, bits)])),
    curves(BEFORE),
  ];
  const head = Buffer.alloc(24);
  head.set([3, 3]);
  let at = 32;
  for (const [i, part] of parts.entries()) {
    head.writeUInt32BE(at, 4 + 4 * i);
    at += part.length;
  }
  const tags = [
    ["desc", descriptionOf(name)],
    ["wtpt", WHITE_POINT],
    ["A2B0", perceptual],
    ["A2B1", typed("mAB ", Buffer.concat([head, ...parts]))],
  ] as const;
  return profileOf("RGB ", tags, connection, 4);
}

const XYZ_WHOLE = 1 + 32767 / 32768;
/** Powers of the curves. */
const BEFORE = 1.5;
const MIDDLE = 1.25;

function curves(power: number): Buffer {
  const type = Buffer.alloc(4);
  const curve = typed("para", Buffer.concat([type, fixedNumbers([power])]));
  return Buffer.concat([curve, curve, curve]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

/** The numbers of all nodes, of which the last axis varies most rapidly. */
function nodes(sides: readonly [number, number, number], numbersOf: ColourOf): number[] {
  return Array.from({ length: sides[0] * sides[1] * sides[2] }, (_, i) => {
    const b = i % sides[2];
    const g = Math.floor(i / sides[2]) % sides[1];
    const r = Math.floor(i / (sides[1] * sides[2]));
    return numbersOf(r / (sides[0] - 1), g / Math.max(1, sides[1] - 1), b / Math.max(1, sides[2] - 1));
  }).flat();
}

function numbers(values: readonly number[], bits: 8 | 16): Buffer {
  const most = bits === 8 ? 255 : 65535;
  const whole = values.map((value) => Math.round(Math.min(Math.max(value, 0), most)));
  if (bits === 8) return Buffer.from(whole);
  const data = Buffer.alloc(2 * whole.length);
  for (const [i, value] of whole.entries()) data.writeUInt16BE(value, 2 * i);
  return data;
}
