import { describe, expect, it } from "vitest";
import { conv2d, convTranspose2d, defineGraph, graphInput } from "../index.ts";
import { checkForWebGpu } from "./webgpu-limits.ts";

const plain = (from: number, to: number) =>
  defineGraph({ out: conv2d(graphInput("x", [1, from, 4, 4]), graphInput("w", [to, from, 3, 3]), { padding: 1 }) });
const transposed = (from: number, to: number) =>
  defineGraph({ out: convTranspose2d(graphInput("x", [1, from, 4, 4]), graphInput("w", [from, to, 3, 3])) });

describe("convolutions that WebGPU computes wrongly", () => {
  it.each([plain, transposed])("are refused, both kinds", (graph) => {
    for (const [from, to] of [
      [6, 4],
      [9, 12],
      [27, 16],
    ] as const) {
      // biome-ignore format: a list
      expect(() => checkForWebGpu(graph(from, to))).toThrow(`from ${from} to ${to} channels`);
    }
  });

  it.each([plain, transposed])("are no others", (graph) => {
    for (const [from, to] of [
      [3, 64],
      [6, 9],
      [8, 12],
      [10, 4],
      [96, 144],
      [144, 192],
    ] as const) {
      // biome-ignore format: a list
      expect(() => checkForWebGpu(graph(from, to))).not.toThrow();
    }
  });
});
