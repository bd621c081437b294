import { describe, expect, it } from "vitest";
import { arrayOf, CounterRandom } from "../engine/index.ts";
import { QUALITY_KNOTS, qualityOfLambda, qualityWeights } from "../networks/quality.ts";
import { validateConfig } from "./parse-config.ts";
import { EVALUATED_QUALITIES, evaluatedQualities, trainingQualities } from "./quality-inputs.ts";

const RANGE = [0.002, 0.1] as const;
const ranged = validateConfig({ data: "unused", network: { type: "halfstep" }, lambdaRange: RANGE, batch: 5 });
const single = validateConfig({ data: "unused", network: { type: "halfstep" }, lambda: 0.013, batch: 5 });

function arrays(feeds: ReturnType<typeof trainingQualities>) {
  return { lambdas: arrayOf(feeds, "lambda").data, quality: arrayOf(feeds, "quality").data };
}

describe("qualities of a training batch", () => {
  it("lie in the range, a lower one more often, as the root of lambda says, and differ from step to step", () => {
    const seen: number[] = [];
    for (let step = 0; step < 400; step++) {
      const { lambdas, quality } = arrays(trainingQualities(ranged, new CounterRandom(3), step));
      expect(lambdas).toHaveLength(5);
      for (let i = 0; i < 5; i++) {
        const lambda = lambdas[i]!;
        expect(lambda).toBeGreaterThanOrEqual(RANGE[0] * (1 - 1e-6));
        expect(lambda).toBeLessThanOrEqual(RANGE[1] * (1 + 1e-6));
        if (i > 0) expect(lambda).toBeGreaterThan(lambdas[i - 1]!);
        const row = quality.slice(i * QUALITY_KNOTS, (i + 1) * QUALITY_KNOTS);
        for (const [k, weight] of qualityWeights([qualityOfLambda(lambda)]).entries()) {
          expect(row[k]).toBeCloseTo(weight, 4);
        }
        seen.push(lambda);
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    // A density of lambda^(-3/2) has the share (1 - r^(-1/2)) / (1 - R^(-1/2)) below r times the least, R being the whole ratio.
    const share = (below: number): number => seen.filter((lambda) => lambda < below).length / seen.length;
    for (const below of [0.004, 0.01, 0.05]) {
      const expected = (1 - Math.sqrt(RANGE[0] / below)) / (1 - Math.sqrt(RANGE[0] / RANGE[1]));
      expect(Math.abs(share(below) - expected)).toBeLessThan(0.02);
    }
  });

  it("repeat with the seed and the step", () => {
    const draw = (seed: number, step: number): unknown =>
      arrays(trainingQualities(ranged, new CounterRandom(seed), step));
    expect(draw(3, 7)).toEqual(draw(3, 7));
    expect(draw(4, 7)).not.toEqual(draw(3, 7));
  });

  it("are the one lambda where there is no range", () => {
    const { lambdas, quality } = arrays(trainingQualities(single, new CounterRandom(3), 0));
    expect([...lambdas]).toEqual(Array(5).fill(Math.fround(0.013)));
    expect([...quality.slice(0, QUALITY_KNOTS)]).toEqual([...qualityWeights([qualityOfLambda(0.013)])]);
  });
});

describe("qualities of an evaluation", () => {
  it("go through the range once in eight images, however the images are divided", () => {
    const whole = arrays(evaluatedQualities(ranged, 0, EVALUATED_QUALITIES)).lambdas;
    expect(whole[0]).toBeCloseTo(RANGE[0], 8);
    expect(whole[EVALUATED_QUALITIES - 1]).toBeCloseTo(RANGE[1], 6);
    const second = arrays(evaluatedQualities(ranged, 4, 4)).lambdas;
    expect([...second]).toEqual([...whole].slice(4));
  });
});
