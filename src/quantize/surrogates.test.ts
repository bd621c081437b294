/**
 * The property kit: every surrogate of the table goes through all of it, in every gradient mode. Figures are means over a grid of
 * places in the cell and of noise (midpoints), so they repeat exactly. Float32 has its own file.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, gradients, graphInput, reduceSum, type Tensor } from "../engine/index.ts";
import { evaluateSurrogate } from "./evaluate-surrogate.ts";
import { applySurrogate } from "./quantizer.ts";
import { softRound } from "./soft-round.ts";
import { softAssignment } from "./soft-to-hard.ts";
import type { GradientMode, Surrogate, SurrogateId } from "./surrogate.ts";
import { findSurrogate, formsOf, SURROGATE_IDS, SURROGATES, surrogateName } from "./surrogates.ts";

/** What each surrogate is, independently of its code: moments for a place r uniform over the cell, u uniform. */
interface Facts {
  /** E (y~ - y)^2 by temperature (or "none"). To two digits, from an independent script; 1/12 and 1/6 are exact. */
  readonly power: Readonly<Record<string, number>>;
  /** E (y~ - [y])^2, likewise. */
  readonly mismatch: Readonly<Record<string, number>>;
  /** The mean of y~ over the noise at the place r of the cell from 0 to 1, where it is known. */
  readonly meanAt?: (r: number, temperature: number) => number;
  /** The mean of y~ over noise and place by temperature, to 2e-4; 1/2 where it is not given. */
  readonly mean?: Readonly<Record<string, number>>;
  /** What y~ is at the highest temperature. */
  readonly atHighest?: (y: number, u: number) => number;
}

