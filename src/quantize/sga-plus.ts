/**
 * SGA+: stochastic Gumbel annealing with other weights of the integers than exp(-atanh), and with three integers in place of two
 * (Perugachi-Diaz, Gansekoele, Bhulai, "Robustly overfitting latents for flexible neural image compression", NeurIPS 2024,
 * arXiv 2401.17789). d is the distance of an integer from y; its weight is q(d)^(1/T), and a Gumbel-softmax of temperature T draws.
 *
 * Two integers, floor(y) and ceil(y):
 *   linear  q = 1 - d
 *   cosine  q = cos^2(pi d / 2)
 *   ssl     q = sigmoid(-a logit(d)), the sigmoid-scaled logit. The logarithms of both weights differ by a logit(r): a = 1 is `linear`
 *           exactly; at half-integers a = pi / 2 is as steep as `cosine`, and a = 2/3 as `sga` (these three are ours).
 * Three integers, [y] - 1, [y] and [y] + 1. Their distances reach 3/2, so q takes f d in place of d, held within 0 and 1, and is raised to
 * a power n:
 *   linear  q = (1 - f d)^n,              f = 0.98, n = 1.5
 *   cosine  q = cos^n(pi f d / 2),        f = 0.98, n = 2
 *   ssl     q = sigmoid(-a logit(f d))^n, f = 1.4 / 1.5, n = 1.5, a = 1.4
 *
 * We have read the authors' public code and the paper's abstract, not the whole paper. From the code: all formulas, the floors of
 * below, f, n and the a of three integers (the defaults of its functions; the example in its README has other numbers). From tables
 * of the paper as others quote them: a = 2.3 for two integers.
 *
 * Two uniform numbers make the three Gumbel variables here. Let E = exp(-G) be exponential variables, E1 and E2 for the integers on the
 * sides and a third for the middle. E1 / (E1 + E2) is uniform, and independent of the sum E1 + E2, which has the distribution Gamma(2).
 * The ratio R of the third to that sum has P(R > x) = (1 + x)^-2. A softmax does not see the common factor, so the law is the published
 * one.
 */
import {
  abs,
  add,
  divide,
  exp,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  round,
  select,
  sqrt,
  square,
  subtract,
  type Tensor,
  withGradient,
} from "../engine/index.ts";
import { boundedTemperature, isLowest, NOISE_MARGIN } from "./cells.ts";
import { annealBetweenTwo } from "./gumbel-annealing.ts";
import { roundHard } from "./hard.ts";
import type { Surrogate, SurrogateContext, TemperatureRange } from "./surrogate.ts";

const SOURCE = "Perugachi-Diaz, Gansekoele, Bhulai, NeurIPS 2024 (arXiv 2401.17789)";

/** Steepness a of `ssl` for two integers: the value of the paper's tables. */
const SSL_STEEPNESS = 2.3;
/** Published clip of distances for two integers. */
const CELL_MARGIN = 1e-5;
/** Published: the squared cosine for two integers is e + (1 - e) cos^2; for three it is cos^2 + e. */
const COSINE_FLOOR = 1e-7;
/** Published floors of `linear` and `ssl` for three integers, before the power. */
const WEIGHT_FLOOR = 1e-6;

/** Published temperatures, min(1, exp(-t / 1000)) at step t, go from 1 to 0.14 in the 2,000 steps of one image. */
const TEMPERATURE: TemperatureRange = {
  lowest: 0,
  highest: 10,
  atLowest: "rounding",
  atHighest: "near floor(y) + 1/2",
  anneal: { from: 1, to: 0.1 },
};

/** sin(pi x / 2) for x in [0, 1], to 1e-11 relatively: the Taylor series to the 17th power. No gradient beyond 0 and 1 is asked for. */
function quarterSine(x: Tensor): Tensor {
  const angle = multiply(x, Math.PI / 2);
  const squared = square(angle);
  let series = subtract(1, divide(squared, 16 * 17));
  for (let k = 14; k >= 2; k -= 2) series = subtract(1, multiply(divide(squared, k * (k + 1)), series));
  return multiply(angle, series);
}

