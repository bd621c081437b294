import { describe, expect, it } from "vitest";
import { erfcValue, erfValue } from "./error-function.ts";

/**
 * x, erf(x), erfc(x), rounded to doubles. From Python: `import mpmath as m; m.mp.dps = 40; [(x, float(m.erf(x)),
 * float(m.erfc(x))) for x in (-5, -2, -0.5, 1e-9, 0.3, 1, 1.9999, 2, 2.5, 3.7, 6, 9, 20)]`.
 */
const GOLDEN: readonly (readonly [number, number, number])[] = [
  [-5, -0.9999999999984626, 1.9999999999984626],
  [-2, -0.9953222650189527, 1.9953222650189528],
  [-0.5, -0.5204998778130465, 1.5204998778130465],
  [1e-9, 1.1283791670955127e-9, 0.9999999988716208],
  [0.3, 0.3286267594591274, 0.6713732405408726],
  [1, 0.8427007929497149, 0.15729920705028513],
  [1.9999, 0.9953201979070294, 0.004679802092970608],
  [2, 0.9953222650189527, 0.004677734981047266],
  [2.5, 0.999593047982555, 0.0004069520174449589],
  [3.7, 0.9999998328489421, 1.6715105790914599e-7],
  [6, 1, 2.1519736712498913e-17],
  [9, 1, 4.13703174651381e-37],
  [20, 1, 5.395865611607901e-176],
];

describe("the error function in float64", () => {
  it.each(GOLDEN)("has a relative error below 1e-13 at %f", (x, erf, erfc) => {
    expect(Math.abs(erfValue(x) / erf - 1)).toBeLessThan(1e-13);
    expect(Math.abs(erfcValue(x) / erfc - 1)).toBeLessThan(1e-13);
  });

  it("is 0 at 0", () => {
    expect(erfValue(0)).toBe(0);
    expect(erfcValue(0)).toBe(1);
  });
});
