/**
 * Counter-based random numbers: Philox4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy
 * as 1, 2, 3", SC 2011).
 *
 * A value is a pure function of (seed, step, stream, index): nothing is consumed and nothing has to be saved. So a resumed
 * training run sees the noise that an uninterrupted one would have seen, and two surrogates can be compared on common
 * random numbers. One stream belongs to one tensor (or one purpose) and is at most 2^34 values long.
 *
 * Layout of the cipher's input: key = the seed's 64 bits (low word first); counter = (index div 4, stream, low word of the
 * step, high word of the step). The value is word `index mod 4` of the output. This layout is part of what makes old runs
 * repeatable: do not change it.
 *
 * It refuses to be a cryptographic generator. `fillNormal` goes through Math.log, Math.cos and Math.sin, whose last bit the
 * language leaves open: it repeats exactly on one JavaScript engine, not necessarily across engines. Integers and uniforms
 * repeat everywhere.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const LOW_0 = MULTIPLIER_0 & 0xffff;
const HIGH_0 = MULTIPLIER_0 >>> 16;
const LOW_1 = MULTIPLIER_1 & 0xffff;
const HIGH_1 = MULTIPLIER_1 >>> 16;
const WEYL_0 = 0x9e3779b9 | 0;
const WEYL_1 = 0xbb67ae85 | 0;
const ROUNDS = 10;
const TWO_TO_MINUS_32 = 2 ** -32;

/**
 * One application of Philox4x32-10: writes the four output words to `out`. The high half of a 32x32-bit product is put
 * together from four 16-bit products, all in 32-bit integers: twice as fast in V8 as going through doubles.
 */
function philoxBlock(
  out: Int32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let c0 = counter0 | 0;
  let c1 = counter1 | 0;
  let c2 = counter2 | 0;
  let c3 = counter3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const a = c0 & 0xffff;
    const b = c0 >>> 16;
    const carry0 = Math.imul(a, LOW_0) >>> 16;
    const middle0 = (Math.imul(b, LOW_0) + carry0) | 0;
    const cross0 = (Math.imul(a, HIGH_0) + (middle0 & 0xffff)) | 0;
    const upper0 = (Math.imul(b, HIGH_0) + (middle0 >>> 16) + (cross0 >>> 16)) | 0;
    const lower0 = Math.imul(c0, MULTIPLIER_0);

    const c = c2 & 0xffff;
    const d = c2 >>> 16;
    const carry1 = Math.imul(c, LOW_1) >>> 16;
    const middle1 = (Math.imul(d, LOW_1) + carry1) | 0;
    const cross1 = (Math.imul(c, HIGH_1) + (middle1 & 0xffff)) | 0;
    const upper1 = (Math.imul(d, HIGH_1) + (middle1 >>> 16) + (cross1 >>> 16)) | 0;
    const lower1 = Math.imul(c2, MULTIPLIER_1);

    c0 = upper1 ^ c1 ^ k0;
    c2 = upper0 ^ c3 ^ k1;
    c1 = lower1;
    c3 = lower0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * The bare cipher, for tests against published vectors and for uses that need their own layout.
 * @param counter four 32-bit words. @param key two 32-bit words. @returns four unsigned 32-bit words.
 * @throws RangeError when the number of words is wrong.
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>): Uint32Array {
  if (counter.length !== 4 || key.length !== 2) {
    throw new RangeError(`philox4x32: got ${counter.length} counter and ${key.length} key words, expected 4 and 2`);
  }
  const [c0, c1, c2, c3] = Array.from(counter) as [number, number, number, number];
  const [k0, k1] = Array.from(key) as [number, number];
  const out = new Int32Array(4);
  philoxBlock(out, c0, c1, c2, c3, k0, k1);
  return new Uint32Array(out.buffer);
}

const floatBits = new Float32Array(1);
const intBits = new Int32Array(floatBits.buffer);

/** The largest float32 below the float32 nearest to `value`. */
function float32Below(value: number): number {
  floatBits[0] = value;
  const bits = intBits[0]!;
  if (floatBits[0] === 0)
    intBits[0] = -0x7fffffff; // the smallest negative number
  else intBits[0] = bits + (bits < 0 ? 1 : -1);
  return floatBits[0]!;
}

function checkCoordinate(name: string, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value > limit) {
    throw new RangeError(`CounterRandom: ${name}: got ${value}, expected an integer in 0..${limit}`);
  }
}

/** Random numbers that are a pure function of (seed, step, stream, index). Instances hold only the seed. */
export class CounterRandom {
  readonly #key0: number;
  readonly #key1: number;
  readonly #block: Int32Array = new Int32Array(4);