const ROUND_POWER = 1 / 12;
const identity = (r: number): number => r;
/** Yang's and Tsubota's weight of the upper end, in the form with powers. */
const annealedUp = (r: number, T: number): number => {
  const [A, B] = [((1 - r) / (1 + r)) ** (1 / (2 * T)), (r / (2 - r)) ** (1 / (2 * T))];
  return A + B === 0 ? Math.round(r) : B / (A + B);
};
const ditheredUp = (r: number, T: number): number => Math.min(1, Math.max(0, 0.5 + (r - 0.5) / T));
const SOFT = {
  power: { "0.5": ROUND_POWER, "0.3": ROUND_POWER, "0.2": ROUND_POWER },
  mismatch: { "0.5": 0.15, "0.3": 0.129, "0.2": 0.104 },
  meanAt: (r: number, T: number) => 0.5 + Math.tanh((r - 0.5) / T) / (2 * Math.tanh(0.5 / T)),
  atHighest: (y: number, u: number) => y + u,
};
const FACTS: Readonly<Record<string, Facts>> = {
  aun: { power: { none: ROUND_POWER }, mismatch: { none: 1 / 6 }, meanAt: identity },
  ste: { power: { none: ROUND_POWER }, mismatch: { none: 0 }, meanAt: Math.round },
  stochastic: { power: { none: 1 / 6 }, mismatch: { none: 0.25 }, meanAt: identity },
  uq: { power: { none: ROUND_POWER }, mismatch: { none: 1 / 6 }, meanAt: identity },
  sga: {
    power: { "0.5": 0.089, "0.2": 0.086, "0.1": 0.084 },
    mismatch: { "0.5": 0.164, "0.2": 0.088, "0.1": 0.048 },
  },
  danneal: { power: { "0.5": 0.0017 }, mismatch: { "0.5": 0.067 }, meanAt: annealedUp },
  sra: {
    power: { "0.5": 0.147, "0.2": 0.099, "0.1": 0.088 },
    mismatch: { "0.5": 0.212, "0.2": 0.1, "0.1": 0.051 },
    meanAt: annealedUp,
  },
  "soft-to-hard": { power: { "0.5": ROUND_POWER }, mismatch: { "0.5": 0 }, meanAt: Math.round },
  dsq: { power: { "0.5": ROUND_POWER }, mismatch: { "0.5": 0 }, meanAt: Math.round },
  "soft-round": SOFT,
  "sua soft": SOFT,
  "sua dither": {
    power: { "0.75": ROUND_POWER, "0.5": ROUND_POWER, "0.25": ROUND_POWER },
    mismatch: { "0.75": 0.141, "0.5": 0.104, "0.25": 0.057 },
    meanAt: ditheredUp,
    atHighest: (y, u) => Math.round(y + u) - u,
  },
  "sua stochastic": {
    power: { "1": 1 / 6, "0.5": 0.104, "0.25": 0.089 },
    mismatch: { "1": 0.25, "0.5": 0.125, "0.25": 0.063 },
    meanAt: ditheredUp,
    atHighest: (y, u) => Math.round(y + u),
  },
  "sga-plus ssl": {
    power: { "1": 0.0446, "0.5": 0.0683, "0.2": 0.0806, "0.1": 0.0826 },
    mismatch: { "1": 0.0972, "0.5": 0.0565, "0.2": 0.0264, "0.1": 0.0141 },
  },
  "sga-plus linear": {
    power: { "1": 0.067, "0.5": 0.0737, "0.2": 0.0815, "0.1": 0.0829 },
    mismatch: { "1": 0.1737, "0.5": 0.1184, "0.2": 0.0595, "0.1": 0.0322 },
  },
  "sga-plus cosine": {
    power: { "1": 0.0498, "0.5": 0.0679, "0.2": 0.0804, "0.1": 0.0826 },
    mismatch: { "1": 0.1278, "0.5": 0.0797, "0.2": 0.0383, "0.1": 0.0206 },
  },
  "sga-plus ssl-3": {
    power: { "1": 0.0494, "0.5": 0.0678, "0.2": 0.0804 },
    mismatch: { "1": 0.122, "0.5": 0.0722, "0.2": 0.0339 },
  },
  "sga-plus linear-3": {
    power: { "1": 0.0542, "0.5": 0.0687, "0.2": 0.0805 },
    mismatch: { "1": 0.1401, "0.5": 0.0874, "0.2": 0.0419 },
  },
  "sga-plus cosine-3": {
    power: { "1": 0.0519, "0.5": 0.0682, "0.2": 0.0804 },
    mismatch: { "1": 0.1341, "0.5": 0.0837, "0.2": 0.0403 },
  },
  kumaraswamy: {
    power: { "1": 0.045, "0.3": 0.0514, "0.2": 0.0684, "0.1": ROUND_POWER },
    mismatch: { "1": 0.1218, "0.3": 0.0839, "0.2": 0.0789, "0.1": 0.0611 },
    mean: { "1": 0.4909, "0.3": 0.4916, "0.1": 0.5, "0.02": 0.5 },
    // c = 2, b = 2.5.
    atHighest: (y, u) => y + Math.sqrt(1 - (0.5 - u) ** (1 / 2.5)) - 0.5,
  },
};

const PLACES = 50;
/** Draws of one number, and of two. */
const [ALONE, PAIRS] = [400, 1600];
/** The fractional part of the golden ratio, whose multiples spread evenly. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/**
 * Every place with every draw, draws varying fastest. Places and draws of one number are midpoints, so no place is a tie. Draws of
 * two numbers are a lattice together with its mirror image in the first number, as the places have theirs.
 */
