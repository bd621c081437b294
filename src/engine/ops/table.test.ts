/** Every operation on every example: onnxruntime against float64, gradients against finite differences. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BothWays, evaluateBoth } from "../../../test/support/evaluate-both.ts";
import { type Example, type ExampleInput, examples } from "../../../test/support/op-examples.ts";
import { gradients } from "../gradients/gradients.ts";
import { topologicalOrder } from "../graph/graph.ts";
import { elementCount } from "../graph/shape.ts";
import type { OnnxEmitter, Tensor } from "../graph/tensor.ts";
import { CounterRandom } from "../random.ts";
import { evaluate } from "../reference/evaluate.ts";
import { multiply } from "./arithmetic.ts";
import { reduceSum } from "./broadcast.ts";
import { graphInput } from "./sources.ts";
import { type OperatorName, operators } from "./table.ts";

const random = new CounterRandom(20240607);
/** Float32 results may differ from float64 by this, relative to the largest element (or 1, if that is larger). */
const FLOAT32_TOLERANCE = 2e-6;
const STEP = 1e-5;
/** Central differences in float64 may differ from the gradient by this, relative to the gradient (or 1, if larger). */
const GRADIENT_TOLERANCE = 1e-6;
/** Elements of an input whose derivative is checked: these many, spread over all. */
const MOST_CHECKED = 40;
/** Distance that random values keep from those to avoid. */
const MARGIN = 0.01;

function draw(input: ExampleInput, step: number, stream: number): Float32Array {
  const values = new Float32Array(elementCount(input.shape));
  random.fillUniform(values, step, stream, input.low, input.high);
  return values.map((value) =>
    (input.avoid ?? []).some((kink) => Math.abs(value - kink) < MARGIN) ? value + 3 * MARGIN : value,
  );
}

/** The example as a graph: its inputs x0, x1, …, its result, and the sum of the result weighted by the input w. */
function instantiate(example: Example, seed: number) {
  const inputs = example.inputs.map((input, i) => graphInput(`x${i}`, input.shape));
  const output = example.build(inputs);
  const weights = graphInput("w", output.shape);
  const loss = reduceSum(multiply(output, weights));
  const feeds: Record<string, Float32Array> = { w: draw({ shape: output.shape, low: -1, high: 1 }, seed, 0) };
  example.inputs.forEach((input, i) => {
    feeds[`x${i}`] = draw(input, seed, i + 1);
  });
  return { inputs, output, loss, feeds };
}

function expectClose(actual: BothWays, context: string): void {
  const scale = actual.float64.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  expect(actual.float32.length, context).toBe(actual.float64.length);
  actual.float64.forEach((value, i) => {
    const error = Math.abs(actual.float32[i]! - value) / scale;
    expect(error, `${context}: element ${i} is ${actual.float32[i]}, expected ${value}`).toBeLessThan(
      FLOAT32_TOLERANCE,
    );
  });
}

/** Operators of ONNX that multiply and add up. */
const PRODUCTS = ["Conv", "ConvTranspose", "MatMul", "Gemm", "Einsum"];

/** Types of the ONNX nodes that a node of a graph becomes. */
function onnxTypes(node: Tensor): readonly string[] {
  const types: string[] = [];
  const emit: OnnxEmitter = {
    openImageSize: false,
    channelBlock: 1,
    winograd: false,
    node: (type) => `node${types.push(type)}`,
    integers: () => "integers",
    floats: () => "floats",
  };
  node.op.lower(
    emit,
    node.inputs.map((_, i) => `input${i}`),
    node,
  );
  return types;
}

function lossAt(loss: Tensor, feeds: Readonly<Record<string, ArrayLike<number>>>): number {
  return evaluate({ loss }, feeds).loss.data[0]!;
}

const cases = Object.entries(examples).flatMap(([name, list], op) =>
  list.map((example, i) => ({ name, example, seed: op * 100 + i, title: `${name} ${example.description}` })),
);

