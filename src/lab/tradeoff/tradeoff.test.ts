import { describe, expect, it, vi } from "vitest";
import { CounterRandom } from "../../engine/index.ts";
import { bySamples } from "../estimate.ts";
import { surrogateStatistics } from "../surrogate/statistics.ts";
import { type StudiedSurrogate, sampleSurrogate, studyName, studySurrogate } from "../surrogate/studied-surrogate.ts";
import { type CellLaw, cellLaw } from "./cell-law.ts";
import { createLoss, HIGH_RATE_WEIGHT, LOSS_NAMES, rateLoss } from "./losses.ts";
import { createSource, SOURCE_NAMES, type Source } from "./sources.ts";
import { sweepStudies } from "./sweep.ts";
import { DIRECTION_NAMES, hardDerivative, type TradeoffProblem, tradeoffFigures } from "./tradeoff.ts";

// Seconds of arithmetic, on machines that may be busy with training runs.
vi.setConfig({ testTimeout: 120_000 });

const OPTIONS = { targetOffset: 0.3, distortionWeight: HIGH_RATE_WEIGHT };

describe("createSource", () => {
  it.each(SOURCE_NAMES)("%s has the standard deviation and centre that it says, and its masses sum to 1", (name) => {
    const source = createSource(name, 0.7, 0.2);
    let total = 0;
    let square = 0;
    const step = 1 / 512;
    for (let y = -20; y < 20; y += step) {
      const mass = source.mass(y, y + step);
      expect(mass / step).toBeCloseTo(source.density(y + step / 2), 2);
      total += mass;
      square += mass * (y + step / 2 - 0.2) ** 2;
    }
    expect(total).toBeCloseTo(1, 10);
    expect(Math.sqrt(square)).toBeCloseTo(0.7, 4);
  });

  it("keeps relative precision in the tails", () => {
    // Phi(-10) = 7.6199e-24 and Phi(-11) = 1.9107e-28, from tables.
    expect(createSource("gaussian", 1, 0).mass(10, 11) / 7.6197e-24).toBeCloseTo(1, 3);
    const laplace = createSource("laplace", Math.SQRT2, 0);
    expect(laplace.mass(40, 41) / ((Math.exp(-40) * (1 - Math.exp(-1))) / 2)).toBeCloseTo(1, 10);
    expect(laplace.mass(-41, -40)).toBe(laplace.mass(40, 41));
  });

  it("lists the sources when one is unknown, and refuses scales without grid", () => {
    expect(() => createSource("cauchy", 1, 0)).toThrow(/gaussian, laplace, mixture/);
    expect(() => createSource("gaussian", 0.01, 0)).toThrow(/from 0.05 to 8/);
    for (const offset of [Number.POSITIVE_INFINITY, 1e15, -1e20, Number.NaN]) {
      expect(() => createSource("gaussian", 1, offset)).toThrow(/offset: got .* from -1000 to 1000/);
    }
  });
});

/** E l([T y]) for y of the source and T increasing, by the masses of the cells. */
function expectedHardLoss(source: Source, direction: (typeof DIRECTION_NAMES)[number], amount: number): number {
  const { value } = rateLoss(source);
  const back = (y: number): number =>
    direction === "shift" ? y - amount : source.offset + (y - source.offset) / (1 + amount / source.scale);
  let sum = 0;
  for (let k = -40; k <= 40; k++) sum += value(k, 0) * source.mass(back(k - 0.5), back(k + 0.5));
  return sum;
}

describe("hardDerivative", () => {
  it.each(SOURCE_NAMES.flatMap((name) => DIRECTION_NAMES.map((direction) => [name, direction] as const)))(
    "is the derivative of the expected rate of a %s source under a %s",
    (name, direction) => {
      for (const scale of [0.2, 1.1]) {
        const source = createSource(name, scale, 0.3);
        const exact = hardDerivative({ source, loss: rateLoss(source), direction, reference: "exact" });
        const e = 1e-4;
        const difference = (expectedHardLoss(source, direction, e) - expectedHardLoss(source, direction, -e)) / (2 * e);
        expect(exact).toBeCloseTo(difference, 4);
      }
    },
  );
});