/** log(d / (1 - d)) for d that lies strictly within 0 and 1. */
function logit(distance: Tensor): Tensor {
  return subtract(log(distance), log(subtract(1, distance)));
}

function insideCell(rest: Tensor): Tensor {
  return minimum(maximum(rest, CELL_MARGIN), 1 - CELL_MARGIN);
}

/** log q of the upper integer minus log q of the lower one, for r the place in the cell. */
const LOGITS_OF_TWO = {
  linear: (rest: Tensor): Tensor => logit(insideCell(rest)),
  ssl: (rest: Tensor): Tensor => multiply(logit(insideCell(rest)), SSL_STEEPNESS),
  // cos(pi d / 2) = sin(pi (1 - d) / 2): the distance to the upper integer is 1 - r.
  cosine: (rest: Tensor): Tensor => {
    const inside = insideCell(rest);
    const floored = (x: Tensor): Tensor => log(add(multiply(square(quarterSine(x)), 1 - COSINE_FLOOR), COSINE_FLOOR));
    return subtract(floored(inside), floored(subtract(1, inside)));
  },
} as const;

const REACH = { linear: 0.98, cosine: 0.98, ssl: 1.4 / 1.5 } as const;
const SSL_STEEPNESS_OF_THREE = 1.4;
const POWER = 1.5;

/** log q for a distance from 0 to 3/2. */
const LOGARITHMS_OF_THREE = {
  linear: (distance: Tensor): Tensor =>
    multiply(log(maximum(subtract(1, multiply(distance, REACH.linear)), WEIGHT_FLOOR)), POWER),
  cosine: (distance: Tensor): Tensor => {
    const near = maximum(subtract(1, multiply(distance, REACH.cosine)), 0);
    return log(add(square(quarterSine(near)), COSINE_FLOOR));
  },
  ssl: (distance: Tensor): Tensor => {
    const inside = minimum(maximum(multiply(distance, REACH.ssl), WEIGHT_FLOOR), 1 - WEIGHT_FLOOR);
    const odds = exp(multiply(logit(inside), SSL_STEEPNESS_OF_THREE));
    return multiply(maximum(negate(log(add(odds, 1))), Math.log(WEIGHT_FLOOR)), POWER);
  },
} as const;

/** Gumbel variables of the lower, the middle and the upper integer, up to a number that all three have in common. */
function gumbelsOfThree(noise: Tensor, second: Tensor): readonly [lower: Tensor, middle: Tensor, upper: Tensor] {
  const inside = (u: Tensor): Tensor => minimum(maximum(u, NOISE_MARGIN - 0.5), 0.5 - NOISE_MARGIN);
  const side = inside(noise);
  const root = sqrt(add(inside(second), 0.5));
  // R = 1 / root - 1 = (1 - root^2) / (root (1 + root)), whose numerator loses no digits.
  const ratio = divide(subtract(0.5, inside(second)), multiply(root, add(root, 1)));
  return [negate(log(add(side, 0.5))), negate(log(ratio)), negate(log(subtract(0.5, side)))];
}

/**
 * -w1 + w3 for weights w = softmax(logits). Its derivative is written with products of weights, which all vanish together where one
 * integer has won; differences of nearly equal numbers, over T^2, would not.
 */
function meanOfThree(lower: Tensor, middle: Tensor, upper: Tensor): Tensor {
  const largest = maximum(maximum(lower, middle), upper);
  const powers = [lower, middle, upper].map((one) => exp(subtract(one, largest))) as [Tensor, Tensor, Tensor];
  const total = add(add(powers[0], powers[1]), powers[2]);
  const [below, at, above] = powers.map((power) => divide(power, total)) as [Tensor, Tensor, Tensor];
  return withGradient(subtract(above, below), [lower, middle, upper], (gradient) => {
    const both = multiply(multiply(above, below), 2);
    return [
      multiply(gradient, negate(add(multiply(at, below), both))),
      multiply(gradient, multiply(at, subtract(below, above))),
      multiply(gradient, add(multiply(at, above), both)),
    ];
  });
}

