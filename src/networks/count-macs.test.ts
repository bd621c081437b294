import { describe, expect, it } from "vitest";
import {
  add,
  conv2d,
  convTranspose2d,
  gradients,
  graphInput,
  matMul,
  reduceSum,
  relu,
  type Tensor,
} from "../engine/index.ts";
import { countMacs } from "./count-macs.ts";
import { createNetwork } from "./create-network.ts";
import { ParameterScope } from "./parameters.ts";
import { trainNetwork } from "./train-network.ts";

describe("countMacs", () => {
  const x = graphInput("x", [2, 6, 8, 10]);

  it("counts what each op multiplies and sums, and nothing else", () => {
    const kernel = graphInput("kernel", [4, 6, 3, 3]);
    const bias = graphInput("bias", [4]);
    expect(countMacs(conv2d(x, kernel, { bias, padding: 1 }))).toBe(2 * 4 * 8 * 10 * 6 * 9);
    expect(countMacs(conv2d(x, kernel, { stride: 2, padding: 1 }))).toBe(2 * 4 * 4 * 5 * 6 * 9);
    expect(countMacs(conv2d(x, graphInput("grouped", [6, 2, 3, 3]), { groups: 3 }))).toBe(2 * 6 * 6 * 8 * 2 * 9);
    const transposed = convTranspose2d(x, graphInput("t", [6, 4, 5, 5]), { stride: 2, padding: 2, outputPadding: 1 });
    expect(countMacs(transposed)).toBe(2 * 6 * 8 * 10 * 4 * 25);
    const a = graphInput("a", [7, 5, 3]);
    expect(countMacs(matMul(a, graphInput("b", [3, 4])))).toBe(7 * 5 * 4 * 3);
    expect(countMacs(matMul(a, graphInput("c", [4, 5]), { transposeA: true, transposeB: true }))).toBe(7 * 3 * 4 * 5);
    expect(countMacs(relu(add(x, 1)))).toBe(0);
  });

  it("counts what is shared once, and a gradient as often as the forward pass for each of its two factors", () => {
    const kernel = graphInput("kernel", [4, 6, 3, 3]);
    const y = conv2d(x, kernel, { stride: 2, padding: 1 });
    const forward = countMacs(y);
    expect(countMacs(y, relu(y))).toBe(forward);
    const [toX, toKernel] = gradients(reduceSum(relu(y)), [x, kernel]) as [Tensor, Tensor];
    expect(countMacs(y, toX)).toBe(2 * forward);
    expect(countMacs(y, toKernel)).toBe(2 * forward);
    expect(countMacs(y, toX, toKernel)).toBe(3 * forward);
  });
});

/** Thousand multiply-accumulates per pixel of a 256 x 256 image. */
function kmacPerPixel(...outputs: readonly Tensor[]): number {
  return countMacs(...outputs) / 1000 / 256 ** 2;
}

describe("the networks of 2018", () => {
  // Counted by hooks on the layers of the public implementation in CompressAI, in thousands for a pixel, with two decimals.
  it.each([
    ["factorized-prior", 128, 192, 42.18, 0],
    ["factorized-prior", 192, 320, 93.7, 0],
    ["mean-scale-hyperprior", 128, 192, 42.18, 1.36 + 5.39],
    ["mean-scale-hyperprior", 192, 320, 93.7, 3.29 + 14.93],
  ] as const)("%s (%i, %i): ga and gs take %f each, ha and hs %f", (type, N, M, transform, hyper) => {
    const network = createNetwork({ type, N, M });
    const image = graphInput("image", [1, 3, 256, 256]);
    const ga = kmacPerPixel(network.analysis(ParameterScope.training(), image));
    const gs = kmacPerPixel(network.synthesis(ParameterScope.training(), graphInput("y", [1, M, 16, 16])));
    expect(Math.abs(ga - transform)).toBeLessThan(0.005);
    expect(Math.abs(gs - transform)).toBeLessThan(0.005);
    const { reconstruction, bits } = trainNetwork(network, ParameterScope.training(), image, {
      rate: "ste",
      distortion: "ste",
      zeroCenter: true,
      scaleBound: 0.11,
      noise: graphInput,
    });
    // The learned density multiplies matrices of 3 + 9 + 9 + 9 + 3 elements for both ends of each interval; hooks on layers miss it.
    const elements = type === "factorized-prior" ? 16 ** 2 * M : 4 ** 2 * N;
    const density = (2 * 33 * elements) / 1000 / 256 ** 2;
    // Two figures of two decimals were added.
    expect(Math.abs(kmacPerPixel(reconstruction, bits) - ga - gs - density - hyper)).toBeLessThan(0.01);
  });
});
