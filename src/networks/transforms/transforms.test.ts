import { describe, expect, it } from "vitest";
import {
  CounterRandom,
  constant,
  elementCount,
  evaluate,
  gradients,
  graphInput,
  reduceSum,
  slice,
  type Tensor,
} from "../../engine/index.ts";
import { countMacs } from "../count-macs.ts";
import { ParameterScope, parameterInputName } from "../parameters.ts";
import { qualityShape, qualityWeights } from "../quality.ts";
import * as cheng2020 from "./cheng2020.ts";
import * as elic from "./elic.ts";
import * as gdnTransforms from "./gdn-transforms.ts";
import * as halfstep from "./halfstep.ts";
import type { TransformHalos } from "./transform-halos.ts";

/** A pair of transforms of a certain width. */
interface Transforms {
  /** Channels of y. */
  readonly latent: number;
  readonly halos: TransformHalos;
  ga(scope: ParameterScope, x: Tensor): Tensor;
  gs(scope: ParameterScope, y: Tensor): Tensor;
}

function cheng(N: number, attention: boolean): Transforms {
  const options = { N, attention };
  return {
    latent: N,
    halos: cheng2020.halos(options),
    ga: (scope, x) => cheng2020.ga(scope.scope("ga"), x, options),
    gs: (scope, y) => cheng2020.gs(scope.scope("gs"), y, options),
  };
}

function elicOf(N: number, M: number): Transforms {
  return {
    latent: M,
    halos: elic.HALOS,
    ga: (scope, x) => elic.ga(scope.scope("ga"), x, { N, M }),
    gs: (scope, y) => elic.gs(scope.scope("gs"), y, { N }),
  };
}

function halfstepOf(N: number, depths: readonly [number, number]): Transforms {
  const options = { N, M: N, wide: N, analysis: depths, synthesis: depths, steps: 1 } as const;
  const quality = constant(qualityWeights([0.5]), qualityShape(1));
  return {
    latent: N,
    halos: halfstep.halos(options),
    ga: (scope, x) => halfstep.ga(scope.scope("ga"), x, quality, options),
    gs: (scope, y) => halfstep.gs(scope.scope("gs"), y, quality, options),
  };
}

function gdnOf(N: number, M: number): Transforms {
  return {
    latent: M,
    halos: gdnTransforms.HALOS,
    ga: (scope, x) => gdnTransforms.ga(scope.scope("ga"), x, { N, M }),
    gs: (scope, y) => gdnTransforms.gs(scope.scope("gs"), y, { N }),
  };
}

/** Weights and biases of a convolution. */
const conv = (kernel: number, from: number, to: number): number => kernel ** 2 * from * to + to;
/** Sum of the terms 0 … count - 1. */
const sumOver = (count: number, term: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0);
/** The learned density of a channel: 33 matrix elements, 13 biases, 12 factors and 3 quantiles. */
const DENSITY = 61;

/** Parameters of Cheng 2020 besides ga and gs: ha, hs, masked context, 1x1 networks, density of z. */
function restOfCheng(N: number): number {
  const wide = (3 * N) / 2;
  const ha = 5 * conv(3, N, N);
  const hs = conv(3, N, N) + conv(3, N, 4 * N) + conv(3, N, wide) + conv(3, wide, 4 * wide) + conv(3, wide, 2 * N);
  const [a, b] = [Math.floor((10 * N) / 3), Math.floor((8 * N) / 3)];
  return ha + hs + conv(5, N, 2 * N) + conv(1, 4 * N, a) + conv(1, a, b) + conv(1, b, 2 * N) + DENSITY * N;
}

describe("the published transforms", () => {
  // Counted by hooks on the layers of the public implementation in CompressAI, in thousands for a pixel.
  it.each([
    ["Cheng 2020 anchor, N = 128", cheng(128, false), "164.86", "251.90"],
    ["Cheng 2020 anchor, N = 192", cheng(192, false), "370.22", "564.19"],
    ["Cheng 2020 attention, N = 128", cheng(128, true), "187.17", "274.21"],
    ["Cheng 2020 attention, N = 192", cheng(192, true), "420.41", "614.38"],
    ["ELIC (192, 320)", elicOf(192, 320), "254.97", "254.97"],
  ] as const)(
    "%s: kMAC per pixel are those of the public implementation",
    (_, { ga, gs, latent }, analysis, synthesis) => {
      const scope = ParameterScope.training();
      const y = ga(scope, graphInput("image", [1, 3, 256, 256]));
      expect(y.shape).toEqual([1, latent, 16, 16]);
      const image = gs(scope, graphInput("y", [1, latent, 16, 16]));
      expect(image.shape).toEqual([1, 3, 256, 256]);
      expect((countMacs(y) / 1000 / 256 ** 2).toFixed(2)).toBe(analysis);
      expect((countMacs(image) / 1000 / 256 ** 2).toFixed(2)).toBe(synthesis);
    },
  );

  // Published counts of the whole networks, in millions.
  it.each([
    ["Cheng 2020 anchor, N = 128", cheng(128, false), restOfCheng(128), "11.83"],
    ["Cheng 2020 anchor, N = 192", cheng(192, false), restOfCheng(192), "26.60"],
    ["Cheng 2020 attention, N = 128", cheng(128, true), restOfCheng(128), "13.18"],
    ["Cheng 2020 attention, N = 192", cheng(192, true), restOfCheng(192), "29.63"],
    ["ELIC (192, 320)", elicOf(192, 320), restOfElic(192, 320), "32.07"],
  ] as const)(
    "%s: with the rest of the network, the parameters are those published",
    (_, { ga, gs, latent }, rest, millions) => {
      const scope = ParameterScope.training();
      ga(scope, graphInput("image", [1, 3, 64, 64]));
      gs(scope, graphInput("y", [1, latent, 4, 4]));
      const count = scope.specs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
      expect(((count + rest) / 1e6).toFixed(2)).toBe(millions);
    },
  );
});