describe("the table of operations", () => {
  it("lists every op record of the folder under its own name", async () => {
    const folder = new URL(".", import.meta.url);
    const found: string[] = [];
    for (const file of readdirSync(folder)) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
      const module: Record<string, unknown> = await import(new URL(file, folder).href);
      for (const value of Object.values(module)) {
        if (typeof value === "object" && value !== null && "lower" in value && "name" in value)
          found.push(String(value.name));
      }
    }
    expect(found.sort()).toEqual([...Object.keys(operators), "input"].sort());
    for (const [name, op] of Object.entries(operators)) expect(op.name).toBe(name);
  });

  it("has examples that use the operation they are listed under", () => {
    for (const { name, example, title } of cases) {
      const seen = new Set<Tensor>();
      const visit = (tensor: Tensor): boolean => {
        if (seen.has(tensor)) return false;
        seen.add(tensor);
        return tensor.op === operators[name as OperatorName] || tensor.inputs.some(visit);
      };
      expect(visit(instantiate(example, 0).output), title).toBe(true);
    }
  });

  it("says of each operation that becomes a convolution or a product of matrices how much it multiplies and adds", () => {
    for (const { name, example, title } of cases) {
      const op = operators[name as OperatorName];
      const node = topologicalOrder([instantiate(example, 0).output]).find((tensor) => tensor.op === op) as Tensor;
      const types = onnxTypes(node);
      const multiplies = types.some((type) => PRODUCTS.includes(type));
      expect(op.multiplyAccumulates !== undefined, `multiplyAccumulates of ${title}: ${types}`).toBe(multiplies);
      if (multiplies) expect(op.multiplyAccumulates?.(node), title).toBeGreaterThanOrEqual(elementCount(node.shape));
    }
  });
});

describe.each(cases)("$title", ({ example, seed, title }) => {
  it("gives the same in onnxruntime as in float64", async () => {
    const { output, feeds } = instantiate(example, seed);
    const { y } = await evaluateBoth({ y: output }, feeds);
    expectClose(y as BothWays, `${title}, seed ${seed}`);
  });

  it("has the gradient that finite differences show, and no other", () => {
    const { inputs, loss, feeds } = instantiate(example, seed);
    example.inputs.forEach((input, i) => {
      const x = inputs[i]!;
      if (input.noGradient !== undefined) {
        expect(() => gradients(loss, [x])).toThrow(RangeError);
        return;
      }
      const gradient = evaluate({ gradient: gradients(loss, [x])[0]! }, feeds).gradient.data as Float64Array;
      const stride = Math.max(1, Math.floor(gradient.length / MOST_CHECKED));
      for (let place = seed % stride; place < gradient.length; place += stride) {
        const moved = (by: number): number => {
          const values = Float64Array.from(feeds[`x${i}`]!);
          values[place] = values[place]! + by;
          return lossAt(loss, { ...feeds, [`x${i}`]: values });
        };
        const expected = (moved(STEP) - moved(-STEP)) / (2 * STEP);
        const error = Math.abs(gradient[place]! - expected) / Math.max(1, Math.abs(expected));
        const context = `${title}, seed ${seed}: input ${i}, element ${place}: ${gradient[place]}, differences ${expected}`;
        expect(error, context).toBeLessThan(GRADIENT_TOLERANCE);
      }
    });
  });
});

const differentiable = cases.filter(({ example }) => example.inputs.some((input) => input.noGradient === undefined));

describe.each(differentiable)("the gradient of $title", ({ example, seed, title }) => {
  it("is the same in onnxruntime as in float64", async () => {
    const { inputs, loss, feeds } = instantiate(example, seed);
    const wanted = inputs.filter((_, i) => example.inputs[i]?.noGradient === undefined);
    const named = Object.fromEntries(gradients(loss, wanted).map((gradient, i) => [`gradient of ${i}`, gradient]));
    for (const [name, both] of Object.entries(await evaluateBoth(named, feeds))) {
      expectClose(both, `${title}, seed ${seed}: ${name}`);
    }
  });
});
