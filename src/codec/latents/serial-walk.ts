/**
 * The walk of a serial context. A position depends on neighbours above and to the left; positions that do not depend on one another, the
 * diagonals of slope kernel / 2 + 1, are computed together. So a map of 48 x 32 takes 141 small matrix products in place of 1536,
 * and no network ever runs on the whole map. Diagonal after diagonal is therefore the order of symbols too (FORMAT.md).
 */
import type { FloatArray } from "../../engine/index.ts";
import { causalTaps } from "../../networks/entropy/index.ts";
import type { NetworkRunner } from "../graphs.ts";
import type { ContextWalk } from "./walk.ts";

/**
 * Positions by diagonal, each from the top down: `row * width + column`. Diagonal d has the positions with
 * column + (reach + 1) * row = d, where a causal kernel of side 2 reach + 1 sees only earlier diagonals.
 */
export function diagonals(height: number, width: number, kernel: number): readonly Int32Array[] {
  const slope = (kernel >> 1) + 1;
  return Array.from({ length: width + slope * (height - 1) }, (_, d) => {
    const positions: number[] = [];
    for (let row = Math.max(0, Math.ceil((d - width + 1) / slope)); row < height && slope * row <= d; row++) {
      positions.push(row * width + d - slope * row);
    }
    return Int32Array.from(positions);
  });
}

/** `[1, channels, h, w]` with the channels last. */
function channelsLast({ data, shape }: FloatArray): Float32Array {
  const [, channels, height, width] = shape as readonly [number, number, number, number];
  const area = height * width;
  const result = new Float32Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < area; i++) result[i * channels + channel] = data[channel * area + i]!;
  }
  return result;
}

/** Makes the walk. @param exponents `[M]`: y^ enters the context as the level round(y^ * 2^exponent) */
export function serialWalk(exponents: Int8Array, kernel: number, M: number, runner: NetworkRunner): ContextWalk {
  const taps = causalTaps(kernel);
  const powers = Float64Array.from(exponents, (exponent) => 2 ** exponent);
  return async (features, { code }) => {
    const [, featureChannels, height, width] = features.shape as readonly [number, number, number, number];
    const area = height * width;
    const byPosition = channelsLast(features);
    const yHat = new Float32Array(M * area);
    /** Levels of y^, channels last. */
    const levels = new Float32Array(area * M);
    for (const positions of diagonals(height, width, kernel)) {
      const count = positions.length;
      if (count === 0) continue;
      const own = new Float32Array(count * featureChannels);
      const neighbours = new Float32Array(count * taps.length * M);
      for (let i = 0; i < count; i++) {
        const position = positions[i]!;
        const [row, column] = [Math.floor(position / width), position % width];
        own.set(byPosition.subarray(position * featureChannels, (position + 1) * featureChannels), i * featureChannels);
        for (let t = 0; t < taps.length; t++) {
          const tap = taps[t] as (typeof taps)[number];
          const [from, at] = [row + tap.row, column + tap.column];
          if (from < 0 || at < 0 || at >= width) continue;
          const neighbour = (from * width + at) * M;
          neighbours.set(levels.subarray(neighbour, neighbour + M), (i * taps.length + t) * M);
        }
      }
      const { data } = await runner.entropy("position", {
        features: { data: own, shape: [1, 1, count, featureChannels] },
        neighbours: { data: neighbours, shape: [1, 1, count, taps.length * M] },
      });
      const [scales, means] = [new Float32Array(count * M), new Float32Array(count * M)];
      const elements = new Int32Array(count * M);
      for (let i = 0; i < count; i++) {
        scales.set(data.subarray(2 * i * M, (2 * i + 1) * M), i * M);
        means.set(data.subarray((2 * i + 1) * M, (2 * i + 2) * M), i * M);
        for (let channel = 0; channel < M; channel++) {
          elements[i * M + channel] = channel * area + positions[i]!;
        }
      }
      const symbols = code(scales, means, elements);
      for (let i = 0; i < elements.length; i++) {
        const value = Math.fround(symbols[i]! + means[i]!);
        const channel = i % M;
        yHat[elements[i]!] = value;
        levels[positions[Math.floor(i / M)]! * M + channel] = Math.floor(value * powers[channel]! + 0.5);
      }
    }
    return { data: yHat, shape: [1, M, height, width] };
  };
}
