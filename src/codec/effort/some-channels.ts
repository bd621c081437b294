/** Some channels of a map: what a search moves where others are left out. */
import type { FloatArray } from "../../engine/index.ts";

/** A copy of some channels of a map `[1, c, h, w]`, in the order in which they are named. */
export function takeChannels({ data, shape }: FloatArray, channels: readonly number[]): FloatArray {
  const [, , height, width] = shape as readonly [number, number, number, number];
  const area = height * width;
  const taken = new Float32Array(channels.length * area);
  for (const [i, channel] of channels.entries()) {
    taken.set(data.subarray(channel * area, (channel + 1) * area), i * area);
  }
  return { data: taken, shape: [1, channels.length, height, width] };
}

/** Writes what {@link takeChannels} gave back into the map. @param taken `[1, channels, h, w]` */
export function putChannels({ data, shape }: FloatArray, channels: readonly number[], taken: Float32Array): void {
  const [, , height, width] = shape as readonly [number, number, number, number];
  const area = height * width;
  for (const [i, channel] of channels.entries()) data.set(taken.subarray(i * area, (i + 1) * area), channel * area);
}

/** The channels of a map that are not 0 everywhere, and all below `required`. */
export function channelsThere({ data, shape }: FloatArray, required: number): readonly number[] {
  const [, count, height, width] = shape as readonly [number, number, number, number];
  const area = height * width;
  return Array.from({ length: count }, (_, channel) => channel).filter(
    (channel) => channel < required || data.subarray(channel * area, (channel + 1) * area).some((value) => value !== 0),
  );
}
