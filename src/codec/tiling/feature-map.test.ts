import { describe, expect, it } from "vitest";
import { FeatureMap } from "./feature-map.ts";

/** Runs that a loop copies, and runs that are copied as a view. */
const WIDTHS = [1, 3, 64, 65, 200];
const [HEIGHT, WIDTH] = [3, 210];

/** A map of two channels whose elements are all different. */
const numbered = (): FeatureMap =>
  new FeatureMap(
    2,
    HEIGHT,
    WIDTH,
    Float32Array.from({ length: 2 * HEIGHT * WIDTH }, (_, i) => i + 1),
  );

/** Elements of two rows from the second on, by channels. */
const expectedOf = (left: number, width: number, channels: number): number[] =>
  Array.from({ length: channels * 2 * width }, (_, i) => {
    const [channel, row] = [Math.floor(i / (2 * width)), 1 + (Math.floor(i / width) % 2)];
    return (channel * HEIGHT + row) * WIDTH + left + (i % width) + 1;
  });

describe("FeatureMap", () => {
  it.each(WIDTHS)("reads, writes and copies rectangles that are %i wide", (width) => {
    const [map, left] = [numbered(), 7];
    const part = { top: 1, left, height: 2, width };
    const read = map.read(part);
    expect(read.shape).toEqual([1, 2, 2, width]);
    expect([...read.data]).toEqual(expectedOf(left, width, 2));

    const written = new FeatureMap(2, HEIGHT, WIDTH);
    written.write({ ...part, top: 0, left: 2 }, { data: map.data, shape: [1, 2, HEIGHT, WIDTH] }, part);
    expect([...written.read({ ...part, top: 0, left: 2 }).data]).toEqual(expectedOf(left, width, 2));
    expect(written.data.filter((value) => value !== 0)).toHaveLength(2 * 2 * width);

    const copied = new FeatureMap(3, 2, width, new Float32Array(3 * 2 * width).fill(-1));
    copied.copy(map, part, 0, 0);
    // The third channel is one that the other map lacks.
    expect([...copied.data]).toEqual([...expectedOf(left, width, 2), ...new Array(2 * width).fill(0)]);
  });

  it("refuses an array with more channels than it has", () => {
    const part = { top: 0, left: 0, height: 1, width: 1 };
    const source = { data: new Float32Array(2), shape: [1, 2, 1, 1] };
    expect(() => new FeatureMap(1, 2, 2).write(part, source, part)).toThrow(/^internal: got 2 channels/);
  });
});
