/**
 * The transforms of `halfstep`: residual blocks of plain 3x3 convolutions at 1/8 and 1/16 of the size, nothing at full size, and
 * around them linear layers that begin as a discrete cosine transform of 16 x 16 pixels (`layers/block-dct.ts`). The second
 * convolution of a block begins at zero, so that a new network is that transform.
 *
 *   ga:  x - 1/2 -> space-to-depth 8 -> 1x1 N -> blocks -> space-to-depth 2 -> 1x1 W -> blocks -> 1x1 M -> * gain(quality) -> y
 *   gs:  y^ * gain'(quality) -> 1x1 W -> blocks -> 1x1 4N -> depth-to-space 2 -> blocks -> 1x1 192 -> depth-to-space 8 -> + 1/2 -> x^
 *   block:  x -> 3x3 (a, b) -> a * b -> 3x3 -> * gain(quality) -> (+ x)          half of the channels are a, half b
 *
 * The products are the gate of Chen, Chu, Zhang, Sun, "Simple Baselines for Image Restoration", ECCV 2022: at equal time it learned
 * faster than a rectifier here (experiments/LOG.md), with three quarters of its products.
 *
 * The features between the layers are coefficients divided by the square root of their expected standard deviation: between those of
 * the image, where brightness drowns all else, and those of equal variance, where noise is as loud as brightness.
 */
import { at, type Tensor } from "../../engine/graph/tensor.ts";
import { add, multiply, subtract } from "../../engine/ops/arithmetic.ts";
import { conv2d } from "../../engine/ops/convolution.ts";
import { depthToSpace, spaceToDepth } from "../../engine/ops/resample.ts";
import { slice } from "../../engine/ops/slicing.ts";
import { constantValue, given, kaimingUniform } from "../initializers.ts";
import { type BlockBasis, blockBasis } from "../layers/block-dct.ts";
import type { HalfstepStructure } from "../network.ts";
import type { ParameterScope } from "../parameters.ts";
import { qualityGain } from "../quality.ts";
import type { TransformHalos } from "./transform-halos.ts";

/** Pixels along a side that become channels at once, and then elements of that. */
const COARSE = 8;
const FINE = 2;
const SIDE = COARSE * FINE;

/** Widths and depths of a pair of transforms. */
export interface HalfstepTransforms extends HalfstepStructure {
  /** Channels at 1/8. */
  readonly N: number;
  /** Channels of y. */
  readonly M: number;
}

/** How far the transforms look: a block of two 3x3 convolutions two elements to each side. */
export function halos({ analysis, synthesis }: HalfstepStructure): TransformHalos {
  return {
    analysis: 2 * (COARSE * analysis[0] + SIDE * analysis[1]),
    // Elements of 1/8 are halves of those of y.
    synthesis: synthesis[0] + 2 * synthesis[1],
  };
}

/** Features per coefficient. */
const featureScale = (deviation: number): number => 1 / Math.sqrt(deviation);

/** The bases of both sizes; they meet in the features at 1/8. */
function bases({ N, wide, M }: HalfstepTransforms): { readonly coarse: BlockBasis; readonly fine: BlockBasis } {
  const most = 3 * SIDE * SIDE;
  return {
    coarse: blockBasis(COARSE, Math.min(N, 3 * COARSE * COARSE)),
    fine: blockBasis(SIDE, Math.min(wide, M, most)),
  };
}

/** A matrix `[rows, columns]` whose entries beyond a given part are 0. */
function padded(rows: number, columns: number, entry: (row: number, column: number) => number | undefined): number[] {
  return Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns) ?? 0);
}

/** What coefficient `i` of 16 x 16 pixels takes of coefficient `c` of the 8 x 8 pixels in quadrant `q`: a scalar product. */
function overlap({ coarse, fine }: ReturnType<typeof bases>, i: number, c: number, q: number): number | undefined {
  const [large, small] = [fine.functions[i], coarse.functions[c]];
  if (large === undefined || small === undefined) return undefined;
  const [top, left] = [COARSE * Math.floor(q / FINE), COARSE * (q % FINE)];
  let sum = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < COARSE; y++) {
      for (let x = 0; x < COARSE; x++) {
        const inLarge = large[channel * SIDE * SIDE + (top + y) * SIDE + left + x] as number;
        sum += inLarge * (small[channel * COARSE * COARSE + y * COARSE + x] as number);
      }
    }
  }
  return sum;
}

function pointwise(scope: ParameterScope, x: Tensor, channels: number, weights: ArrayLike<number>): Tensor {
  const weight = scope.parameter("weight", [channels, at(x.shape, 1), 1, 1], given(weights));
  return conv2d(x, weight, { bias: scope.parameter("bias", [channels], constantValue(0)) });
}

/** Products of the first half of the channels and the second: what makes the transforms nonlinear. */
function gate(x: Tensor): Tensor {
  const half = at(x.shape, 1) >> 1;
  const part = (start: number): Tensor => slice(x, { axes: [1], starts: [start], ends: [start + half] });
  return multiply(part(0), part(half));
}

