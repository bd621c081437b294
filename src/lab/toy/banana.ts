/**
 * A source of two dimensions whose best transform is not linear: points along a parabola with noise across it. The shape is that
 * of the "banana" by which nonlinear transform coding is explained (Ballé et al., "Nonlinear Transform Coding", 2020).
 *
 *   x0 = 1.6 a,  x1 = 0.5 x0^2 - 1.28 + 0.35 b,  a and b standard normal
 */
import type { CounterRandom } from "../../engine/index.ts";

const LENGTH = 1.6;
const BEND = 0.5;
const WIDTH = 0.35;
/** Mean of the parabola: the source has mean 0. */
const SHIFT: number = BEND * LENGTH ** 2;

/** Fills `out` with points, x0 and x1 in turn. @param step,stream coordinates of the random numbers */
export function fillBanana(out: Float32Array, random: CounterRandom, step: number, stream: number): void {
  random.fillNormal(out, step, stream);
  for (let i = 0; i + 1 < out.length; i += 2) {
    const x0 = LENGTH * out[i]!;
    out[i] = x0;
    out[i + 1] = BEND * x0 * x0 - SHIFT + WIDTH * out[i + 1]!;
  }
}

/** The part of the plane in which nearly all points lie. */
export const BANANA_FRAME = { left: -4.6, right: 4.6, bottom: -2.6, top: 5.6 } as const;
