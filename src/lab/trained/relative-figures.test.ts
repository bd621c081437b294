import { describe, expect, it } from "vitest";
import { pairFigures } from "../../../test/support/pair-figures.ts";
import { networkChart, noiseText } from "../../report/lab/network-chart.ts";
import { relativeFigures } from "./relative-figures.ts";

const hard = { loss: 2, bitsPerPixel: 1, meanSquaredError: 0.1 };

describe("relativeFigures", () => {
  it.each([
    { what: "a measured ratio", variance: 3, squared: 2, relativeVariance: 1.5, varianceIsBound: false, text: "1.5" },
    { what: "no noise", variance: 0, squared: 2, relativeVariance: 0, varianceIsBound: false, text: "0" },
    { what: "no gradient", variance: 0, squared: 0, relativeVariance: 0, varianceIsBound: false, text: "0" },
    { what: "no mean", variance: 3, squared: 0, relativeVariance: 1000, varianceIsBound: true, text: "> 1000" },
    {
      what: "hardly a mean",
      variance: 3,
      squared: 1e-3,
      relativeVariance: 1000,
      varianceIsBound: true,
      text: "> 1000",
    },
  ])("tell $what", ({ variance, squared, text, relativeVariance, varianceIsBound }) => {
    const point = relativeFigures(
      pairFigures({ encoderGradientVariance: variance, encoderGradientSquared: squared }),
      hard,
    );
    expect(point).toMatchObject({ relativeMismatch: 0.25, low: 0.05, high: 0.8, relativeVariance, varianceIsBound });
    expect(noiseText(point, String)).toBe(text);
  });
});

describe("networkChart", () => {
  const point = relativeFigures(pairFigures({ encoderGradientVariance: 3, encoderGradientSquared: 2 }), hard);
  const subtitleOf = (...points: readonly (typeof point)[]): string[] =>
    (networkChart(points, ["a network"]).spec as { title: { subtitle: string[] } }).title.subtitle;
  const intervals = "lines: 95 % intervals over the images";
  const cut = "mismatches and ends of intervals beyond ±50 % are drawn there";

  it("says where it cuts an interval, and where it does not", () => {
    expect(subtitleOf(point)).toEqual(["a network", intervals, cut]);
    expect(subtitleOf({ ...point, high: 0.4 })).toEqual(["a network", intervals]);
    expect(subtitleOf({ ...point, low: null, high: null })).toEqual(["a network"]);
  });

  it("marks a noise of which only a bound is known", () => {
    const { spec } = networkChart(
      [relativeFigures(pairFigures({ encoderGradientVariance: 3, encoderGradientSquared: 0 }), { ...hard, loss: 0.5 })],
      [],
    );
    expect(JSON.stringify(spec)).toContain("aun (100 %, noise > 1000)");
  });
});
