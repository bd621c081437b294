/** Losses of one quantized value, in which the latent only sets a target that is held fixed while differentiating. */

/** A loss l(v; y). */
export interface PointLoss {
  /** l(v; y). */
  value(v: number, y: number): number;
  /** dl/dv. */
  slope(v: number, y: number): number;
}

/** (v - t)^2 with the target t = y - offset: what a decoder pulls towards that would rather have the latent elsewhere. */
export function squaredDistance(offset: number): PointLoss {
  return {
    value: (v, y) => (v - y + offset) ** 2,
    slope: (v, y) => 2 * (v - y + offset),
  };
}
