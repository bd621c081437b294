import { describe, expect, it } from "vitest";
import { arrayOf, CounterRandom, constant, defineGraph, evaluate, graphInput, type Tensor } from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { openSession } from "../engine/runtime/session.ts";
import { inputNames } from "../objective/input-names.ts";
import { type AdamSlot, adamScalars, adamUpdate } from "./adam.ts";
import { isMuonParameter, MUON_MOMENTUM, muonStep, orthogonalized } from "./muon.ts";
import { validateConfig } from "./parse-config.ts";
import { trainingGraph } from "./training-graph.ts";

type Matrix = number[][];

function draw(rows: number, columns: number, stream: number): Matrix {
  const values = new Float32Array(rows * columns);
  new CounterRandom(5).fillUniform(values, 0, stream, -1, 1);
  return Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)]);
}

const transposed = (x: Matrix): Matrix => (x[0] as number[]).map((_, j) => x.map((row) => row[j]!));
const product = (x: Matrix, y: Matrix): Matrix =>
  x.map((row) => (y[0] as number[]).map((_, j) => row.reduce((sum, a, k) => sum + a * y[k]![j]!, 0)));
const combine = (x: Matrix, y: Matrix, by: (a: number, b: number) => number): Matrix =>
  x.map((row, i) => row.map((a, j) => by(a, y[i]![j]!)));

/** The iteration as the authors of Muon write it, on the whole matrix. */
function newtonSchulz(matrix: Matrix): Matrix {
  if (matrix.length > (matrix[0]?.length as number)) return transposed(newtonSchulz(transposed(matrix)));
  const norm = Math.sqrt(matrix.flat().reduce((sum, a) => sum + a * a, 0));
  let x = matrix.map((row) => row.map((a) => a / norm));
  for (let i = 0; i < 5; i++) {
    const gram = product(x, transposed(x));
    const factor = combine(gram, product(gram, gram), (a, b) => -4.775 * a + 2.0315 * b);
    x = combine(x, product(factor, x), (a, b) => 3.4445 * a + b);
  }
  return x;
}

/** Column k times 10^(-6 k / columns). */
const graded = (x: Matrix): Matrix => x.map((row) => row.map((a, k) => a * 10 ** ((-6 * k) / row.length)));

/** Singular values by one-sided Jacobi rotations (Hestenes 1958): rows are turned pairwise until they are orthogonal. */
function singularValues(matrix: Matrix): number[] {
  const rows = (matrix.length > (matrix[0] as number[]).length ? transposed(matrix) : matrix).map((row) => [...row]);
  const dot = (a: number[], b: number[]): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let i = 0; i < rows.length; i++) {
      for (let j = i + 1; j < rows.length; j++) {
        const [a, b] = [rows[i] as number[], rows[j] as number[]];
        const angle = 0.5 * Math.atan2(2 * dot(a, b), dot(a, a) - dot(b, b));
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        rows[i] = a.map((value, k) => c * value + s * b[k]!);
        rows[j] = b.map((value, k) => c * value - s * a[k]!);
      }
    }
  }
  return rows.map((row) => Math.sqrt(dot(row, row)));
}

function found(matrix: Matrix): Matrix {
  const [rows, columns] = [matrix.length, matrix[0]?.length as number];
  const result = orthogonalized(constant(matrix.flat(), [rows, columns]));
  const data = evaluate({ result }, {}).result.data;
  return matrix.map((_, i) => [...data].slice(i * columns, (i + 1) * columns));
}

