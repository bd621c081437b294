import { describe, expect, it } from "vitest";
import {
  LAMBDA_AT_HIGHEST_QUALITY,
  LAMBDA_AT_LOWEST_QUALITY,
  QUALITY_KNOTS,
  qualityOfLambda,
} from "../networks/quality.ts";
import { lambdaOfField, QUALITY_FIELD_LIMIT, qualityField, qualityInput, qualityOfField } from "./quality-setting.ts";

const RANGE = [0.0018, 0.0932] as const;
const FIELDS = Array.from({ length: QUALITY_FIELD_LIMIT }, (_, i) => i + 1);

/** The position in 0..QUALITY_KNOTS - 1 that weights of knots stand for. */
function placeOf(field: number, range: readonly [number, number]): number {
  const { data, shape } = qualityInput(field, range);
  expect(shape).toEqual([1, QUALITY_KNOTS]);
  expect(data.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
  return data.reduce((sum, weight, knot) => sum + weight * knot, 0);
}

describe("the quality of a stream", () => {
  it("goes from 1 for 0 to 1001 for 100 in steps of 0.1, and back", () => {
    expect([0, 0.1, 50, 99.9, 100].map(qualityField)).toEqual([1, 2, 501, 1000, 1001]);
    expect(qualityField(33.34)).toBe(334);
    for (const field of FIELDS) expect(qualityField(qualityOfField(field) as number)).toBe(field);
    expect([0, 1002, 65535].map(qualityOfField)).toEqual([null, null, null]);
  });

  it.each([-0.1, 100.1, Number.NaN, Number.POSITIVE_INFINITY])("is refused for %f", (quality) => {
    expect(() => qualityField(quality)).toThrow(expect.objectContaining({ code: "bad-quality", exitCode: 2 }));
  });
});

describe("the lambda of a quality", () => {
  it("rises with every step, from one end of the model's range exactly to the other", () => {
    const lambdas = FIELDS.map((field) => lambdaOfField(field, RANGE));
    expect(lambdas[0]).toBe(RANGE[0]);
    expect(lambdas.at(-1)).toBe(RANGE[1]);
    for (const [i, lambda] of lambdas.slice(1).entries()) expect(lambda).toBeGreaterThan(lambdas[i]!);
    expect(lambdas[500]).toBeCloseTo(Math.sqrt(RANGE[0] * RANGE[1]), 12);
  });

  it("is the only one of a model that was trained for one", () => {
    for (const field of [1, 400, 1001]) expect(lambdaOfField(field, [0.013, 0.013])).toBe(0.013);
  });

  it.each([0, 1002, 1.5])("is refused for the field %f", (field) => {
    expect(() => lambdaOfField(field, RANGE)).toThrow(RangeError);
  });
});

describe("what the network is told", () => {
  it("are the first and the last knot at the ends of all lambdas there are, and rises between", () => {
    const all = [LAMBDA_AT_LOWEST_QUALITY, LAMBDA_AT_HIGHEST_QUALITY] as const;
    expect([...qualityInput(1, all).data]).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect([...qualityInput(1001, all).data]).toEqual([0, 0, 0, 0, 0, 0, 1]);
    const places = FIELDS.map((field) => placeOf(field, all));
    for (const [i, place] of places.slice(1).entries()) expect(place).toBeGreaterThan(places[i]!);
  });

  it("is the position of the lambda, whatever range the model has", () => {
    for (const field of [1, 250, 777, 1001]) {
      const position = qualityOfLambda(lambdaOfField(field, RANGE));
      expect(placeOf(field, RANGE)).toBeCloseTo((QUALITY_KNOTS - 1) * position, 5);
    }
  });
});
