/**
 * IEEE 754 binary16 ("half precision") by integer arithmetic: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits.
 * Exact from 16 to 32 bits; from 32 to 16 bits rounded to nearest, ties to even, subnormals included. JavaScript's own
 * Float16Array is younger than the oldest Node version that the project supports.
 */

const floatView = new Float32Array(1);
const bitsView = new Uint32Array(floatView.buffer);

/** The half nearest to a number (which is first rounded to float32), as 16 bits. Too large becomes infinity; NaN stays NaN. */
export function toFloat16Bits(value: number): number {
  floatView[0] = value;
  const bits = bitsView[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above: nearer to infinity than to 65504
  if (magnitude < 0x38800000) {
    // Below 2^-14 halves are multiples of 2^-24. Adding 1/2 lines the float32 fraction up with that grid (its last bit is
    // worth 2^-24), so that the addition itself rounds to nearest even.
    floatView[0] = Math.abs(floatView[0]!) + 0.5;
    return sign | (bitsView[0]! - 0x3f000000);
  }
  const rebiased = magnitude - ((127 - 15) << 23);
  const roundedUp = rebiased + 0x0fff + ((rebiased >>> 13) & 1);
  return sign | (roundedUp >>> 13);
}

let table: Float32Array | undefined;

/** The values of halves, each given as 16 bits: looked up in a table of all of them. */
export function fromFloat16Array(halves: Uint16Array): Float32Array<ArrayBuffer> {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromFloat16Bits(bits));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]!]!;
  return values;
}

/** The value of a half given as 16 bits; bits above the sixteenth are ignored. */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