function annealAmongThree(
  latent: Tensor,
  context: SurrogateContext,
  logarithmOf: (distance: Tensor) => Tensor,
): Tensor {
  const nearest = round(latent);
  const offset = subtract(latent, nearest);
  const temperature = boundedTemperature(context.temperature);
  const gumbels = gumbelsOfThree(context.noise(latent.shape), context.secondNoise(latent.shape));
  const distances = [add(offset, 1), abs(offset), subtract(1, offset)];
  const [lower, middle, upper] = distances.map((distance, i) =>
    divide(add(divide(logarithmOf(distance), temperature), gumbels[i]!), temperature),
  ) as [Tensor, Tensor, Tensor];
  const value = add(nearest, meanOfThree(lower, middle, upper));
  return select(isLowest(context.temperature), roundHard(latent), value);
}

type Weights = keyof typeof LOGITS_OF_TWO;

function ofTwo(form: Weights, title: string, weight: string): Surrogate {
  return {
    id: "sga-plus",
    form,
    title: `SGA+, ${title}`,
    formula: `floor(y) w0 + ceil(y) w1, w = Gumbel-softmax of log q / T at temperature T, q(d) = ${weight} at the distance d`,
    slope: "pathwise",
    source: SOURCE,
    isReconstruction: false,
    noise: { defaultDither: "element", numbers: 1 },
    temperature: TEMPERATURE,
    gradients: ["pathwise", "straight-through"],
    forward: (latent, context) => annealBetweenTwo(latent, context, LOGITS_OF_TWO[form]),
  };
}

function ofThree(form: Weights, title: string, weight: string): Surrogate {
  return {
    id: "sga-plus",
    form: `${form}-3`,
    title: `SGA+, ${title}, three integers`,
    formula: `[y] + w2 - w0, w = Gumbel-softmax of log q / T at temperature T for [y] - 1, [y], [y] + 1, q(d) = ${weight}`,
    slope: "pathwise",
    source: SOURCE,
    isReconstruction: false,
    noise: { defaultDither: "element", numbers: 2 },
    temperature: { ...TEMPERATURE, atHighest: "near [y]" },
    gradients: ["pathwise", "straight-through"],
    forward: (latent, context) => annealAmongThree(latent, context, LOGARITHMS_OF_THREE[form]),
  };
}

/** Two integers, q = sigmoid(-2.3 logit(d)); pathwise derivative. */
export const sigmoidScaledLogitAnnealing: Surrogate = ofTwo(
  "ssl",
  "sigmoid-scaled logit",
  `sigmoid(-a logit(d)), a = ${SSL_STEEPNESS},`,
);
/** Two integers, q = 1 - d; pathwise derivative. */
export const linearAnnealing: Surrogate = ofTwo("linear", "linear", "1 - d");
/** Two integers, q = cos^2(pi d / 2); pathwise derivative. */
export const cosineAnnealing: Surrogate = ofTwo("cosine", "cosine", "cos²(π d / 2)");
/** Three integers, q = sigmoid(-1.4 logit(f d))^1.5; pathwise derivative. */
export const sigmoidScaledLogitAnnealingOfThree: Surrogate = ofThree(
  "ssl",
  "sigmoid-scaled logit",
  `sigmoid(-${SSL_STEEPNESS_OF_THREE} logit(f d))^${POWER}, f = 1.4 / 1.5`,
);
/** Three integers, q = (1 - f d)^1.5; pathwise derivative. */
export const linearAnnealingOfThree: Surrogate = ofThree("linear", "linear", `(1 - f d)^${POWER}, f = ${REACH.linear}`);
/** Three integers, q = cos^2(pi f d / 2); pathwise derivative. */
export const cosineAnnealingOfThree: Surrogate = ofThree("cosine", "cosine", `cos²(π f d / 2), f = ${REACH.cosine}`);