describe("orthogonalized", () => {
  it.each([
    [6, 40],
    [40, 6],
    [9, 9],
  ])("is the iteration of the authors for %i x %i", (rows, columns) => {
    const matrix = draw(rows, columns, 1);
    const expected = newtonSchulz(matrix).flat();
    // Constants of the graph are float32.
    for (const [i, value] of found(matrix).flat().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  });

  it.each([
    [8, 60],
    [60, 8],
    [24, 96],
  ])(
    "brings all singular values of random %i x %i matrices near 1, so that the root mean square is known",
    (rows, columns) => {
      for (let stream = 2; stream < 6; stream++) {
        const result = found(draw(rows, columns, stream));
        const values = singularValues(result);
        expect(values).toHaveLength(Math.min(rows, columns));
        // What five iterations do to singular values between 0.05 and 1 of the norm, by the authors' figure: 0.68 to 1.14.
        expect(Math.min(...values)).toBeGreaterThan(0.67);
        expect(Math.max(...values)).toBeLessThan(1.15);
        const meanSquare = result.flat().reduce((sum, a) => sum + a * a, 0) / (rows * columns);
        expect(0.2 * Math.sqrt(Math.max(rows, columns) * meanSquare)).toBeGreaterThan(0.2 * 0.67);
        expect(0.2 * Math.sqrt(Math.max(rows, columns) * meanSquare)).toBeLessThan(0.2 * 1.15);
      }
    },
  );

  it.each([
    ["of full rank", draw(32, 144, 30)],
    ["of rank 1", product(draw(32, 1, 31), draw(1, 144, 32))],
    ["of rank 3", product(draw(32, 3, 33), draw(3, 144, 34))],
    ["with singular values over six decades", product(graded(draw(32, 32, 35)), draw(32, 144, 36))],
  ])("is on onnxruntime, in float32 and on Gram matrices, what float64 makes of a matrix %s", async (_, drawn) => {
    // Rounded first, so that both start from the same numbers.
    const matrix = drawn.map((row) => row.map(Math.fround));
    const graph = defineGraph({ result: orthogonalized(graphInput("matrix", [32, 144])) });
    const session = await openSession(exportOnnx(graph));
    const results = await session.run(
      new Map([["matrix", { shape: [32, 144], data: Float32Array.from(matrix.flat()) }]]),
    );
    await session.close();
    const data = arrayOf(results, "result").data;
    const expected = newtonSchulz(matrix).flat();
    const size = Math.hypot(...expected);
    // Gram matrices square the range of singular values: the smallest keep 3 digits of the 7 of float32.
    expect(Math.hypot(...expected.map((value, i) => value - data[i]!)) / size).toBeLessThan(1e-3);
  });

  it("leaves zeros alone", () => {
    expect(found([[0, 0, 0]]).flat()).toEqual([0, 0, 0]);
  });
});

describe("muonStep", () => {
  it("moves a kernel by momentum, orthogonal direction and rate", () => {
    const [weight, momentum, gradient] = [3, 4, 5].map((stream) => draw(4, 27, stream)) as [Matrix, Matrix, Matrix];
    const shape = [4, 3, 3, 3];
    const input = (name: string) => graphInput(name, shape);
    const next = muonStep({ weight: input("w"), firstMoment: input("m") }, input("g"), graphInput("rate", []));
    const feeds = { w: weight.flat(), m: momentum.flat(), g: gradient.flat(), rate: [0.01] };
    const results = evaluate({ weight: next.weight, momentum: next.firstMoment }, feeds);
    const after = combine(momentum, gradient, (a, b) => MUON_MOMENTUM * a + b);
    const direction = newtonSchulz(combine(gradient, after, (a, b) => a + MUON_MOMENTUM * b));
    const expected = combine(weight, direction, (a, b) => a - 0.01 * 0.2 * Math.sqrt(27) * b);
    for (const [i, value] of after.flat().entries()) expect(results.momentum.data[i]).toBeCloseTo(value, 6);
    for (const [i, value] of expected.flat().entries()) expect(results.weight.data[i]).toBeCloseTo(value, 6);
  });
});

/** A kernel by Muon with weight decay, a kernel by Adam with weight decay, a bias by Adam without. */
const PLAN = [
  { name: "muon", rows: 3, columns: 8, shape: [3, 2, 2, 2], isMuon: true, decays: true },
  { name: "adam", rows: 2, columns: 4, shape: [2, 4], isMuon: false, decays: true },
  { name: "bias", rows: 1, columns: 3, shape: [3], isMuon: false, decays: false },
] as const;
const PARTS = ["weight", "firstMoment", "secondMoment", "average"] as const;
type State = Record<(typeof PARTS)[number], Matrix>;

describe("adamUpdate of weights by Muon and by Adam", () => {
  const config = validateConfig({
    data: "unused",
    emaDecay: 0.9,
    optimizer: { name: "muon", clipNorm: 2, weightDecay: 0.4 },
  });
  const { beta1, beta2, epsilon } = config.optimizer;

  /** One slot after a step, by the formulas of decision 0014 in float64. */
  function reference(plan: (typeof PLAN)[number], state: State, clipped: Matrix, step: number, rate: number): State {
    const t = step + 1;
    const start = state.weight.map((row) => row.map((w) => (plan.decays ? (1 - rate * 0.4) * w : w)));
    const b = plan.isMuon ? MUON_MOMENTUM : beta1;
    const firstMoment = combine(state.firstMoment, clipped, (m, g) => b * m + (plan.isMuon ? g : (1 - b) * g));
    const secondMoment = combine(state.secondMoment, clipped, (v, g) => beta2 * v + (1 - beta2) * g * g);
    const direction = plan.isMuon
      ? newtonSchulz(combine(clipped, firstMoment, (g, m) => g + b * m)).map((row) =>
          row.map((a) => 0.2 * Math.sqrt(Math.max(plan.rows, plan.columns)) * a),
        )
      : combine(
          firstMoment,
          secondMoment,
          (m, v) => m / (1 - beta1 ** t) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon),
        );
    const weight = combine(start, direction, (w, d) => w - rate * d);
    const decay = Math.min(0.9, (1 + t) / (10 + t));
    return {
      weight,
      firstMoment,
      secondMoment,
      average: combine(state.average, weight, (a, w) => decay * a + (1 - decay) * w),
    };
  }

  it("follows the formulas for several steps, clipping all gradients together", () => {
    const slots: AdamSlot[] = PLAN.map(({ name, shape, isMuon, decays }) => ({
      weight: graphInput(`${name}-weight`, shape),
      firstMoment: graphInput(`${name}-firstMoment`, shape),
      secondMoment: isMuon ? null : graphInput(`${name}-secondMoment`, shape),
      average: graphInput(`${name}-average`, shape),
      decay: decays ? constant(1) : null,
    }));
    const [stepSize, rate, averageDecay] = ["step-size", "rate", "average-decay"].map((name) => graphInput(name, []));
    const scalars = { stepSize, epsilon: graphInput("epsilon", []), rate, averageDecay } as Record<
      "stepSize" | "epsilon" | "rate" | "averageDecay",
      Tensor
    >;
    const gradients = PLAN.map(({ name, shape }) => graphInput(`${name}-gradient`, shape));
    const update = adamUpdate(slots, gradients, scalars, config);
    const outputs: Record<string, Tensor> = {};
    PLAN.forEach(({ name }, i) => {
      for (const part of PARTS) {
        const next = update.slots[i]?.[part];
        if (next != null) outputs[`next/${name}-${part}`] = next;
      }
    });

    let states: State[] = PLAN.map(({ rows, columns }, i) => {
      const [weight, zeros] = [draw(rows, columns, 40 + i), draw(rows, columns, 0).map((row) => row.map(() => 0))];
      return { weight, firstMoment: zeros, secondMoment: zeros, average: weight };
    });
    for (let step = 0; step < 4; step++) {
      // From under the norm that is clipped to well above it.
      const drawn = PLAN.map(({ rows, columns }, i) =>
        draw(rows, columns, 50 + 10 * step + i).map((row) => row.map((g) => g * 0.3 * (2 * step + 1))),
      );
      const norm = Math.hypot(...drawn.flat(2));
      expect(norm > 2).toBe(step > 0);
      const clipped = drawn.map((matrix) => matrix.map((row) => row.map((g) => g * Math.min(1, 2 / norm))));
      const values = adamScalars(config, step, 0.1 / (step + 1));
      const feeds: Record<string, number[]> = {
        "step-size": [values.stepSize],
        epsilon: [values.epsilon],
        rate: [values.rate],
        "average-decay": [values.averageDecay],
      };
      PLAN.forEach(({ name }, i) => {
        for (const part of PARTS) feeds[`${name}-${part}`] = (states[i] as State)[part].flat();
        feeds[`${name}-gradient`] = (drawn[i] as Matrix).flat();
      });
      const results = evaluate(outputs, feeds);
      states = PLAN.map((plan, i) => reference(plan, states[i] as State, clipped[i] as Matrix, step, 0.1 / (step + 1)));
      PLAN.forEach(({ name, isMuon }, i) => {
        for (const part of PARTS) {
          const found = results[`next/${name}-${part}`]?.data;
          expect(found === undefined, `${name} ${part}`).toBe(isMuon && part === "secondMoment");
          // Constants of the graph are float32.
          found?.forEach((value, k) => {
            expect(value, `${name} ${part} ${k}`).toBeCloseTo((states[i] as State)[part].flat()[k]!, 6);
          });
        }
      });
    }
  });
});

describe("training with Muon", () => {
  const config = (name: string) =>
    validateConfig({ data: "unused", network: { N: 16, M: 16 }, batch: 1, optimizer: { name } });

  it("gives kernels no second moment, and leaves GDN, biases and densities to Adam", () => {
    const muon = trainingGraph(config("muon"));
    const kernels = muon.parameters.filter(isMuonParameter).map(({ name }) => name);
    expect(kernels).toContain("ga.conv1.weight");
    expect(kernels).toContain("hs.conv2.weight");
    expect(kernels.filter((name) => /gamma|bias|density/.test(name))).toEqual([]);
    for (const { name } of muon.parameters) {
      expect(muon.graph.inputs.has(inputNames.secondMoment(name)), name).toBe(!kernels.includes(name));
    }
    expect(trainingGraph(config("adam")).graph.inputs.has(inputNames.secondMoment("ga.conv1.weight"))).toBe(true);
  });
});
