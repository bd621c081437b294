/**
 * Where integrals over the noise u in (-1/2, 1/2) are broken. A surrogate that rounds at random takes the less likely side where u
 * is nearer to an end than that side's probability, which may be very small. A rule sees nothing nearer to the end than its outermost
 * point. So panels shrink towards both ends, by 4 at a time, down to where the noise's logarithms stop.
 */
import { NOISE_MARGIN } from "../../quantize/cells.ts";

const UPPER: readonly number[] = [
  ...Array.from({ length: 12 }, (_, i) => 0.5 - 2 ** (-2 * (i + 1))),
  0.5 - NOISE_MARGIN,
  0.5,
];

/** Ascending, from -1/2 to 1/2. */
export const NOISE_BREAKPOINTS: readonly number[] = [...UPPER.map((u) => -u).toReversed(), 0, ...UPPER];
