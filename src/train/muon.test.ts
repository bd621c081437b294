import { describe, expect, it } from "vitest";
import { CounterRandom, constant, evaluate, graphInput } from "../engine/index.ts";
import { isMuonParameter, MUON_MOMENTUM, muonStep, orthogonalized } from "./muon.ts";
import { validateConfig } from "./parse-config.ts";
import { slotNames, trainingGraph } from "./step-graph.ts";

type Matrix = number[][];

function draw(rows: number, columns: number, stream: number): Matrix {
  const values = new Float32Array(rows * columns);
  new CounterRandom(5).fillUniform(values, 0, stream, -1, 1);
  return Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)]);
}

const transposed = (x: Matrix): Matrix => (x[0] as number[]).map((_, j) => x.map((row) => row[j] as number));
const product = (x: Matrix, y: Matrix): Matrix =>
  x.map((row) => (y[0] as number[]).map((_, j) => row.reduce((sum, a, k) => sum + a * (y[k]?.[j] as number), 0)));
const combine = (x: Matrix, y: Matrix, by: (a: number, b: number) => number): Matrix =>
  x.map((row, i) => row.map((a, j) => by(a, y[i]?.[j] as number)));

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

function found(matrix: Matrix): Matrix {
  const [rows, columns] = [matrix.length, matrix[0]?.length as number];
  const result = orthogonalized(constant(matrix.flat(), [rows, columns]));
  const data = evaluate({ result }, {}).result?.data ?? [];
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
    for (const [i, value] of found(matrix).flat().entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
  });

  it("brings all singular values near 1", () => {
    const result = found(draw(8, 60, 2));
    const gram = product(result, transposed(result));
    // Eigenvalues of the Gram matrix by its bounds: all diagonal elements and all vectors' images lie between 0.68^2 and 1.14^2.
    for (let k = 0; k < 20; k++) {
      const v = draw(1, 8, 10 + k)[0] as number[];
      const image = gram.map((row) => row.reduce((sum, a, j) => sum + a * (v[j] as number), 0));
      const quotient =
        v.reduce((sum, a, i) => sum + a * (image[i] as number), 0) / v.reduce((sum, a) => sum + a * a, 0);
      expect(quotient).toBeGreaterThan(0.67 ** 2);
      expect(quotient).toBeLessThan(1.15 ** 2);
    }
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
    for (const [i, value] of after.flat().entries()) expect(results.momentum?.data[i]).toBeCloseTo(value, 6);
    for (const [i, value] of expected.flat().entries()) expect(results.weight?.data[i]).toBeCloseTo(value, 6);
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
      expect(muon.graph.inputs.has(slotNames.secondMoment(name)), name).toBe(!kernels.includes(name));
    }
    expect(trainingGraph(config("adam")).graph.inputs.has(slotNames.secondMoment("ga.conv1.weight"))).toBe(true);
  });
});