function gridOf({ noise }: Surrogate) {
  const isPair = noise?.numbers === 2;
  const count = isPair ? PAIRS : ALONE;
  const steps = isPair ? PAIRS / 2 : ALONE;
  const numbers = (f: (i: number) => number) => Float64Array.from({ length: PLACES * count }, (_, i) => f(i));
  const place = (i: number): number => (Math.floor(i / count) + 0.5) / PLACES;
  const draw = (i: number): number => ((i % steps) + 0.5) / steps - 0.5;
  return {
    draws: count,
    y: numbers(place),
    u: numbers((i) => (isPair && i % count >= steps ? -draw(i) : draw(i))),
    second: numbers((i) => (((((i % count) % steps) + 0.5) * GOLDEN) % 1) - 0.5),
  };
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function temperaturesOf(surrogate: Surrogate): (number | undefined)[] {
  const range = surrogate.temperature;
  if (range === null) return [undefined];
  const { from, to } = range.anneal;
  return [range.lowest, 1e-5, 0.02, to, from, Math.min(1, range.highest), range.highest];
}

const withTemperature = (temperature: number | undefined) => (temperature === undefined ? {} : { temperature });
/** A smooth function that is neither even nor linear, and its derivative. */
const f = (v: number): number => (v - 0.3) ** 2 + 0.2 * v ** 3;
const fSlope = (v: number): number => 2 * (v - 0.3) + 0.6 * v ** 2;

describe("the table of surrogates", () => {
  it("has each pair of name and form once, the facts of each, and finds it again", () => {
    expect(Object.keys(FACTS).sort()).toEqual(SURROGATES.map(surrogateName).sort());
    for (const surrogate of SURROGATES) {
      expect(findSurrogate(surrogate.id, surrogate.form)).toBe(surrogate);
      if (surrogate.form !== null) expect(formsOf(surrogate.id)).toContain(surrogate.form);
    }
    expect(SURROGATE_IDS).toContain("sua");
    expect(formsOf("sua")).toEqual(["soft", "dither", "stochastic"]);
    expect(findSurrogate("sua").form).toBe("soft");
  });

  it("refuses names and forms that do not exist and lists those that do", () => {
    expect(() => findSurrogate("noise")).toThrow(/got "noise", expected one of aun, ste, stochastic, uq, sga,/);
    expect(() => findSurrogate("toString")).toThrow(RangeError);
    expect(() => findSurrogate("sua", "hard")).toThrow(/got the form "hard", expected one of soft, dither, stochastic/);
    expect(() => findSurrogate("aun", "soft")).toThrow(/expected none/);
  });
});

describe.each(SURROGATES.map((surrogate) => [surrogateName(surrogate), surrogate] as const))(
  "%s",
  (name, surrogate) => {
    const facts = FACTS[name] as Facts;
    const GRID = gridOf(surrogate);
    const { draws: DRAWS } = GRID;
    const values = (
      y: ArrayLike<number>,
      u: ArrayLike<number>,
      temperature: number | undefined,
      secondNoise: ArrayLike<number> = GRID.second,
    ) => evaluateSurrogate(surrogate, y, { noise: u, secondNoise, ...withTemperature(temperature) }).values;

    it("says truly whether it needs noise, temperature and a closed form", () => {
      let asked = 0;
      let askedAgain = 0;
      const secondNoise = graphInput("second-noise", [2, 3]);
      const concentration = graphInput("concentration", []);
      const latent = graphInput("latent", [2, 3]);
      const temperature = graphInput("temperature", []);
      const noise = graphInput("noise", [2, 3]);
      const context = { noise: () => noise, secondNoise: () => secondNoise, temperature, concentration: null };
      const value = surrogate.forward(latent, {
        noise: () => {
          asked++;
          return noise;
        },
        secondNoise: () => {
          askedAgain++;
          return secondNoise;
        },
        temperature,
        concentration,
      });
      expect(value.shape).toEqual([2, 3]);
      expect(asked > 0).toBe(surrogate.noise !== null);
      expect(askedAgain > 0).toBe(surrogate.noise?.numbers === 2);
      if (surrogate.noise?.numbers === 2) expect(reaches([value], secondNoise)).toBe(true);
      expect(reaches([value], concentration)).toBe(surrogate.concentration !== undefined);
      const [slope] = surrogate.gradients.includes("expected")
        ? [value]
        : gradients(reduceSum(applySurrogate(surrogate, surrogate.gradients[0], latent, context)), [latent]);
      expect(reaches([value, slope as Tensor], temperature)).toBe(surrogate.temperature !== null);
      expect(surrogate.expectedSlope !== undefined).toBe(surrogate.gradients.includes("expected"));
    });

    it("commutes with shifts by integers, and equal noise gives equal values", () => {
      const reals = fc.double({ min: -6, max: 6, noNaN: true });
      const draws = fc.double({ min: -0.499, max: 0.499, noNaN: true });
      const temperature = surrogate.temperature?.anneal.from;
      fc.assert(
        fc.property(
          fc.array(fc.tuple(reals, draws), { minLength: 4, maxLength: 4 }),
          fc.integer({ min: -9, max: 9 }),
          (pairs, by) => {
            // Away from ties, where the last bit of a sum decides.
            const y = pairs.map(([value]) => Math.round(value * 1e4) / 1e4 + 3.17e-6);
            const u = pairs.map(([, value]) => Math.round(value * 1e3) / 1e3 + 1.3e-5);
            const second = u.toReversed();
            const shifted = y.map((value) => value + 2 * by);
            const first = values(y, u, temperature, second);
            expect([...values(y, u, temperature, second)]).toEqual([...first]);
            values(shifted, u, temperature, second).forEach((value, i) => {
              expect(Math.abs(value - 2 * by - first[i]!)).toBeLessThan(1e-7);
            });
          },
        ),
        { numRuns: 60 },
      );
    });

    it("is rounding at the lowest temperature, and what its entry says at the highest", () => {
      const { y, u } = GRID;
      if (surrogate.temperature === null) {
        expect(facts.atHighest).toBeUndefined();
        return;
      }
      const { lowest, highest } = surrogate.temperature;
      expect(largestDifference(values(y, u, lowest), y.map(roundHalfEven))).toBeLessThan(1e-12);
      // The limit is approached, not only put in its place; a value near a half-integer comes last.
      const inside = y.map((value) => (Math.abs(value - 0.5) < 0.02 ? 0.25 : value));
      expect(largestDifference(values(inside, u, 1e-3), inside.map(Math.round))).toBeLessThan(0.01);
      const { atHighest } = facts;
      if (atHighest === undefined) return;
      const limit = y.map((value, i) => atHighest(value, u[i]!));
      // Constants of a graph are float32.
      expect(largestDifference(values(y, u, highest), limit)).toBeLessThan(1e-9);
    });

    it("has the noise power and the mismatch that theory says", () => {
      const { y, u } = GRID;
      for (const [key, power] of Object.entries(facts.power)) {
        const v = values(y, u, key === "none" ? undefined : Number(key));
        const measured = mean(v.map((value, i) => (value - y[i]!) ** 2));
        // Two digits; the grid itself adds at most 1e-4.
        expect(Math.abs(measured - power), `power at ${key}`).toBeLessThan(Math.max(6e-4, 0.005 * power));
        const mismatch = mean(v.map((value, i) => (value - Math.round(y[i]!)) ** 2));
        expect(Math.abs(mismatch - facts.mismatch[key]!), `mismatch at ${key}`).toBeLessThan(1.1e-3);
      }
    });

    it("has a mean over noise and place of 1/2, and at every place the mean over noise that its entry says", () => {
      const { y, u } = GRID;
      for (const temperature of temperaturesOf(surrogate).slice(surrogate.temperature === null ? 0 : 2)) {
        const v = values(y, u, temperature);
        const known = facts.mean?.[String(temperature)];
        if (facts.mean === undefined) expect(Math.abs(mean(v) - 0.5)).toBeLessThan(1e-6);
        else if (known !== undefined) expect(Math.abs(mean(v) - known), `T ${temperature}`).toBeLessThan(4e-4);
        for (let place = 0; place < PLACES; place++) {
          const expected = facts.meanAt?.(y[place * DRAWS]!, temperature ?? 0);
          if (expected === undefined) continue;
          const given = mean(v.subarray(place * DRAWS, (place + 1) * DRAWS));
          // Two jumps of 1 in a grid of 400 draws, each known to half a draw; float32 constants; the clip of r.
          expect(Math.abs(given - expected), `T ${temperature} place ${place}`).toBeLessThan(3e-3);
        }
      }
    });

    it.each(surrogate.gradients)(
      "mode %s has the gradient that it stands for, against differences under common noise",
      (gradient) => {
        for (const temperature of temperaturesOf(surrogate).filter((t) => t === undefined || (t >= 0.1 && t <= 1))) {
          checkGradient(surrogate, gradient, temperature);
        }
      },
    );
  },
);

/** Whether `target` is among what the outputs are computed from. */
function reaches(outputs: readonly Tensor[], target: Tensor): boolean {
  const seen = new Set<Tensor>();
  const stack = [...outputs];
  for (let tensor = stack.pop(); tensor !== undefined; tensor = stack.pop()) {
    if (tensor === target) return true;
    if (!seen.has(tensor)) stack.push(...tensor.inputs);
    seen.add(tensor);
  }
  return false;
}

/** Places of the gradient test: inside every piece of the piecewise surrogates, off their kinks. */
const GRADIENT_PLACES = [0.07, 0.31, 0.42, 0.499, 0.58, 0.77] as const;
/** Closed forms are compared with means over noise in which values jump, which takes a fine grid. */
const noiseFor = (gradient: GradientMode): Float64Array => {
  const draws = gradient === "expected" ? 20_000 : 1000;
  return Float64Array.from({ length: draws }, (_, i) => (i + 0.5) / draws - 0.5);
};

/** The same numbers in another order: 617 has no factor in common with their count. */
const secondFor = (noise: Float64Array): Float64Array => noise.map((_, i) => noise[(i * 617 + 311) % noise.length]!);

/** The mean of f(y~) over the noise at y. */
function meanLoss(surrogate: Surrogate, y: number, noise: Float64Array, temperature: number | undefined): number {
  const latents = new Float64Array(noise.length).fill(y);
  const secondNoise = secondFor(noise);
  return mean(
    evaluateSurrogate(surrogate, latents, { noise, secondNoise, ...withTemperature(temperature) }).values.map(f),
  );
}

function checkGradient(surrogate: Surrogate, gradient: GradientMode, temperature: number | undefined): void {
  const noise = noiseFor(gradient);
  for (const y of GRADIENT_PLACES) {
    const where = `T ${temperature} y ${y}`;
    const run = evaluateSurrogate(surrogate, new Float64Array(noise.length).fill(y), {
      noise,
      secondNoise: secondFor(noise),
      gradient,
      ...withTemperature(temperature),
    });
    switch (gradient) {
      case "straight-through":
        expect(new Set(run.slopes), where).toEqual(new Set([1]));
        break;
      case "pathwise": {
        // Continuous in y at fixed noise, so the same noise on both sides makes the difference exact but for rounding.
        const given = mean(run.values.map((v, i) => fSlope(v) * run.slopes![i]!));
        const step = 1e-7;
        const difference =
          (meanLoss(surrogate, y + step, noise, temperature) - meanLoss(surrogate, y - step, noise, temperature)) /
          (2 * step);
        expect(Math.abs(given - difference), where).toBeLessThan(1e-4 * (1 + Math.abs(difference)));
        break;
      }
      case "expected": {
        // Jumps of 1 at one of 20,000 draws over a step of 0.008; the third derivative of the sharpest mean costs the rest.
        const { weight, lower, upper } = run.expected as NonNullable<typeof run.expected>;
        const given = weight[0]! * (f(upper[0]!) - f(lower[0]!));
        const step = 0.004;
        const difference =
          (meanLoss(surrogate, y + step, noise, temperature) - meanLoss(surrogate, y - step, noise, temperature)) /
          (2 * step);
        expect(Math.abs(given - difference), where).toBeLessThan(0.025 * (1 + Math.abs(difference)));
        break;
      }
      case "soft": {
        const standIn = SOFT_STAND_INS[surrogate.id];
        if (standIn === undefined) throw new Error(`${surrogate.id} needs its smooth stand-in here`);
        const step = 1e-6;
        const places = graphInput("places", [2]);
        const result = evaluate(
          { value: standIn(places, graphInput("temperature", [])) },
          { places: [y - step, y + step], temperature: [temperature ?? 0] },
        ).value.data as Float64Array;
        const difference = (result[1]! - result[0]!) / (2 * step);
        expect(Math.abs(run.slopes![0]! - difference), where).toBeLessThan(1e-6 * (1 + difference));
        break;
      }
    }
  }
}

/** The smooth function whose derivative a surrogate of mode "soft" passes on. */
const SOFT_STAND_INS: Readonly<Partial<Record<SurrogateId, (y: Tensor, temperature: Tensor) => Tensor>>> = {
  "soft-to-hard": softAssignment,
  dsq: softRound,
};