describe("createLoss", () => {
  it.each(SOURCE_NAMES)("gives the rate of a %s source, and its slope, from a table that is fine enough", (name) => {
    for (const scale of [0.05, 0.3, 1]) {
      const source = createSource(name, scale, 0.3);
      const [exact, table] = [rateLoss(source), createLoss("rate", source, OPTIONS)];
      let slopeError = 0;
      const count = 5003;
      for (let i = 0; i < count; i++) {
        const v = source.offset + (source.reach + 0.5) * ((2 * (i + 0.5)) / count - 1);
        const likelihood = source.mass(v - 0.5, v + 0.5);
        // At 1e-9 the loss bends; of what lies there no figure takes notice.
        if (likelihood > 2e-9) expect(Math.abs(table.value(v, 0) - exact.value(v, 0))).toBeLessThan(2e-4);
        slopeError += (likelihood * Math.abs(table.slope(v, 0) - exact.slope(v, 0)) * (2 * source.reach + 1)) / count;
      }
      expect(slopeError).toBeLessThan(4e-4);
    }
  });
});

describe("tradeoffFigures", () => {
  it("are those of a uniform latent for a wide source and the distortion", () => {
    const source = createSource("gaussian", 2, 0.3);
    for (const study of [
      studySurrogate({ id: "aun" }),
      studySurrogate({ id: "sua", form: "soft", temperature: 0.3 }),
      studySurrogate({ id: "sua", form: "dither", temperature: 0.4 }),
    ]) {
      const uniform = surrogateStatistics(study, { method: "quadrature" });
      const loss = createLoss("distortion", source, OPTIONS);
      const figures = tradeoffFigures(cellLaw(study, 1), { source, loss, direction: "shift", reference: "noise" });
      expect(figures.mismatch.value).toBeCloseTo(uniform.mismatch?.value ?? Number.NaN, 4);
      expect(figures.variance.value).toBeCloseTo(uniform.variance?.value ?? Number.NaN, 3);
      expect(figures.biasSquared.noise.value).toBeCloseTo(uniform.biasSquaredVsNoise?.value ?? Number.NaN, 4);
      expect(figures.biasSquared.slope.value).toBeCloseTo(uniform.biasSquaredVsHard?.value ?? Number.NaN, 4);
      expect(figures.meanGradient.value).toBeCloseTo(0.6, 4);
      expect(figures.risk.value).toBeCloseTo(figures.variance.value + figures.biasSquared.noise.value, 10);
    }
  });

  it("find draws of small probability at latents near an integer, as an integral over logistic noise does", () => {
    const [temperature, scale] = [0.1, 0.05];
    const source = createSource("gaussian", scale, 0);
    const loss = createLoss("distortion", source, OPTIONS);
    const study = studySurrogate({ id: "sga", temperature });
    const figures = tradeoffFigures(cellLaw(study, scale), { source, loss, direction: "shift", reference: "exact" });
    // Over |y|, where the source has both signs, and over the noise L with the density of a logistic variable: midpoints, far
    // finer than the width T of a transition in L. Noise stops at 1/2 - 2^-25.
    const lastNoise = Math.log(2 ** 25 - 1);
    let variance = 0;
    let mismatch = 0;
    const [dy, dL] = [scale / 200, temperature / 20];
    for (let r = dy / 2; r < 7 * scale; r += dy) {
      const logit = 0.5 * Math.log((r * (1 + r)) / ((1 - r) * (2 - r)));
      const logitSlope = 1 / (1 - r * r) + 1 / (1 - (1 - r) ** 2);
      const means = { square: 0, plus: 0, plusSquared: 0, minus: 0, minusSquared: 0 };
      for (let L = -60; L < 60; L += dL) {
        const weight = (dL * Math.exp(-Math.abs(L))) / (1 + Math.exp(-Math.abs(L))) ** 2;
        const stopped = Math.min(Math.max(L, -lastNoise), lastNoise);
        const w = 1 / (1 + Math.exp(-(logit / temperature + stopped) / temperature));
        const slope = (w * (1 - w) * logitSlope) / temperature ** 2;
        const plus = 2 * (w - r + OPTIONS.targetOffset) * slope;
        const minus = 2 * (r - w + OPTIONS.targetOffset) * slope;
        means.square += weight * w * w;
        means.plus += weight * plus;
        means.plusSquared += weight * plus * plus;
        means.minus += weight * minus;
        means.minusSquared += weight * minus * minus;
      }
      const density = source.density(r) * dy;
      mismatch += 2 * density * means.square;
      variance += density * (means.plusSquared - means.plus ** 2 + means.minusSquared - means.minus ** 2);
    }
    // 0.00166, which two panels of noise took for 1.9e-6. The stop makes a peak over the latent, narrower than its nodes lie apart
    // (at r = 0.06), that holds some 4 % of the variance: the law misses most of it, and its interval is within a factor of 2.
    for (const [{ value, high }, exact] of [
      [figures.variance, variance],
      [figures.mismatch, mismatch],
    ] as const) {
      expect(Math.abs(value / exact - 1)).toBeLessThan(0.05);
      expect(Math.abs(value - exact)).toBeLessThan(2 * (high - value));
    }
    expect(figures.variance.high / figures.variance.value).toBeLessThan(1.2);
  });

  it("says how far the rule over the noise may be off", () => {
    // The mean of a jump at a place u that no halving hits: the error of the noise is the law's, 1e-5 of the mean or less.
    const source = createSource("gaussian", 1, 0.3);
    const loss = createLoss("distortion", source, OPTIONS);
    const law = cellLaw(studySurrogate({ id: "stochastic" }), 1);
    const problem: TradeoffProblem = { source, loss, direction: "shift", reference: "noise" };
    const { mismatch } = tradeoffFigures(law, problem);
    const withoutNoise = tradeoffFigures({ ...law, coarseNoiseWeights: law.noiseWeights }, problem).mismatch;
    expect(mismatch.value).toBe(withoutNoise.value);
    expect(mismatch.high).toBeGreaterThan(withoutNoise.high);
  });

  const PROBLEMS = SOURCE_NAMES.flatMap((name, i) => {
    const source = createSource(name, [0.4, 0.8, 1.5][i] ?? 1, 0.3);
    return LOSS_NAMES.map((loss): readonly [string, TradeoffProblem] => [
      `${name} ${loss}`,
      { source, loss: createLoss(loss, source, OPTIONS), direction: "stretch", reference: "exact" },
    ]);
  });
  const COUNT = 15_000;
  const laws = new Map<string, CellLaw>();
  const lawOf = (study: StudiedSurrogate): CellLaw => {
    const law = laws.get(studyName(study)) ?? cellLaw(study, 0.4);
    laws.set(studyName(study), law);
    return law;
  };

  /** Latents of a density, by inverting its distribution function at random places. */
  function sampleSource(source: Source, uniform: Float32Array): Float64Array {
    const far = source.offset - source.reach - 1;
    return Float64Array.from(uniform, (u) => {
      let low = far;
      let high = source.offset + source.reach + 1;
      for (let i = 0; i < 40; i++) {
        const middle = (low + high) / 2;
        if (source.mass(far, middle) < u + 0.5) low = middle;
        else high = middle;
      }
      return low;
    });
  }

  it.each(PROBLEMS)("agree with a simulation for %s", (_, problem) => {
    const { source, loss } = problem;
    const random = new CounterRandom(11);
    const uniform = (stream: number): Float32Array => {
      const out = new Float32Array(COUNT);
      random.fillUniform(out, 0, stream);
      return out;
    };
    const latents = sampleSource(source, uniform(0));
    for (const study of [
      studySurrogate({ id: "aun" }),
      studySurrogate({ id: "sra", temperature: 0.3 }),
      studySurrogate({ id: "dsq", temperature: 0.4 }),
      studySurrogate({ id: "sua", form: "soft", temperature: 0.5 }),
      ...(/rate/.test(_)
        ? [studySurrogate({ id: "sua", form: "dither", temperature: 0.5, gradient: "expected" })]
        : []),
    ]) {
      const figures = tradeoffFigures(lawOf(study), problem);
      const along = latents.map((y) => (y - source.offset) / source.scale);
      const a = sampleSurrogate(study, latents, Float64Array.from(uniform(1)), loss);
      const b = sampleSurrogate(study, latents, Float64Array.from(uniform(2)), loss);
      const within = (name: string, value: number, samples: Float64Array): void => {
        const { value: mean, high } = bySamples(samples);
        // Four standard errors; nine such comparisons for each of dozens of cases.
        expect(Math.abs(value - mean), `${studyName(study)}: ${name}: ${value}, ${mean}`).toBeLessThan(
          2 * (high - mean) + 2e-5 + 1e-4 * Math.abs(mean),
        );
      };
      within(
        "mismatch",
        figures.mismatch.value,
        a.values.map((v, i) => (v - Math.round(latents[i]!)) ** 2),
      );
      within(
        "loss mismatch",
        figures.lossMismatch.value,
        a.values.map((v, i) => {
          const y = latents[i]!;
          return loss.value(v, y) - loss.value(Math.round(y), y);
        }),
      );
      within(
        "mean gradient",
        figures.meanGradient.value,
        a.gradients.map((g, i) => g * along[i]!),
      );
      within(
        "variance",
        figures.variance.value,
        a.gradients.map((g, i) => ((g - b.gradients[i]!) * along[i]!) ** 2 / 2),
      );
    }
  });
});

describe("sweepStudies", () => {
  it("has the mode `expected` only where the loss acts on each element by itself", () => {
    expect(sweepStudies(false).some(({ gradient }) => gradient === "expected")).toBe(false);
    expect(sweepStudies(true).some(({ gradient }) => gradient === "expected")).toBe(true);
  });
});