  /**
   * @param seed an integer, 0 <= seed < 2^53 as number or 0 <= seed < 2^64 as bigint; equal values give equal numbers.
   * @throws RangeError for any other seed.
   */
  constructor(seed: number | bigint) {
    if (typeof seed === "number" ? !Number.isSafeInteger(seed) || seed < 0 : seed < 0n || seed >= 1n << 64n) {
      throw new RangeError(`CounterRandom: seed: got ${seed}, expected an integer from 0 up to 2^53 (bigint: 2^64)`);
    }
    const wide = BigInt(seed);
    this.#key0 = Number(wide & 0xffffffffn);
    this.#key1 = Number(wide >> 32n);
  }

  /**
   * The value at one place, uniform over 0..2^32-1.
   * @param step 0..2^53-1. @param stream 0..2^32-1. @param index 0..2^34-1.
   * @throws RangeError outside these ranges.
   */
  uint32(step: number, stream: number, index: number): number {
    checkCoordinate("step", step, Number.MAX_SAFE_INTEGER);
    checkCoordinate("stream", stream, 0xffffffff);
    checkCoordinate("index", index, 2 ** 34 - 1);
    const place = index % 4;
    philoxBlock(this.#block, (index - place) / 4, stream, step, Math.floor(step / 2 ** 32), this.#key0, this.#key1);
    return this.#block[place]! >>> 0;
  }

  /**
   * Fills `out` with uniform values of the open interval (low, high): value i is
   * `low + (high - low) * (floor(uint32(step, stream, i) / 256) + 1/2) / 2^24`, rounded to float32. With the default bounds
   * every value is exact and the distribution is symmetric about 0. Values that would round to `high` or above become the
   * float32 just below it.
   * @throws RangeError for coordinates outside those of {@link uint32}, or bounds that are not finite with low < high as float32.
   */
  fillUniform(out: Float32Array, step: number, stream: number, low: number = -0.5, high: number = 0.5): void {
    const floor = Math.fround(low);
    const ceiling = Math.fround(high);
    if (!(floor < ceiling) || !Number.isFinite(floor) || !Number.isFinite(ceiling)) {
      throw new RangeError(`CounterRandom.fillUniform: got bounds ${low} and ${high}, expected finite low < high`);
    }
    this.#checkFill(step, stream);
    const last = float32Below(ceiling);
    const scale = (ceiling - floor) * 2 ** -24;
    const offset = floor + scale / 2;
    const block = this.#block;
    const stepHigh = Math.floor(step / 2 ** 32);
    const key0 = this.#key0;
    const key1 = this.#key1;
    const count = out.length;
    for (let i = 0, counter = 0; i < count; i += 4, counter++) {
      philoxBlock(block, counter, stream, step, stepHigh, key0, key1);
      const end = Math.min(count - i, 4);
      for (let j = 0; j < end; j++) {
        const value = Math.fround(offset + (block[j]! >>> 8) * scale);
        out[i + j] = value < ceiling ? value : last;
      }
    }
  }

  /**
   * Fills `out` with normal values of mean 0 and the given standard deviation, by the transform of Box and Muller (1958):
   * values 2k and 2k+1 come from the integers 2k and 2k+1 of the stream. Never infinite: at most 6.77 deviations.
   * @throws RangeError for coordinates outside those of {@link uint32} or a deviation that is negative or not finite.
   */
  fillNormal(out: Float32Array, step: number, stream: number, standardDeviation: number = 1): void {
    if (!(standardDeviation >= 0) || !Number.isFinite(standardDeviation)) {
      throw new RangeError(`CounterRandom.fillNormal: got standard deviation ${standardDeviation}, expected 0 or more`);
    }
    this.#checkFill(step, stream);
    const block = this.#block;
    const stepHigh = Math.floor(step / 2 ** 32);
    for (let i = 0, counter = 0; i < out.length; i += 4, counter++) {
      philoxBlock(block, counter, stream, step, stepHigh, this.#key0, this.#key1);
      for (let j = 0; j < 4 && i + j < out.length; j += 2) {
        const uniform = ((block[j]! >>> 0) + 0.5) * TWO_TO_MINUS_32;
        const angle = 2 * Math.PI * (block[j + 1]! >>> 0) * TWO_TO_MINUS_32;
        const radius = standardDeviation * Math.sqrt(-2 * Math.log(uniform));
        out[i + j] = radius * Math.cos(angle);
        // Writing past the end of a typed array is a no-op, which is what an odd length needs.
        out[i + j + 1] = radius * Math.sin(angle);
      }
    }
  }

  #checkFill(step: number, stream: number): void {
    checkCoordinate("step", step, Number.MAX_SAFE_INTEGER);
    checkCoordinate("stream", stream, 0xffffffff);
  }
}
