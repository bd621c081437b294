import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gradients } from "../engine/gradients/gradients.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import { multiply } from "../engine/ops/arithmetic.ts";
import { reduceSum } from "../engine/ops/broadcast.ts";
import { graphInput } from "../engine/ops/sources.ts";
import { evaluate } from "../engine/reference/evaluate.ts";
import { quantizeAround } from "./quantizer.ts";
import type { SurrogateContext, SurrogateId } from "./surrogate.ts";
import { SURROGATES } from "./surrogates.ts";

const COUNT = 5;
const VALUES = fc.array(fc.double({ min: -40, max: 40, noNaN: true }), { minLength: COUNT, maxLength: COUNT });
const y = graphInput("y", [COUNT]);
const mean = graphInput("mean", [COUNT]);
const weights = graphInput("weights", [COUNT]);
const context: SurrogateContext = { noise: (shape) => graphInput("noise", shape) };

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** The output and its gradients under the loss sum(weights * output). */
function withGradients(output: Tensor, wrt: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const names = Object.keys(wrt);
  const found = gradients(reduceSum(multiply(output, weights)), Object.values(wrt));
  return { output, ...Object.fromEntries(names.map((name, i) => [name, found[i] as Tensor])) };
}

describe("surrogates", () => {
  it("aun adds the noise and passes the gradient unchanged", () => {
    const outputs = withGradients(SURROGATES.aun.quantize(y, context), { toY: y });
    fc.assert(
      fc.property(VALUES, VALUES, VALUES, (latent, noise, g) => {
        const result = evaluate(outputs, { y: latent, noise, weights: g });
        expect([...(result.output?.data ?? [])]).toEqual(latent.map((value, i) => value + (noise[i] as number)));
        expect([...(result.toY?.data ?? [])]).toEqual(g);
      }),
    );
  });

  it("ste rounds, halves to even, and passes the gradient unchanged", () => {
    const outputs = withGradients(SURROGATES.ste.quantize(y, context), { toY: y });
    const check = (latent: readonly number[], g: readonly number[]): void => {
      const result = evaluate(outputs, { y: latent, weights: g });
      latent.forEach((value, i) => {
        // toBeCloseTo, because rounding gives -0 in places.
        expect(result.output?.data[i]).toBeCloseTo(roundHalfEven(value), 12);
      });
      expect([...(result.toY?.data ?? [])]).toEqual(g);
    };
    check([-2.5, -0.5, 0.5, 1.5, 2.5], [1, 2, 3, 4, 5]);
    fc.assert(fc.property(VALUES, VALUES, check));
  });

  it("needsNoise says whether the context is asked", () => {
    for (const surrogate of Object.values(SURROGATES)) {
      let asked = 0;
      surrogate.quantize(y, {
        noise: (shape) => {
          asked++;
          return graphInput("noise", shape);
        },
      });
      expect(asked > 0, surrogate.id).toBe(surrogate.needsNoise);
    }
  });
});

describe("quantizeAround", () => {
  const LATENT = [0.4, -1.3, 2.6, 7.49, -3.2];
  const MEAN = [0.3, 0.45, -0.2, 7.1, 0];
  const NOISE = [-0.5, -0.2, 0.1, 0.3, 0.49];
  const forward = (id: SurrogateId, value: number, i: number): number =>
    id === "ste" ? roundHalfEven(value) : value + (NOISE[i] as number);

  it.each(["aun", "ste"] as const)("%s with zero-centering quantizes y - mu", (id) => {
    const { centred, reconstruction } = quantizeAround(y, mean, SURROGATES[id], context, { zeroCenter: true });
    const result = evaluate({ centred, reconstruction }, { y: LATENT, mean: MEAN, noise: NOISE });
    LATENT.forEach((value, i) => {
      const mu = MEAN[i] as number;
      expect(result.centred?.data[i]).toBeCloseTo(forward(id, value - mu, i), 12);
      expect(result.reconstruction?.data[i]).toBeCloseTo(forward(id, value - mu, i) + mu, 12);
    });
  });

  it.each(["aun", "ste"] as const)("%s without zero-centering quantizes y", (id) => {
    const { centred, reconstruction } = quantizeAround(y, mean, SURROGATES[id], context, { zeroCenter: false });
    const result = evaluate({ centred, reconstruction }, { y: LATENT, mean: MEAN, noise: NOISE });
    LATENT.forEach((value, i) => {
      expect(result.centred?.data[i]).toBeCloseTo(forward(id, value, i) - (MEAN[i] as number), 12);
      expect(result.reconstruction?.data[i]).toBeCloseTo(forward(id, value, i), 12);
    });
  });

  it("the mean receives the gradient of the rate and, with derivative 1, none of the distortion", () => {
    const { centred, reconstruction } = quantizeAround(y, mean, SURROGATES.ste, context, { zeroCenter: true });
    const g = [1, -2, 3, -4, 5];
    const feeds = { y: LATENT, mean: MEAN, weights: g };
    const rate = evaluate(withGradients(centred, { toMean: mean, toY: y }), feeds);
    expect([...(rate.toMean?.data ?? [])]).toEqual(g.map((value) => -value));
    expect([...(rate.toY?.data ?? [])]).toEqual(g);
    const distortion = evaluate(withGradients(reconstruction, { toMean: mean, toY: y }), feeds);
    expect([...(distortion.toMean?.data ?? [])]).toEqual([0, 0, 0, 0, 0]);
    expect([...(distortion.toY?.data ?? [])]).toEqual(g);
  });
});
