/** The part of the property kit that runs on onnxruntime: float32 at the places where formulas break. */
import { describe, expect, it } from "vitest";
import { evaluateBoth } from "../../test/support/evaluate-both.ts";
import { add, divide, gradients, graphInput, multiply, reduceSum, subtract, type Tensor } from "../engine/index.ts";
import { logisticNoise } from "./cells.ts";
import { applySurrogate } from "./quantizer.ts";
import { SURROGATES, surrogateName } from "./surrogates.ts";

function largestOf(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

describe("all surrogates in float32", () => {
  const EDGE = 0.5 - 2 ** -25;
  const special = [-2.5, -1, -0.5, 0, 0.5, 1, 1.5, 2.5, 3, -1e-9, 1 - 2 ** -24, 0.5 + 2 ** -24, 1e-5, 1 - 1e-5];
  const ordinary = [0.2, 0.37, -1.71, 3.93, -40.3];
  const noises = [-EDGE, EDGE, 0, -0.31, 0.12, 0.43];
  const y = [...special, ...ordinary].flatMap((value) => noises.map(() => value));
  const u = [...special, ...ordinary].flatMap(() => noises);
  const latent = graphInput("latent", [y.length]);
  const noise = graphInput("noise", [y.length]);
  const secondNoise = graphInput("second-noise", [y.length]);
  // Another order of the same numbers: each latent meets the second noise at its ends and in its middle.
  const second = u.map((_, i) => noises[(i * 5 + 2 + Math.floor(i / noises.length)) % noises.length]!);
  const temperature = graphInput("temperature", []);
  const cases = SURROGATES.flatMap((surrogate) =>
    surrogate.gradients.map((gradient) => ({ name: `${surrogateName(surrogate)}, ${gradient}`, surrogate, gradient })),
  );

  it.each([0, 2 ** -20, 1e-5, 1e-3, 0.02, 0.1, 0.5, 1])(
    "are finite at T = %f on integers, half-integers and beside them, and near the reference elsewhere",
    async (T) => {
      const outputs: Record<string, Tensor> = {};
      for (const { name, surrogate, gradient } of cases) {
        const context = { noise: () => noise, secondNoise: () => secondNoise, temperature, concentration: null };
        const value = applySurrogate(surrogate, gradient, latent, context);
        // The three integers of a surrogate with two numbers of noise reach half a step further.
        const reach = surrogate.noise?.numbers === 2 ? 1.5 : 1;
        outputs[`${name}: value`] = add(value, 0);
        outputs[`${name}: distance`] = divide(subtract(value, latent), reach);
        const expected = gradient === "expected" ? surrogate.expectedSlope?.(latent, context) : undefined;
        if (expected !== undefined) outputs[`${name}: slope`] = multiply(expected.weight, 1);
        else outputs[`${name}: slope`] = multiply((gradients(reduceSum(value), [latent]) as [Tensor])[0], 1);
      }
      const both = await evaluateBoth(outputs, {
        latent: Float32Array.from(y),
        noise: Float32Array.from(u),
        "second-noise": Float32Array.from(second),
        temperature: Float32Array.of(T),
      });
      for (const [name, { float32, float64 }] of Object.entries(both)) {
        expect(float32.every(Number.isFinite), name).toBe(true);
        const isValue = !name.endsWith("slope");
        if (name.endsWith("distance")) expect(largestOf(float32), name).toBeLessThan(1.0001);
        for (let i = special.length * noises.length; i < float32.length; i++) {
          if ([u, second].some((one) => Math.abs(one[i]!) === EDGE)) continue;
          const [ours, exact] = [float32[i]!, float64[i]!];
          // Slopes at low temperature follow the last bits of y, which at -40.3 are 4e-6.
          const allowed = isValue ? 1e-4 : 1e-2 * Math.max(1, Math.abs(exact)) * Math.max(1, 1e-3 / Math.max(T, 1e-5));
          expect(Math.abs(ours - exact), `${name} at ${y[i]}, ${u[i]}`).toBeLessThan(allowed);
        }
      }
    },
  );

  it("keep noise of exactly 1/2 from an infinite logarithm", async () => {
    // 1/2 - 2^-26 would be 1/2 in float32, and stop nothing.
    const ends = [-0.5, 0.5, -EDGE, EDGE];
    const both = await evaluateBoth(
      { logistic: logisticNoise(graphInput("ends", [4])) },
      { ends: Float32Array.from(ends) },
    );
    const { float32, float64 } = both.logistic as { float32: Float32Array; float64: Float64Array };
    const last = Math.log(2 ** 25 - 1);
    for (const values of [float32, float64]) {
      expect(Array.from(values)).toEqual([-last, last, -last, last].map((x) => expect.closeTo(x, 5)));
    }
  });

  it("break ties as onnxruntime's Round does: halves to the even integer", async () => {
    const halves = graphInput("latent", [6]);
    const draws = graphInput("noise", [6]);
    const zero = { noise: () => draws, secondNoise: () => draws, temperature: 0, concentration: null };
    const outputs = Object.fromEntries(
      SURROGATES.filter(({ temperature: range, noise: asked }) => range !== null || asked === null).map((surrogate) => [
        surrogateName(surrogate),
        surrogate.forward(halves, zero),
      ]),
    );
    expect(Object.keys(outputs)).toContain("sua dither");
    const both = await evaluateBoth(outputs, {
      latent: Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5),
      noise: new Float32Array(6).fill(0.3),
    });
    for (const [name, { float32 }] of Object.entries(both)) {
      expect(
        [...float32].map((value) => value + 0),
        name,
      ).toEqual([-2, -2, 0, 0, 2, 2]);
    }
  });
});
