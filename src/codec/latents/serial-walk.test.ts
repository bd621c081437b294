import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FloatArray } from "../../engine/index.ts";
import { causalTaps } from "../../networks/entropy/index.ts";
import type { EntropyFeeds, NetworkRunner } from "../graphs.ts";
import { diagonals, serialWalk } from "./serial-walk.ts";

describe("the diagonals of a map", () => {
  it("hold every position once, after all that a causal kernel sees of it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(3, 5, 7),
        (h, w, k) => {
          const order = diagonals(h, w, k);
          const found = new Map<number, number>();
          for (const [d, positions] of order.entries()) for (const position of positions) found.set(position, d);
          expect(found.size).toBe(h * w);
          expect(order.reduce((sum, { length }) => sum + length, 0)).toBe(h * w);
          for (const [position, d] of found) {
            for (const { row, column } of causalTaps(k)) {
              const [r, c] = [Math.floor(position / w) + row, (position % w) + column];
              if (r >= 0 && c >= 0 && c < w) expect(found.get(r * w + c)).toBeLessThan(d);
            }
          }
        },
      ),
    );
  });

  it("are few: a latent of 48 x 32 takes 141 steps", () => {
    expect(diagonals(32, 48, 5)).toHaveLength(141);
  });
});

describe("a serial walk", () => {
  it("shows each position its features and decoded neighbours, zeros beyond the edges, and puts results in their places", async () => {
    const [M, height, width] = [2, 4, 5];
    const area = height * width;
    const taps = causalTaps(5);
    const exponents = Int8Array.of(0, 3);
    const features: FloatArray = {
      data: Float32Array.from({ length: 3 * area }, (_, i) => 100 * Math.floor(i / area) + (i % area)),
      shape: [1, 3, height, width],
    };
    const symbolAt = (element: number): number => ((element * 7) % 11) - 5;
    const meanAt = (channel: number, position: number): number => (channel + position) / 16;
    const expected = Float32Array.from(
      { length: M * area },
      (_, i) => symbolAt(i) + meanAt(Math.floor(i / area), i % area),
    );
    const levelAt = (channel: number, position: number): number =>
      Math.floor(expected[channel * area + position]! * 2 ** exponents[channel]! + 0.5);
    const seen = new Set<number>();
    const unused = (): never => {
      throw new Error("not part of the walk");
    };
    const runner: NetworkRunner = {
      get network() {
        return unused();
      },
      analysis: unused,
      hyperAnalysis: unused,
      synthesis: unused,
      open: unused,
      close: unused,
      async entropy(name: string, { features: own, neighbours }: EntropyFeeds) {
        if (own === undefined || neighbours === undefined) throw new Error("a network without features or neighbours");
        expect(name).toBe("position");
        const count = own.shape[2]!;
        const data = new Float32Array(2 * M * count);
        for (let i = 0; i < count; i++) {
          const position = own.data[3 * i]!;
          expect([...own.data.subarray(3 * i, 3 * i + 3)]).toEqual([position, 100 + position, 200 + position]);
          const wanted = taps.flatMap(({ row, column }) => {
            const [r, c] = [Math.floor(position / width) + row, (position % width) + column];
            return [0, 1].map((channel) => (r < 0 || c < 0 || c >= width ? 0 : levelAt(channel, r * width + c)));
          });
          expect([...neighbours.data.subarray(i * wanted.length, (i + 1) * wanted.length)]).toEqual(wanted);
          for (let channel = 0; channel < M; channel++) {
            data[2 * M * i + channel] = 1 + position;
            data[2 * M * i + M + channel] = meanAt(channel, position);
          }
          seen.add(position);
        }
        return { data, shape: [1, 1, count, 2 * M] };
      },
    };
    const yHat = await serialWalk(
      exponents,
      5,
      M,
      runner,
    )(features, {
      code: (scales, means, elements) =>
        Int32Array.from(elements ?? [], (element, i) => {
          expect(scales[i]).toBe(1 + (element % area));
          expect(means?.[i]).toBe(meanAt(Math.floor(element / area), element % area));
          return symbolAt(element);
        }),
      presence: () => {
        throw new Error("a serial context leaves nothing out");
      },
    });
    expect(seen.size).toBe(area);
    expect(yHat).toEqual({ data: expected, shape: [1, M, height, width] });
  });
});
