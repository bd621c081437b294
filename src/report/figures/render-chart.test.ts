import { describe, expect, it } from "vitest";
import { PIXEL_DENSITY, rasterize, renderChart } from "./render-chart.ts";
import { textWidth } from "./text-width.ts";

const CHART = {
  title: "Two points",
  width: 120,
  height: 80,
  data: {
    values: [
      { x: 1, y: 2 },
      { x: 2, y: 3 },
    ],
  },
  mark: "point",
  encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
};

describe("renderChart", () => {
  it("gives an SVG in the font of the package, and a PNG of its size", async () => {
    const { svg, png } = await renderChart(CHART);
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain("DejaVu Sans");
    expect(svg).toContain("Two points");
    const width = Number(/ width="(\d+)"/.exec(svg)?.[1]);
    const view = new DataView(png.buffer, png.byteOffset);
    expect(view.getUint32(16)).toBe(width * PIXEL_DENSITY);
  });

  it("draws the same twice", async () => {
    const [first, second] = [await renderChart(CHART), await renderChart(CHART)];
    expect(first.svg).toBe(second.svg);
    expect(Buffer.from(first.png).equals(Buffer.from(second.png))).toBe(true);
  });

  it("draws text without any font of the machine", () => {
    const blank = rasterize('<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"></svg>');
    const text = rasterize(
      '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text y="15" font-family="DejaVu Sans">abc</text></svg>',
    );
    expect(text.length).toBeGreaterThan(blank.length + 50);
  });

  it("refuses a description that Vega-Lite warns of", async () => {
    await expect(renderChart({ ...CHART, mark: "nonsense" })).rejects.toThrow();
  });
});

describe("textWidth", () => {
  it("is that of the font: the em of DejaVu Sans holds 1.57 digits", () => {
    expect(textWidth("0000", 10)).toBeCloseTo(25.44, 2);
    expect(textWidth("iii", 10)).toBeLessThan(textWidth("mmm", 10) / 3);
  });
});
