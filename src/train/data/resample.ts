/**
 * Reduction of a square window of an 8-bit RGB image to a square crop of planar floats, in two passes with an antialiasing
 * triangle filter: the linear interpolation kernel stretched by the reduction factor, as image libraries use it
 * for downscaling. Weights depend only on the two sizes and are computed once per pair.
 *
 * Written for speed in the training loop: integer weights in the first pass (12 fraction bits on 8-bit samples), and no
 * allocation per crop. It refuses to enlarge.
 */

const WEIGHT_BITS = 12;
const WEIGHT_ONE = 1 << WEIGHT_BITS;
/** First-pass results are 255 * WEIGHT_ONE for white. */
const WHITE = 255 * WEIGHT_ONE;

/** Weights of one reduction: output i is the sum over t of weights[i * taps + t] * input[starts[i] + t]. */
export interface ReductionKernel {
  readonly window: number;
  readonly crop: number;
  /** Inputs per output; 1 when the sizes are equal. */
  readonly taps: number;
  /** First input of every output, so that all taps lie inside the window. */
  readonly starts: Int32Array;
  /** Weights with 12 fraction bits; those of one output sum to exactly 4096. */
  readonly weights: Int32Array;
}

/**
 * Weights that reduce `window` samples to `crop`. Output i is centred on input (i + 1/2) * window / crop - 1/2; at the ends
 * the filter is cut off and normalised.
 * @throws RangeError unless 1 <= crop <= window.
 */
export function reductionKernel(window: number, crop: number): ReductionKernel {
  if (!Number.isInteger(window) || !Number.isInteger(crop) || crop < 1 || window < crop) {
    throw new RangeError(`reductionKernel: got ${window} to ${crop}, expected integers with 1 <= crop <= window`);
  }
  const ratio = window / crop;
  // A triangle of half-width `ratio` covers at most ceil(2 * ratio) integers strictly inside it.
  const taps = window === crop ? 1 : Math.min(window, Math.ceil(2 * ratio));
  const starts = new Int32Array(crop);
  const weights = new Int32Array(crop * taps);
  for (let i = 0; i < crop; i++) {
    const centre = (i + 0.5) * ratio - 0.5;
    const start = Math.min(Math.max(Math.floor(centre - ratio) + 1, 0), window - taps);
    const exact = Array.from({ length: taps }, (_, t) => Math.max(0, 1 - Math.abs(start + t - centre) / ratio));
    const total = exact.reduce((sum, weight) => sum + weight, 0);
    let rest = WEIGHT_ONE;
    let largest = 0;
    for (const [t, weight] of exact.entries()) {
      const rounded = Math.round((weight / total) * WEIGHT_ONE);
      weights[i * taps + t] = rounded;
      rest -= rounded;
      if (weight > exact[largest]!) largest = t;
    }
    weights[i * taps + largest] = weights[i * taps + largest]! + rest;
    starts[i] = start;
  }
  return { window, crop, taps, starts, weights };
}

/** Reduces windows to crops of one size, keeping kernels and intermediate memory. */
export class WindowReducer {
  readonly crop: number;
  readonly #kernels = new Map<number, ReductionKernel>();
  /** First-pass result: planes of [window rows, crop columns]. */
  #columns: Int32Array<ArrayBuffer> = new Int32Array(0);

  constructor(crop: number) {
    this.crop = crop;
  }

  /**
   * Reduces a window and writes it as planes [3, crop, crop] of values 0..1.
   * @param source bytes in which the window's pixel (column c, row r) begins at start + r * rowBytes + 3 * c.
   * @param flip whether the result is mirrored left to right. @param offset where in `out` the first plane begins.
   */
  reduce(
    source: Uint8Array,
    start: number,
    rowBytes: number,
    window: number,
    flip: boolean,
    out: Float32Array,
    offset: number,
  ): void {
    if (window === this.crop) {
      this.#copy(source, start, rowBytes, flip, out, offset);
    } else {
      const kernel = this.#kernel(window);
      this.#reduceRows(source, start, rowBytes, kernel, flip);
      this.#reduceColumns(kernel, out, offset);
    }
  }

  #kernel(window: number): ReductionKernel {
    let kernel = this.#kernels.get(window);
    if (kernel === undefined) {
      kernel = reductionKernel(window, this.crop);
      this.#kernels.set(window, kernel);
    }
    return kernel;
  }

  #copy(source: Uint8Array, start: number, rowBytes: number, flip: boolean, out: Float32Array, offset: number): void {
    const { crop } = this;
    const plane = crop * crop;
    for (let y = 0; y < crop; y++) {
      let from = start + y * rowBytes;
      let to = offset + y * crop + (flip ? crop - 1 : 0);
      const direction = flip ? -1 : 1;
      for (let x = 0; x < crop; x++) {
        out[to] = source[from]! / 255;
        out[to + plane] = source[from + 1]! / 255;
        out[to + 2 * plane] = source[from + 2]! / 255;
        from += 3;
        to += direction;
      }
    }
  }

  #reduceRows(source: Uint8Array, start: number, rowBytes: number, kernel: ReductionKernel, flip: boolean): void {
    const { window, crop, taps, starts, weights } = kernel;
    const plane = window * crop;
    if (this.#columns.length < 3 * plane) this.#columns = new Int32Array(3 * plane);
    const columns = this.#columns;
    for (let y = 0; y < window; y++) {
      const row = start + y * rowBytes;
      for (let x = 0; x < crop; x++) {
        let red = 0;
        let green = 0;
        let blue = 0;
        let from = row + 3 * starts[x]!;
        const end = (x + 1) * taps;
        for (let k = x * taps; k < end; k++) {
          const weight = weights[k]!;
          red = (red + Math.imul(weight, source[from]!)) | 0;
          green = (green + Math.imul(weight, source[from + 1]!)) | 0;
          blue = (blue + Math.imul(weight, source[from + 2]!)) | 0;
          from += 3;
        }
        const to = y * crop + (flip ? crop - 1 - x : x);
        columns[to] = red;
        columns[to + plane] = green;
        columns[to + 2 * plane] = blue;
      }
    }
  }

  #reduceColumns(kernel: ReductionKernel, out: Float32Array, offset: number): void {
    const { window, crop, taps, starts, weights } = kernel;
    const columns = this.#columns;
    // 255 * 2^12 * 2^12 exceeds 32 bits: the second pass is in doubles, which hold it exactly.
    const scale = 1 / (WHITE * WEIGHT_ONE);
    for (let plane = 0; plane < 3; plane++) {
      for (let y = 0; y < crop; y++) {
        const from = (plane * window + starts[y]!) * crop;
        const to = offset + (plane * crop + y) * crop;
        for (let x = 0; x < crop; x++) {
          let sum = 0;
          let at = from + x;
          for (let t = 0; t < taps; t++) {
            sum += weights[y * taps + t]! * columns[at]!;
            at += crop;
          }
          out[to + x] = sum * scale;
        }
      }
    }
  }
}
