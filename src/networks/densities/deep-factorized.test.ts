import { beforeAll, describe, expect, it } from "vitest";
import { evaluateBoth } from "../../../test/support/evaluate-both.ts";
import { CounterRandom, type FloatArray, graphInput } from "../../engine/index.ts";
import { initializeParameters } from "../initialize-parameters.ts";
import { ParameterScope, parameterInputName } from "../parameters.ts";
import { factorizedBits, factorizedLikelihood } from "./deep-factorized.ts";
import {
  type FactorizedWeights,
  factorizedLogit,
  factorizedPmf,
  factorizedSupport,
  readFactorizedWeights,
} from "./factorized-tables.ts";

const CHANNELS = 3;
/** Two images of 4 x 8 places: the integers -32..31 for each channel. */
const SHAPE = [2, CHANNELS, 4, 8] as const;
const scope = ParameterScope.training();
const value = graphInput("value", SHAPE);
const likelihood = factorizedLikelihood(scope.scope("z"), value);

/** Initial weights moved at random, as training would: the density becomes narrow, skewed and off-centre. */
function movedWeights(): Map<string, FloatArray> {
  const random = new CounterRandom(5);
  const weights = initializeParameters(scope.specs, 1);
  let stream = 0;
  for (const { data } of weights.values()) {
    const by = new Float32Array(data.length);
    random.fillUniform(by, 0, stream++, -0.6, 0.9);
    data.forEach((start, i) => {
      data[i] = start + by[i]!;
    });
  }
  return weights;
}

function integersOf(): Float32Array {
  const [n, c, h, w] = SHAPE;
  return Float32Array.from({ length: n * c * h * w }, (_, i) => {
    const place = i % (h * w);
    return Math.floor(i / (c * h * w)) * h * w + place - 32;
  });
}

describe.each([
  ["as initialized", initializeParameters(scope.specs, 1)],
  ["after training", movedWeights()],
] as const)("the learned density, %s", (_name, weights) => {
  let plain: FactorizedWeights;
  beforeAll(() => {
    plain = readFactorizedWeights(weights, "z");
  });

  it("gives the same probabilities as a graph, in float64 and in onnxruntime, and in plain JavaScript", async () => {
    const feeds = Object.fromEntries([...weights].map(([name, { data }]) => [parameterInputName(name), data]));
    const both = await evaluateBoth({ likelihood }, { ...feeds, value: integersOf() });
    for (let channel = 0; channel < CHANNELS; channel++) {
      const pmf = factorizedPmf(plain, channel, -32, 31);
      pmf.forEach((p, i) => {
        const float64 = both.likelihood!.float64[channel * 64 + i]!;
        const float32 = both.likelihood!.float32[channel * 64 + i]!;
        expect(Math.abs(float64 - p), `${channel} ${i - 32}`).toBeLessThan(1e-12 + 1e-9 * p);
        // Float32 leaves errors of a few 1e-7 in the logits, which move the mass of the whole tail by as much.
        const tail = 1 / (1 + Math.exp(Math.abs(factorizedLogit(plain, channel, i - 32))));
        if (p > 1e-9) expect(Math.abs(float32 - p), `${channel} ${i - 32}`).toBeLessThan(1e-5 * p + 5e-6 * tail);
      });
    }
  });

  it("sums to 1, and its support leaves out at most the tail mass on either side", () => {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const { low, high, median } = factorizedSupport(plain, channel, 1e-6);
      const inside = factorizedPmf(plain, channel, low, high).reduce((a, b) => a + b, 0);
      expect(inside).toBeGreaterThanOrEqual(1 - 1e-6 - 1e-12);
      expect(inside).toBeLessThanOrEqual(1);
      // One value less on either side would leave out too much.
      const cdf = (x: number): number => 1 / (1 + Math.exp(-factorizedLogit(plain, channel, x)));
      expect(cdf(low - 0.5)).toBeLessThanOrEqual(0.5e-6 * (1 + 1e-6));
      expect(cdf(low + 0.5)).toBeGreaterThan(0.5e-6);
      expect(1 - cdf(high - 0.5)).toBeGreaterThan(0.5e-6);
      expect(cdf(median)).toBeCloseTo(0.5, 9);
      expect(factorizedPmf(plain, channel, low - 2000, high + 2000).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }
  });
});

describe("the learned density", () => {
  it("counts bits as the logarithms of the probabilities", async () => {
    const own = ParameterScope.training();
    const bits = factorizedBits(own.scope("z"), value);
    const weights = initializeParameters(own.specs, 1);
    const feeds = Object.fromEntries([...weights].map(([name, { data }]) => [parameterInputName(name), data]));
    const both = await evaluateBoth({ bits }, { ...feeds, value: integersOf() });
    const plain = readFactorizedWeights(weights, "z");
    let expected = 0;
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (const p of factorizedPmf(plain, channel, -32, 31)) expected -= Math.log2(Math.max(p, 1e-9));
    }
    expect(both.bits!.float64[0]! / expected).toBeCloseTo(1, 6);
    expect(both.bits!.float32[0]! / expected).toBeCloseTo(1, 4);
  });

  it("starts about ten steps wide: the slope of the logit is 1/10", () => {
    const plain = readFactorizedWeights(initializeParameters(scope.specs, 1), "z");
    expect(factorizedLogit(plain, 0, 5) - factorizedLogit(plain, 0, 4)).toBeCloseTo(0.1, 6);
  });

  it("refuses missing weights, channels that do not exist and ranges out of order", () => {
    const weights = initializeParameters(scope.specs, 1);
    const plain = readFactorizedWeights(weights, "z");
    expect(() => readFactorizedWeights(weights, "y")).toThrow(expect.objectContaining({ code: "bad-weights" }));
    expect(() => factorizedPmf(plain, CHANNELS, 0, 1)).toThrow(RangeError);
    expect(() => factorizedPmf(plain, 0, 2, 1)).toThrow(RangeError);
    expect(() => factorizedSupport(plain, 0, 0)).toThrow(RangeError);
  });
});
