/**
 * Weighted sums of two planes over a window that slides over them, row by row. Measures of structural similarity are made of them.
 * The window is symmetric and separable: every row is filtered along x once and kept in a ring, whose rows are then filtered along y.
 * Four signals suffice, since only the sum of the two variances is ever needed.
 */

/** Taps of a window to each side of its centre, and all of them. */
export const windowRadius = 5;
export const windowTaps: number = 2 * windowRadius + 1;

/** Weights of a window from its centre outwards; those of both sides with the centre sum to 1. */
export type HalfWindow = readonly [number, number, number, number, number, number];

/** One channel of an image, at one scale. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  /** [height, width] */
  readonly levels: Float32Array;
}

/**
 * Where windows lie: `inside` the plane alone, or around every pixel, with zeros beyond the plane (`zeros`). The latter darkens what is
 * near the border.
 */
export type Border = "inside" | "zeros";

/**
 * Calls `visit` for every row of window positions, from above, with the sums of a, b, a^2 + b^2 and a b at each: [positions, 4]. The
 * array is used again for the next row.
 */
export function eachRowOfMoments(
  a: Plane,
  b: Plane,
  window: HalfWindow,
  border: Border,
  visit: (moments: Float64Array, y: number) => void,
): void {
  const { width, height } = a;
  const margin = border === "zeros" ? windowRadius : 0;
  const signals = 4 * (width + 2 * margin - 2 * windowRadius);
  const rows = height + 2 * margin - 2 * windowRadius;
  // Rows above the plane are the zeros that the ring begins with.
  const ring = Array.from({ length: windowTaps }, () => new Float64Array(signals));
  const scratch = new Float64Array(4 * (width + 2 * margin));
  const moments = new Float64Array(signals);
  const lookAhead = windowTaps - 1 - margin;
  for (let y = 0; y < rows + lookAhead; y++) {
    const filtered = ring[y % windowTaps]!;
    if (y < height) filterAlongX(a.levels, b.levels, y * width, width, window, scratch, 4 * margin, filtered);
    else filtered.fill(0);
    if (y < lookAhead) continue;
    filterAlongY(ring, y + 1, window, moments);
    visit(moments, y - lookAhead);
  }
}

/** One row of a, b, a^2 + b^2 and a b, interleaved and filtered along x. `scratch` has zeros before `margin` and at its end. */
function filterAlongX(
  a: Float32Array,
  b: Float32Array,
  start: number,
  width: number,
  window: HalfWindow,
  scratch: Float64Array,
  margin: number,
  filtered: Float64Array,
): void {
  for (let x = 0, at = margin; x < width; x++, at += 4) {
    const left = a[start + x]!;
    const right = b[start + x]!;
    scratch[at] = left;
    scratch[at + 1] = right;
    scratch[at + 2] = left * left + right * right;
    scratch[at + 3] = left * right;
  }
  const [w0, w1, w2, w3, w4, w5] = window;
  for (let at = 0, s = scratch, c = 4 * windowRadius; at < filtered.length; at++, c++) {
    filtered[at] =
      w0 * s[c]! +
      w1 * (s[c - 4]! + s[c + 4]!) +
      w2 * (s[c - 8]! + s[c + 8]!) +
      w3 * (s[c - 12]! + s[c + 12]!) +
      w4 * (s[c - 16]! + s[c + 16]!) +
      w5 * (s[c - 20]! + s[c + 20]!);
  }
}

/** The window sums from a ring of 11 filtered rows. The oldest row lies at `oldest % 11`. */
function filterAlongY(ring: readonly Float64Array[], oldest: number, window: HalfWindow, moments: Float64Array): void {
  const row = (tap: number): Float64Array => ring[(oldest + tap) % windowTaps]!;
  const [r0, r1, r2, r3, r4, r5] = [row(0), row(1), row(2), row(3), row(4), row(5)];
  const [r6, r7, r8, r9, r10] = [row(6), row(7), row(8), row(9), row(10)];
  const [w0, w1, w2, w3, w4, w5] = window;
  for (let at = 0; at < moments.length; at++) {
    moments[at] =
      w0 * r5[at]! +
      w1 * (r4[at]! + r6[at]!) +
      w2 * (r3[at]! + r7[at]!) +
      w3 * (r2[at]! + r8[at]!) +
      w4 * (r1[at]! + r9[at]!) +
      w5 * (r0[at]! + r10[at]!);
  }
}
