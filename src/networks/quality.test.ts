import { describe, expect, it } from "vitest";
import { arrayOf, evaluate, graphInput } from "../engine/index.ts";
import { initializeParameters } from "./initialize-parameters.ts";
import { ParameterScope, parameterInputName } from "./parameters.ts";
import {
  highestLambda,
  LAMBDA_AT_HIGHEST_QUALITY,
  LAMBDA_AT_LOWEST_QUALITY,
  lambdaOfQuality,
  QUALITY_KNOTS,
  qualityGain,
  qualityOfLambda,
  qualityShape,
  qualityWeights,
} from "./quality.ts";

describe("positions and lambdas", () => {
  it("are each other's inverse, ends included", () => {
    expect(lambdaOfQuality(0)).toBe(LAMBDA_AT_LOWEST_QUALITY);
    expect(lambdaOfQuality(1)).toBeCloseTo(LAMBDA_AT_HIGHEST_QUALITY, 12);
    for (const position of [0, 0.1, 0.5, 0.77, 1]) {
      expect(qualityOfLambda(lambdaOfQuality(position))).toBeCloseTo(position, 12);
    }
  });

  it("beyond the range count as its ends", () => {
    expect(qualityOfLambda(1e-6)).toBe(0);
    expect(qualityOfLambda(10)).toBe(1);
  });
});

describe("more knots", () => {
  it("reach further up, and leave the others where they are", () => {
    expect(highestLambda()).toBe(LAMBDA_AT_HIGHEST_QUALITY);
    expect(highestLambda(9)).toBeCloseTo(LAMBDA_AT_LOWEST_QUALITY * 80 ** (8 / 6), 12);
    for (const knot of [0, 1, 6]) {
      expect(lambdaOfQuality(knot / 8, 9)).toBeCloseTo(lambdaOfQuality(knot / 6), 12);
    }
    expect(qualityOfLambda(lambdaOfQuality(0.9, 9), 9)).toBeCloseTo(0.9, 12);
    expect([...qualityWeights([6.5 / 8], 9)]).toEqual([0, 0, 0, 0, 0, 0, 0.5, 0.5, 0]);
  });
});

describe("qualityWeights", () => {
  it("sum to one, lie on two neighbouring knots, and have their mean at the position", () => {
    for (let i = 0; i <= 1000; i++) {
      const weights = qualityWeights([i / 1000]);
      const used = [...weights].flatMap((weight, knot) => (weight === 0 ? [] : [knot]));
      expect(used.length).toBeLessThanOrEqual(2);
      expect((used.at(-1) as number) - used[0]!).toBeLessThanOrEqual(1);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
      const mean = weights.reduce((sum, weight, knot) => sum + weight * knot, 0) / (QUALITY_KNOTS - 1);
      expect(mean).toBeCloseTo(i / 1000, 6);
    }
  });

  it("refuse positions that are none", () => {
    for (const bad of [-0.001, 1.001, Number.NaN]) expect(() => qualityWeights([bad])).toThrow(RangeError);
  });
});

describe("qualityGain", () => {
  it("starts as it is told at the knots, and between them at their geometric mean", () => {
    const scope = ParameterScope.training();
    const start = (channel: number, lambda: number): number => (channel + 1) * Math.sqrt(lambda);
    const gain = qualityGain(scope, "gain", graphInput("quality", qualityShape(3)), { channels: 2, start });
    expect(gain.shape).toEqual([3, 2, 1, 1]);
    const weights = arrayOf(initializeParameters(scope.specs, 1), "gain").data;
    const step = 1 / (QUALITY_KNOTS - 1);
    const feeds = { [parameterInputName("gain")]: weights, quality: qualityWeights([0, step, 1.5 * step]) };
    const found = evaluate({ gain }, feeds).gain.data;
    const expected = [0, step, 1.5 * step].flatMap((position) =>
      [0, 1].map((channel) => start(channel, lambdaOfQuality(position))),
    );
    for (const [i, value] of expected.entries()) expect(found[i]! / value).toBeCloseTo(1, 5);
  });
});
