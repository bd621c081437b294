import { describe, expect, it } from "vitest";
import { growth } from "../networks/architectures/halfstep-growth.ts";
import { growWeights } from "./grow-weights.ts";

const tensor = (shape: readonly number[], first: number) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i),
});

function grown(name: string, small: readonly number[], large: readonly number[]): readonly number[] | undefined {
  const found = growWeights(new Map([[name, tensor(large, 100)]]), new Map([[name, tensor(small, 1)]]), growth).get(
    name,
  );
  return found && [...found.data];
}

describe("growWeights", () => {
  it("takes what is alike, and what is new as it was drawn", () => {
    const fresh = new Map([
      ["kept", tensor([2], 10)],
      ["new", tensor([2], 20)],
    ]);
    const weights = growWeights(
      fresh,
      new Map([
        ["kept", tensor([2], 1)],
        ["gone", tensor([2], 5)],
      ]),
      growth,
    );
    expect([...weights].map(([name, { data }]) => [name, ...data])).toEqual([
      ["kept", 1, 2],
      ["new", 20, 21],
    ]);
  });

  it("lets new channels say nothing and nobody listen to them", () => {
    // Two outputs of two inputs become three of three.
    expect(grown("ga.out.weight", [2, 2, 1, 1], [3, 3, 1, 1])).toEqual([1, 2, 0, 3, 4, 0, 0, 0, 0]);
    expect(grown("ga.out.bias", [2], [3])).toEqual([1, 2, 0]);
  });

  it("silences a bypass of the analysis that is new, and draws that of the synthesis", () => {
    const fresh = new Map(["ga.bypass.bias", "gs.bypass.bias"].map((name) => [name, tensor([2], 1)]));
    expect([...growWeights(fresh, new Map(), growth).values()].map(({ data }) => [...data])).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });

  it("takes new columns of tables by quality as they were drawn", () => {
    expect(grown("ga.gain", [2, 1], [2, 3])).toEqual([1, 101, 102, 2, 104, 105]);
  });

  it("lets new knots of a table go on from the last known one, as fresh ones rise from theirs", () => {
    // Two knots of two channels become three of three; fresh values rise by 3 from knot to knot.
    expect(grown("ga.gain", [2, 2], [3, 3])).toEqual([1, 2, 102, 3, 4, 105, 6, 7, 108]);
  });

  it("expects nothing of a group of channels that is new", () => {
    const fresh = new Map([
      ["context2.conv1.weight", tensor([4, 1, 1, 1], 1)],
      ["context2.conv1.bias", tensor([4], 1)],
    ]);
    expect([...growWeights(fresh, new Map(), growth).values()].map(({ data }) => [...data])).toEqual([
      [0, 0, 0, 0],
      [-1.5, -1.5, 0, 0],
    ]);
  });

  it("draws what the bypass of the synthesis makes of new channels: without it, they would never learn to speak", () => {
    expect(grown("gs.bypass.weight", [2, 1, 1, 1], [2, 2, 1, 1])).toEqual([1, 101, 2, 103]);
    expect(grown("ga.bypass.weight", [1, 2, 1, 1], [2, 2, 1, 1])).toEqual([1, 2, 0, 0]);
  });

  it("lets scales and means, which follow one another, each grow at its end", () => {
    expect(grown("context0.conv1.bias", [4], [6])).toEqual([1, 2, -1.5, 3, 4, 0]);
    expect(grown("hs.out.weight", [2, 1, 1, 1], [4, 1, 1, 1])).toEqual([1, 0, 2, 0]);
  });

  it("divides a context of all channels into contexts of two groups", () => {
    // y has 3 channels, of which the first group takes 1; contexts are 2 wide, features 1.
    const small = new Map([
      ["context0.spatial.weight", tensor([2, 3, 1, 1], 1)],
      ["context0.spatial.bias", tensor([2], 10)],
      ["context0.conv0.weight", tensor([2, 3, 1, 1], 20)],
      ["context0.conv0.bias", tensor([2], 30)],
      ["context0.conv1.weight", tensor([6, 2, 1, 1], 40)],
      ["context0.conv1.bias", tensor([6], 60)],
    ]);
    const shapes: readonly (readonly [string, readonly number[]])[] = [
      ["context0.spatial.weight", [2, 1, 1, 1]],
      ["context0.conv1.bias", [2]],
      ["context1.spatial.weight", [2, 2, 1, 1]],
      ["context1.spatial.bias", [2]],
      ["context1.before.weight", [2, 1, 1, 1]],
      ["context1.before.bias", [2]],
      ["context1.conv0.weight", [2, 5, 1, 1]],
      ["context1.conv1.weight", [4, 2, 1, 1]],
      ["context1.conv1.bias", [4]],
    ];
    const weights = growWeights(new Map(shapes.map(([name, shape]) => [name, tensor(shape, 100)])), small, growth);
    const found = Object.fromEntries([...weights].map(([name, { data }]) => [name, [...data]]));
    expect(found).toEqual({
      "context0.spatial.weight": [1, 4],
      "context0.conv1.bias": [60, 63],
      "context1.spatial.weight": [2, 3, 5, 6],
      "context1.spatial.bias": [10, 11],
      // New, and silent: nobody listens.
      "context1.before.weight": [100, 101],
      "context1.before.bias": [100, 101],
      "context1.conv0.weight": [20, 21, 0, 0, 22, 23, 24, 0, 0, 25],
      "context1.conv1.weight": [42, 43, 44, 45, 48, 49, 50, 51],
      "context1.conv1.bias": [61, 62, 64, 65],
    });
  });

  it("leaves out what would have to shrink, or has other axes", () => {
    expect(grown("ga.out.bias", [3], [2])).toBeUndefined();
    expect(grown("ga.out.bias", [3], [3, 1])).toBeUndefined();
  });

  it("leaves out the first layers of other inner widths, which cannot grow, and of another kind", () => {
    expect(grown("ga.in.weight", [2, 3, 1, 1], [3, 3, 1, 1])).toBeUndefined();
    expect(grown("ga.down.weight", [2, 8, 1, 1], [2, 12, 1, 1])).toBeUndefined();
    expect(growWeights(new Map([["ga.in.weight", tensor([1, 3, 1, 1], 1)]]), new Map(), growth).size).toBe(0);
    expect(grown("ga.in.weight", [1, 3, 1, 1], [1, 3, 1, 1])).toEqual([1, 2, 3]);
  });
});
