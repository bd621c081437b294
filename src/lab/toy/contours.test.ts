import { describe, expect, it } from "vitest";
import { contourLines, type Grid } from "./contours.ts";

function sampled(f: (x: number, y: number) => number, size = 61): Grid {
  const values = new Float32Array(size * size);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) values[j * size + i] = f(-2 + (4 * i) / (size - 1), -2 + (4 * j) / (size - 1));
  }
  return { columns: size, rows: size, left: -2, right: 2, bottom: -2, top: 2, values };
}

describe("contourLines", () => {
  it("draws a circle as one closed line", () => {
    const lines = contourLines(sampled(Math.hypot), 1.3);
    expect(lines).toHaveLength(1);
    const line = lines[0] ?? [];
    for (const [x, y] of line) expect(Math.hypot(x, y)).toBeCloseTo(1.3, 2);
    expect(
      Math.hypot((line[0]?.[0] ?? 0) - (line.at(-1)?.[0] ?? 9), (line[0]?.[1] ?? 0) - (line.at(-1)?.[1] ?? 9)),
    ).toBeLessThan(0.1);
    const length = line
      .slice(1)
      .reduce((sum, [x, y], i) => sum + Math.hypot(x - (line[i]?.[0] ?? 0), y - (line[i]?.[1] ?? 0)), 0);
    expect(length).toBeCloseTo(2 * Math.PI * 1.3, 0);
  });

  it("draws a straight line from one side to the other, wherever it starts", () => {
    const lines = contourLines(
      sampled((x, y) => x + 0.5 * y),
      0.25,
    );
    expect(lines).toHaveLength(1);
    const ends = [lines[0]?.[0], lines[0]?.at(-1)].map((end) => end?.[1]).toSorted((a = 0, b = 0) => a - b);
    expect(ends[0]).toBeCloseTo(-2, 5);
    expect(ends[1]).toBeCloseTo(2, 5);
  });

  it("keeps the two arms of a saddle apart", () => {
    expect(
      contourLines(
        sampled((x, y) => x * y),
        0.3,
      ),
    ).toHaveLength(2);
  });

  it("finds nothing where the level is not reached", () => {
    expect(
      contourLines(
        sampled((x) => x),
        5,
      ),
    ).toHaveLength(0);
  });
});
