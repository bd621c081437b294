/**
 * The Gaussian window that SSIMULACRA 2 means: the "truncated cosine functions" of D. Charalampidis, "Recursive implementation of the
 * Gaussian filter using truncated cosine functions" (2016). It is a sum of three cosines that ends where they are zero, chosen because
 * it can be computed recursively; here it is applied as the short window that it is.
 *
 * The window must sum to 1 and have the variance sigma^2. Among the amplitudes that do so, these have the least squared distance from those
 * of the Gaussian itself. The paper's closed form (its equations 37 to 56) is the same: a test compares them.
 */
import { type HalfWindow, windowRadius } from "./local-moments.ts";

/**
 * Weights from the centre outwards; the last one is 0 for sigma = 1.5.
 *
 * @param sigma standard deviation in pixels; at most 1.5; a wider window does not fit into 11 taps
 * @throws {RangeError} if it does not fit
 */
export function truncatedCosineWindow(sigma: number): HalfWindow {
  // Where the cosines end, from the paper's equation 57.
  const radius = Math.round(3.2795 * sigma + 0.2546);
  if (!(radius >= 3 && radius <= windowRadius)) {
    throw new RangeError(
      `truncatedCosineWindow: got a radius of ${radius} for sigma ${sigma}, expected 3 to ${windowRadius}`,
    );
  }
  const frequencies = [1, 3, 5].map((k) => (k * Math.PI) / (2 * radius));
  const distances = Array.from({ length: 2 * radius - 1 }, (_, i) => i - radius + 1);
  const sums = frequencies.map((frequency) => total(distances, (d) => Math.cos(frequency * d)));
  const spreads = frequencies.map((frequency) => total(distances, (d) => d * d * Math.cos(frequency * d)));
  const gaussian = frequencies.map((frequency) => Math.exp(-((sigma * frequency) ** 2) / 2) / radius);

  // amplitudes = gaussian + u * sums + v * spreads, such that dot(amplitudes, sums) = 1 and dot(amplitudes, spreads) = sigma^2.
  const [ss, sp, pp] = [dot(sums, sums), dot(sums, spreads), dot(spreads, spreads)];
  const [missingSum, missingSpread] = [1 - dot(gaussian, sums), sigma ** 2 - dot(gaussian, spreads)];
  const determinant = ss * pp - sp * sp;
  const u = (missingSum * pp - missingSpread * sp) / determinant;
  const v = (missingSpread * ss - missingSum * sp) / determinant;
  const amplitudes = gaussian.map((amplitude, k) => amplitude + u * sums[k]! + v * spreads[k]!);

  const at = (distance: number): number =>
    distance >= radius
      ? 0
      : dot(
          amplitudes,
          frequencies.map((frequency) => Math.cos(frequency * distance)),
        );
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}

function total(values: readonly number[], term: (value: number) => number): number {
  return values.reduce((sum, value) => sum + term(value), 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
