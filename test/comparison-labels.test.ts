import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeLabels } from "../experiments/comparison/place-labels.ts";

describe("placeLabels", () => {
  it("puts a label beside a point that is alone", () => {
    expect(placeLabels([{ x: 10, y: 50 }], 100)).toEqual([{ x: 19, y: 50 }]);
    expect(placeLabels([], 100)).toEqual([]);
  });

  it("puts labels that would touch in one column, in the order of their points", () => {
    const points = [
      { x: 40, y: 52 },
      { x: 10, y: 50 },
      { x: 10, y: 90 },
    ];
    expect(placeLabels(points, 100)).toEqual([
      { x: 62, y: 57 },
      { x: 62, y: 45 },
      { x: 19, y: 90 },
    ]);
  });

  it("never puts two labels closer than a line, changes their order, or goes below the panel", () => {
    const pixel = fc.record({ x: fc.integer({ min: 0, max: 400 }), y: fc.integer({ min: 0, max: 400 }) });
    const property = fc.property(fc.array(pixel, { maxLength: 30 }), (points) => {
      const order = [...points.keys()].sort((a, b) => points[a]!.y - points[b]!.y);
      const places = placeLabels(points, 400);
      for (const [i, index] of order.slice(1).entries()) {
        expect(places[index]!.y - places[order[i]!]!.y).toBeGreaterThanOrEqual(12 - 1e-9);
        expect(places[index]!.x).toBeGreaterThan(points[index]!.x);
      }
      expect(Math.max(0, ...places.map(({ y }) => y))).toBeLessThanOrEqual(394);
    });
    fc.assert(property);
  });
});
