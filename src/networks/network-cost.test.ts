import { describe, expect, it } from "vitest";
import { networkCost } from "./network-cost.ts";

/**
 * Thousand multiply-accumulates per pixel, counted by hooks on the layers of the public implementations in CompressAI, with two
 * decimals: analysis, hyper-analysis, hyper-synthesis, context, synthesis, encoder, decoder. Encoder and decoder are sums of rounded
 * numbers there.
 */
const COUNTED = [
  ["factorized-prior", 128, 192, 42.18, 0, 0, 0, 42.18, 42.18, 42.18],
  ["factorized-prior", 192, 320, 93.7, 0, 0, 0, 93.7, 93.7, 93.7],
  ["scale-hyperprior", 64, 96, 11.14, 0.34, 0.34, 0, 11.14, 11.82, 11.48],
  ["scale-hyperprior", 128, 192, 42.18, 1.36, 1.36, 0, 42.18, 44.9, 43.54],
  ["scale-hyperprior", 192, 320, 93.7, 3.29, 3.29, 0, 93.7, 100.28, 96.99],
  ["mean-scale-hyperprior", 128, 192, 42.18, 1.36, 5.39, 0, 42.18, 48.93, 47.57],
  ["mean-scale-hyperprior", 192, 320, 93.7, 3.29, 14.93, 0, 93.7, 111.92, 108.63],
  ["joint-autoregressive", 192, 192, 91.3, 2.42, 5.46, 11.17, 91.3, 110.35, 107.93],
  ["joint-autoregressive", 192, 320, 93.7, 3.29, 14.93, 31.01, 93.7, 142.93, 139.64],
  ["cheng2020-anchor", 128, 128, 164.86, 1.48, 3.42, 4.96, 251.9, 174.72, 260.28],
  ["cheng2020-anchor", 192, 192, 370.22, 3.32, 7.7, 11.17, 564.19, 392.41, 583.06],
  ["cheng2020-attention", 128, 128, 187.17, 1.48, 3.42, 4.96, 274.21, 197.03, 282.59],
  ["cheng2020-attention", 192, 192, 420.41, 3.32, 7.7, 11.17, 614.38, 442.6, 633.25],
  ["elic", 192, 320, 254.97, 3.29, 5.46, 67.22, 254.97, 330.94, 327.65],
] as const;

describe("the cost of a network", () => {
  it.each(COUNTED)("%s (%i, %i) is the published one in every part", (type, N, M, ga, ha, hs, context, gs, ...both) => {
    const { parts, parameters, encoderKiloMacsPerPixel, decoderKiloMacsPerPixel } = networkCost({ type, N, M });
    const of = (name: string): number => parts.find(({ part }) => part === name)?.kiloMacsPerPixel ?? 0;
    const found = [of("analysis"), of("hyper-analysis"), of("hyper-synthesis"), of("context"), of("synthesis")];
    for (const [i, expected] of [ga, ha, hs, context, gs].entries()) {
      expect(Math.abs(found[i]! - expected)).toBeLessThan(0.0051);
    }
    expect(Math.abs(encoderKiloMacsPerPixel - both[0])).toBeLessThan(0.016);
    expect(Math.abs(decoderKiloMacsPerPixel - both[1])).toBeLessThan(0.016);
    expect(parts.reduce((sum, part) => sum + part.parameters, 0)).toBe(parameters);
  });
});

describe("halfstep as it ships", () => {
  it("costs less than 30 thousand multiplications a pixel each way", () => {
    const structure = { wide: 192, analysis: [2, 2], synthesis: [2, 2], steps: 4, bypass: true } as const;
    const { encoderKiloMacsPerPixel, decoderKiloMacsPerPixel, parameters } = networkCost({
      type: "halfstep",
      N: 128,
      M: 320,
      structure,
    });
    expect(encoderKiloMacsPerPixel).toBeCloseTo(21.22, 2);
    expect(decoderKiloMacsPerPixel).toBeCloseTo(20.63, 2);
    expect(parameters).toBe(5_650_456);
  });

  it("costs less than 30 with all coefficients of a block as well", () => {
    const blocks = { wide: 192, analysis: [3, 3], synthesis: [2, 3] } as const;
    const structure = { ...blocks, steps: 4, bypass: true, core: 320, knots: 9 } as const;
    const cost = networkCost({ type: "halfstep", N: 128, M: 768, structure });
    expect(cost.encoderKiloMacsPerPixel).toBeCloseTo(29.46, 2);
    expect(cost.decoderKiloMacsPerPixel).toBeCloseTo(25.07, 2);
    expect(cost.parameters).toBe(7_955_288);
  });
});