/** Parameters of ELIC besides ga and gs: ha, hs, spatial and channel contexts, aggregation, density of z. */
function restOfElic(N: number, M: number): number {
  const groups = [16, 16, 32, 64, M - 128];
  const ha = conv(3, M, N) + 2 * conv(5, N, N);
  const hs = conv(5, N, N) + conv(5, N, 1.5 * N) + conv(3, 1.5 * N, 2 * N);
  const contexts = sumOver(groups.length, (k) => {
    const own = groups[k]!;
    const earlier = sumOver(k, (i) => groups[i]!);
    const channel = k === 0 ? 0 : conv(5, earlier, 224) + conv(5, 224, 128) + conv(5, 128, 2 * own);
    // Three 1x1 convolutions whose widths fall in equal steps from what comes in to 2 g, those between at least 2 N.
    const from = (k === 0 ? 2 : 4) * own + 2 * N;
    const width = (i: number): number => Math.max(2 * N, Math.floor(from + ((2 * own - from) * i) / 3));
    const aggregation = conv(1, from, width(1)) + conv(1, width(1), width(2)) + conv(1, width(2), 2 * own);
    return conv(5, own, 2 * own) + channel + aggregation;
  });
  return ha + hs + contexts + DENSITY * N;
}

/** Positive weights, so that no rectifier closes: every path from input to output carries a gradient. */
function positiveWeights(scope: ParameterScope): Record<string, Float32Array> {
  return Object.fromEntries(
    scope.specs.map(({ name, shape }, i) => {
      const data = new Float32Array(elementCount(shape));
      const fanIn = Math.max(elementCount(shape.slice(1)), 1);
      new CounterRandom(6).fillUniform(data, 0, i, 0.2 / fanIn, 1.5 / fanIn);
      return [parameterInputName(name), data];
    }),
  );
}

/** The first and the last column where a gradient is not zero. */
function support(gradient: Float64Array, width: number): { readonly first: number; readonly last: number } {
  const reached = Array.from({ length: width }, (_, x) => gradient.some((g, i) => i % width === x && g !== 0));
  return { first: reached.indexOf(true), last: reached.lastIndexOf(true) };
}

describe.each([
  ["GDN", gdnOf(2, 2)],
  ["Cheng 2020 anchor", cheng(2, false)],
  ["Cheng 2020 attention", cheng(2, true)],
  ["ELIC", elicOf(2, 2)],
  ["Halfstep", halfstepOf(4, [1, 1])],
  ["Halfstep, uneven", halfstepOf(4, [2, 1])],
] as const)("the halos of %s", (_, { ga, gs, latent, halos }) => {
  // In float64 and with positive weights a gradient is zero where there is no path, and only there.
  const columns = 2 * Math.max(Math.ceil(halos.analysis / 16), halos.synthesis) + 5;
  const middle = columns >> 1;
  const ones = (count: number): Float32Array => new Float32Array(count).fill(0.5);

  it("are what an element of y sees beyond its 16 pixels, on the farther side exactly", () => {
    const scope = ParameterScope.training();
    const image = graphInput("image", [1, 3, 16, 16 * columns]);
    const y = ga(scope, image);
    const loss = reduceSum(slice(y, { axes: [3], starts: [middle], ends: [middle + 1] }));
    const [gradient] = gradients(loss, [image]) as [Tensor];
    const feeds = { ...positiveWeights(scope), image: ones(elementCount(image.shape)) };
    const { first, last } = support(evaluate({ gradient }, feeds).gradient.data as Float64Array, 16 * columns);
    expect(Math.max(16 * middle - first, last - (16 * middle + 15))).toBe(halos.analysis);
  });

  it("are what 16 pixels see beyond their element of y, on the farther side exactly", () => {
    const scope = ParameterScope.training();
    const y = graphInput("y", [1, latent, 1, columns]);
    const x = gs(scope, y);
    const loss = reduceSum(slice(x, { axes: [3], starts: [16 * middle], ends: [16 * middle + 16] }));
    const [gradient] = gradients(loss, [y]) as [Tensor];
    const feeds = { ...positiveWeights(scope), y: ones(elementCount(y.shape)) };
    const { first, last } = support(evaluate({ gradient }, feeds).gradient.data as Float64Array, columns);
    expect(Math.max(middle - first, last - middle)).toBe(halos.synthesis);
  });
});
