import { describe, expect, it } from "vitest";
import { bounded, FITTED, fitScale, zoomed } from "./zoom.ts";

const PICTURE = { width: 800, height: 400 };
const FRAME = { width: 400, height: 400 };

describe("the place of a picture in its frame", () => {
  it("fits the longer side, and does not blow up what is small", () => {
    expect(fitScale(PICTURE, FRAME)).toBe(0.5);
    expect(fitScale({ width: 10, height: 10 }, FRAME)).toBe(4);
  });

  it("stays fitted where it cannot be smaller, and cannot be pushed out of the frame", () => {
    expect(bounded({ zoom: 0.2, x: 50, y: -9 }, PICTURE, FRAME)).toEqual({ zoom: 1, x: 0, y: 0 });
    expect(bounded({ zoom: 2, x: 999, y: 999 }, PICTURE, FRAME)).toEqual({ zoom: 2, x: 200, y: 0 });
    expect(bounded({ zoom: 1000, x: 0, y: 0 }, PICTURE, FRAME).zoom).toBe(24);
  });

  it("keeps the point that is zoomed around where it is", () => {
    const at = { x: 120, y: -30 };
    const place = zoomed({ zoom: 2, x: 10, y: 20 }, 3, at);
    // Of the picture, in pixels of the fitted one: the point under the pointer before and after.
    const under = (p: typeof place, axis: "x" | "y"): number => (at[axis] - p[axis]) / p.zoom;
    expect(place.zoom).toBe(6);
    for (const axis of ["x", "y"] as const) {
      expect(under(place, axis)).toBeCloseTo(under({ zoom: 2, x: 10, y: 20 }, axis), 10);
    }
    expect(zoomed(FITTED, 1, at)).toEqual(FITTED);
  });
});