function blocks(scope: ParameterScope, x: Tensor, quality: Tensor, count: number): Tensor {
  const channels = at(x.shape, 1);
  const inner = 2 * (channels >> 1);
  let value = x;
  for (let i = 0; i < count; i++) {
    const first = scope.scope(`block${i}.conv1`);
    const start = kaimingUniform(9 * channels);
    const both = conv2d(value, first.parameter("weight", [inner, channels, 3, 3], start), {
      bias: first.parameter("bias", [inner], start),
      padding: 1,
    });
    const second = scope.scope(`block${i}.conv2`);
    const change = conv2d(gate(both), second.parameter("weight", [channels, inner >> 1, 3, 3], constantValue(0)), {
      bias: second.parameter("bias", [channels], constantValue(0)),
      padding: 1,
    });
    const gain = qualityGain(scope, `block${i}.gain`, quality, { channels, start: () => 1 });
    value = add(value, multiply(change, gain));
  }
  return value;
}

const identity = (row: number, column: number): number => (row === column ? 1 : 0);

/**
 * The step that serves a coefficient best at a lambda, where a step of d makes an error of d^2 / 12 and costs -log2(d) bits, and the
 * mean squared error is over three colours: the minimum of -log2(d) + lambda 255^2 d^2 / 36.
 */
function bestStep(lambda: number): number {
  return Math.sqrt(18 / (Math.LN2 * lambda)) / 255;
}

/** Analysis: image `[n, 3, h, w]` -> `[n, M, h / 16, w / 16]`. @param quality `[n, QUALITY_KNOTS]` */
export function ga(scope: ParameterScope, image: Tensor, quality: Tensor, options: HalfstepTransforms): Tensor {
  const { N, M, wide, analysis } = options;
  const both = bases(options);
  const { coarse, fine } = both;
  const pixels = 3 * COARSE * COARSE;
  const toCoarse = padded(N, pixels, (c, pixel) => {
    const deviation = coarse.deviations[c];
    return deviation && (coarse.functions[c]?.[pixel] as number) * featureScale(deviation);
  });
  // Channels after space-to-depth: all four quadrants of one, then of the next.
  const toFine = padded(wide, FINE * FINE * N, (i, from) => {
    const [c, q] = [Math.floor(from / (FINE * FINE)), from % (FINE * FINE)];
    const value = overlap(both, i, c, q);
    return value && (value * featureScale(fine.deviations[i] as number)) / featureScale(coarse.deviations[c] as number);
  });
  let x = pointwise(scope.scope("in"), spaceToDepth(subtract(image, 0.5), COARSE), N, toCoarse);
  x = blocks(scope.scope("coarse"), x, quality, analysis[0]);
  x = pointwise(scope.scope("down"), spaceToDepth(x, FINE), wide, toFine);
  x = blocks(scope.scope("fine"), x, quality, analysis[1]);
  x = pointwise(scope.scope("out"), x, M, padded(M, wide, identity));
  const start = (i: number, lambda: number): number =>
    1 / (featureScale(fine.deviations[i] ?? (fine.deviations.at(-1) as number)) * bestStep(lambda));
  return multiply(x, qualityGain(scope, "gain", quality, { channels: M, start }));
}

/** Synthesis: `[n, M, h / 16, w / 16]` -> image `[n, 3, h, w]`. @param quality `[n, QUALITY_KNOTS]` */
export function gs(scope: ParameterScope, yHat: Tensor, quality: Tensor, options: HalfstepTransforms): Tensor {
  const { N, M, wide, synthesis } = options;
  const both = bases(options);
  const { coarse, fine } = both;
  const fromFine = padded(FINE * FINE * N, wide, (to, i) => {
    const [c, q] = [Math.floor(to / (FINE * FINE)), to % (FINE * FINE)];
    const value = overlap(both, i, c, q);
    return value && (value * featureScale(coarse.deviations[c] as number)) / featureScale(fine.deviations[i] as number);
  });
  const fromCoarse = padded(3 * COARSE * COARSE, N, (pixel, c) => {
    const deviation = coarse.deviations[c];
    return deviation && (coarse.functions[c]?.[pixel] as number) / featureScale(deviation);
  });
  const start = (i: number, lambda: number): number =>
    featureScale(fine.deviations[i] ?? (fine.deviations.at(-1) as number)) * bestStep(lambda);
  let y = multiply(yHat, qualityGain(scope, "gain", quality, { channels: M, start }));
  y = pointwise(scope.scope("in"), y, wide, padded(wide, M, identity));
  y = blocks(scope.scope("fine"), y, quality, synthesis[1]);
  y = depthToSpace(pointwise(scope.scope("up"), y, FINE * FINE * N, fromFine), FINE);
  y = blocks(scope.scope("coarse"), y, quality, synthesis[0]);
  y = depthToSpace(pointwise(scope.scope("out"), y, 3 * COARSE * COARSE, fromCoarse), COARSE);
  return add(y, 0.5);
}
