/**
 * The transforms of `halfstep`: residual blocks of plain 3x3 convolutions at 1/8 and 1/16 of the size, nothing at full size, and
 * around them linear layers that begin as a discrete cosine transform of 16 x 16 pixels (`halfstep-start.ts`). The second
 * convolution of a block begins at zero, so that a new network is that transform.
 *
 *   ga:  x - 1/2 -> space-to-depth 8 -> 1x1 N -> blocks -> space-to-depth 2 -> 1x1 W -> blocks -> 1x1 M -> * gain(quality) -> y
 *   gs:  y^ * gain'(quality) -> 1x1 W -> blocks -> 1x1 4N -> depth-to-space 2 -> blocks -> 1x1 192 -> depth-to-space 8 -> + 1/2 -> x^
 *   with a core of C of M channels:  "1x1 C" in place of the last "1x1 M", and "1x1 W" sees the first C channels alone
 *   with a bypass:  y takes  + 1x1 M of space-to-depth 16 (x - 1/2)  before its gain,  x^ takes  + depth-to-space 16 of 1x1 768  of what follows gain'
 *   block:  x -> 3x3 (a, b) -> a * clip(b) -> 3x3 -> * gain(quality) -> (+ x)          half of the channels are a, half b in -1..1
 *
 * The product is the gate of Chen, Chu, Zhang, Sun, "Simple Baselines for Image Restoration", ECCV 2022, here with a bound. Without the
 * bound it was ahead of a rectifier at equal time (experiments/LOG.md), with three quarters of its multiplications.
 */
import {
  add,
  at,
  conv2d,
  depthToSpace,
  maximum,
  minimum,
  multiply,
  pad,
  slice,
  spaceToDepth,
  subtract,
  type Tensor,
} from "../../engine/index.ts";
import { chosenColumns } from "../chosen-columns.ts";
import { computed, constantValue, kaimingUniform } from "../initializers.ts";
import type { HalfstepStructure } from "../network.ts";
import type { ParameterScope } from "../parameters.ts";
import { qualityGain } from "../quality.ts";
import { COARSE, FINE, halfstepStart, padded, SIDE } from "./halfstep-start.ts";
import type { TransformHalos } from "./transform-halos.ts";

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

function pointwise(scope: ParameterScope, x: Tensor, channels: number, start: () => readonly number[]): Tensor {
  const weight = scope.parameter("weight", [channels, at(x.shape, 1), 1, 1], computed(start));
  return conv2d(x, weight, { bias: scope.parameter("bias", [channels], constantValue(0)) });
}

/**
 * Products of the first half of the channels and the second, kept within -1..1: what makes the transforms nonlinear. Without the bound
 * each block squares what is unusually large: features of a trained network came to 35,000 for a chessboard of pixels, where photographs
 * have 5, and those of another overflowed (docs/log/0015-halfstep-network.md).
 */
function gate(x: Tensor): Tensor {
  const half = at(x.shape, 1) >> 1;
  const part = (start: number): Tensor => slice(x, { axes: [1], starts: [start], ends: [start + half] });
  return multiply(part(0), minimum(maximum(part(half), -1), 1));
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

/** The first `count` channels. */
function firstChannels(x: Tensor, count: number): Tensor {
  return at(x.shape, 1) === count ? x : slice(x, { axes: [1], starts: [0], ends: [count] });
}

/** Channels of zeros after those of `x`. */
function withSilence(x: Tensor, channels: number): Tensor {
  const missing = channels - at(x.shape, 1);
  return missing === 0 ? x : pad(x, [0, 0, 0, 0], [0, missing, 0, 0]);
}

/** Analysis: image `[n, 3, h, w]` -> `[n, M, h / 16, w / 16]`. @param quality `[n, knots]` */
export function ga(scope: ParameterScope, image: Tensor, quality: Tensor, options: HalfstepTransforms): Tensor {
  const { N, M, wide, analysis, bypass, core = M } = options;
  const start = halfstepStart(N, wide, M, bypass === true);
  let x = pointwise(scope.scope("in"), spaceToDepth(subtract(image, 0.5), COARSE), N, start.analyseCoarse);
  x = blocks(scope.scope("coarse"), x, quality, analysis[0]);
  x = pointwise(scope.scope("down"), spaceToDepth(x, FINE), wide, start.analyseFine);
  x = blocks(scope.scope("fine"), x, quality, analysis[1]);
  x = withSilence(
    pointwise(scope.scope("out"), x, core, () => padded(core, wide, identity)),
    M,
  );
  if (bypass === true) {
    const pixels = spaceToDepth(subtract(image, 0.5), SIDE);
    x = add(x, pointwise(scope.scope("bypass"), pixels, M, start.analyseDirectly));
  }
  const gain = { channels: M, start: (channel: number, lambda: number) => 1 / start.step(channel, lambda) };
  return multiply(x, qualityGain(scope, "gain", quality, gain));
}

/**
 * Synthesis: `[n, M, h / 16, w / 16]` -> image `[n, 3, h, w]`. The channels beyond the core may be left out, where all are 0.
 * @param quality `[n, knots]`
 * @param used the channels that `yHat` has; the first ones by default
 */
export function gs(
  scope: ParameterScope,
  yHat: Tensor,
  quality: Tensor,
  options: HalfstepTransforms,
  used: readonly number[] = Array.from({ length: at(yHat.shape, 1) }, (_, channel) => channel),
): Tensor {
  const { N, M, wide, synthesis, bypass, core = M } = options;
  const start = halfstepStart(N, wide, M, bypass === true);
  const gain = qualityGain(scope, "gain", quality, { channels: M, start: start.step, used });
  const coefficients = multiply(yHat, gain);
  let y = pointwise(scope.scope("in"), firstChannels(coefficients, core), wide, () => padded(wide, core, identity));
  y = blocks(scope.scope("fine"), y, quality, synthesis[1]);
  y = depthToSpace(pointwise(scope.scope("up"), y, FINE * FINE * N, start.synthesiseFine), FINE);
  y = blocks(scope.scope("coarse"), y, quality, synthesis[0]);
  y = depthToSpace(pointwise(scope.scope("out"), y, 3 * COARSE * COARSE, start.synthesiseCoarse), COARSE);
  if (bypass === true) {
    const part = scope.scope("bypass");
    const outputs = 3 * SIDE * SIDE;
    const all = part.parameter("weight", [outputs, M, 1, 1], computed(start.synthesiseDirectly));
    const bias = part.parameter("bias", [outputs], constantValue(0));
    y = add(y, depthToSpace(conv2d(coefficients, chosenColumns(all, used), { bias }), SIDE));
  }
  return add(y, 0.5);
}
