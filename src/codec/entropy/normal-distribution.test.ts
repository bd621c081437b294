import { describe, expect, it } from "vitest";
import { erfcValue } from "../../error-function.ts";
import { normalCdf, roundedNormalMass } from "./normal-distribution.ts";

// python3 -c "import mpmath as m; m.mp.dps = 40; [print(x, m.nstr(m.erfcValue(m.mpf(x)), 17)) for x in (0.1, 0.5, 1, ...)]"
const ERFC_VALUES: readonly (readonly [x: number, value: number])[] = [
  [0.1, 0.887537083981715],
  [0.5, 0.4795001221869535],
  [1, 0.15729920705028513],
  [1.5, 0.033894853524689274],
  [1.999, 0.004698443348629487],
  [2, 0.004677734981047266],
  [2.5, 0.0004069520174449589],
  [3, 2.209049699858544e-5],
  [5, 1.537459794428035e-12],
  [8, 1.1224297172982926e-29],
  [10, 2.088487583762545e-45],
  [15, 7.212994172451207e-100],
  [20, 5.395865611607901e-176],
  [26, 5.663192408856143e-296],
];

describe("normal distribution", () => {
  it("computes erfc within 1e-12 relative, far into the tail", () => {
    for (const [x, value] of ERFC_VALUES)
      expect(Math.abs(erfcValue(x) / value - 1), `erfcValue(${x})`).toBeLessThan(1e-12);
  });

  it("joins the series and the continued fraction without a step", () => {
    // The slope of erfc at 2 is -0.0207: a step of 1e-9 to each side changes it by 4.13e-11
    expect(erfcValue(2 - 1e-9) - erfcValue(2 + 1e-9)).toBeCloseTo((4e-9 / Math.sqrt(Math.PI)) * Math.exp(-4), 15);
  });

  it("mirrors erfc at zero and gives half at the median", () => {
    for (const [x, value] of ERFC_VALUES) expect(erfcValue(-x)).toBeCloseTo(2 - value, 14);
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 13);
  });

  it("gives unit intervals masses that are symmetric and sum to one, at every scale", () => {
    for (const scale of [0.11, 0.2, 0.5, 1, 3.7, 40, 256]) {
      let sum = 0;
      for (let k = -Math.ceil(10 * scale); k <= 10 * scale + 1; k++) {
        const mass = roundedNormalMass(k, scale);
        expect(mass).toBe(roundedNormalMass(-k, scale));
        sum += mass;
      }
      expect(sum, `scale ${scale}`).toBeCloseTo(1, 12);
    }
  });
});
