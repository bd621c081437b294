import { describe, expect, it } from "vitest";
import { evaluate, graphInput } from "../engine/index.ts";
import { adamScalars, adamUpdate } from "./adam.ts";
import { validateConfig } from "./parse-config.ts";

const config = validateConfig({ data: "unused", emaDecay: 0.9, optimizer: { clipNorm: 2 } });
const { beta1, beta2, epsilon } = config.optimizer;

/** Three weights and their gradients over three steps; the second gradient is longer than the clip norm. */
const GRADIENTS = [
  [0.5, -1, 0.25],
  [3, 4, -12],
  [0, 0.1, 1e-6],
];

describe("adamUpdate", () => {
  it("takes the steps of the textbook: clipped gradient, corrected moments, averaged weights", () => {
    const names = ["weight", "firstMoment", "secondMoment", "average"] as const;
    let state = { weight: [1, -2, 0.5], firstMoment: [0, 0, 0], secondMoment: [0, 0, 0], average: [1, -2, 0.5] };
    const input = (name: (typeof names)[number]) => graphInput(name, [3]);
    const slot = {
      weight: input("weight"),
      firstMoment: input("firstMoment"),
      secondMoment: input("secondMoment"),
      average: input("average"),
      decay: null,
    };
    const scalars = {
      stepSize: graphInput("step-size", []),
      epsilon: graphInput("epsilon", []),
      rate: graphInput("rate", []),
      averageDecay: graphInput("average-decay", []),
    };
    const update = adamUpdate([slot], [graphInput("gradient", [3])], scalars, config);
    const next = update.slots[0] as typeof slot;
    const output = {
      norm: update.gradientNorm,
      "next-weight": next.weight,
      "next-firstMoment": next.firstMoment,
      "next-secondMoment": next.secondMoment,
      "next-average": next.average,
    };

    GRADIENTS.forEach((gradient, step) => {
      const rate = 0.01 / (step + 1);
      const values = adamScalars(config, step, rate);
      const result = evaluate(output, {
        ...state,
        gradient,
        "step-size": [values.stepSize],
        epsilon: [values.epsilon],
        "average-decay": [values.averageDecay],
      });

      const norm = Math.hypot(...gradient);
      const t = step + 1;
      const decay = Math.min(config.emaDecay, (1 + t) / (10 + t));
      const expected = { weight: [0], firstMoment: [0], secondMoment: [0], average: [0] };
      gradient.forEach((slope, i) => {
        const g = slope * Math.min(1, 2 / norm);
        const m = beta1 * state.firstMoment[i]! + (1 - beta1) * g;
        const v = beta2 * state.secondMoment[i]! + (1 - beta2) * g * g;
        const w = state.weight[i]! - (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
        expected.firstMoment[i] = m;
        expected.secondMoment[i] = v;
        expected.weight[i] = w;
        expected.average[i] = decay * state.average[i]! + (1 - decay) * w;
      });
      expect(result.norm.data[0]).toBeCloseTo(norm, 10);
      for (const name of names) {
        // Constants of the graph (the betas) are float32: relative precision 6e-8.
        result[`next-${name}`].data.forEach((value, i) => {
          expect(Math.abs(value - expected[name][i]!)).toBeLessThan(1e-7 * Math.max(1, Math.abs(value)));
        });
      }
      state = expected;
    });
  });
});
