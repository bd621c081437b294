/**
 * Transfer curves: from the level of a sample to the amount of light, both 0..1. Based on IEC 61966-2-1 (sRGB) ITU-T H.273, table 3, and ITU-R BT.1886.
 * It has no curves for PQ and HLG: what they say is relative to a display, and turning it into sRGB is tone mapping (decision 0020).
 */

/** From a sample, 0 for black and 1 for white, to linear light on the same scale. */
export type TransferCurve = (sample: number) => number;

/** IEC 61966-2-1. */
export const srgbCurve: TransferCurve = (sample) =>
  sample <= 0.04045 ? sample / 12.92 : ((sample + 0.055) / 1.055) ** 2.4;

/** The inverse of {@link srgbCurve}. */
export function srgbSample(light: number): number {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** Light as it is. */
export const linearCurve: TransferCurve = (sample) => sample;

/** A power of the sample. */
export function gammaCurve(gamma: number): TransferCurve {
  return (sample) => sample ** gamma;
}

/** ITU-R BT.1886: how a display shows what a camera wrote by the curve of BT.709. */
export const cameraCurve: TransferCurve = gammaCurve(2.4);
