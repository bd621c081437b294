/**
 * A codec for points of the plane: two hidden layers each way, two latents, one learned density for each of them. Small enough
 * to be trained in seconds, and made of the parts of the real networks: their surrogates, density and parameters.
 *
 *   x [n, 2] --ga--> y [n, 2] --Q--> y^ --gs--> x^ [n, 2];  loss = bits + lambda |x - x^|^2, for each point
 */
import {
  add,
  divide,
  leakyRelu,
  matMul,
  multiply,
  reduceSum,
  reshape,
  square,
  subtract,
  type Tensor,
} from "../../engine/index.ts";
import { factorizedDensity } from "../../networks/densities/deep-factorized.ts";
import type { ParameterScope, TrainOptions } from "../../networks/index.ts";
import { kaimingUniform } from "../../networks/initializers.ts";
import { quantizeLatent } from "../../networks/quantize-latent.ts";

/** Scope of the encoder's parameters: what the second stage of two-stage training freezes. */
export const ENCODER_SCOPE = "ga";

const HIDDEN = 32;
const SLOPE = 0.1;
/** Latents start this much wider than the layers make them: in cells of width 1 they would all round to 0. */
const LATENT_GAIN = 6;

/** What the graph of a toy codec gives. */
export interface ToyOutputs {
  /** Scalars for each point. */
  readonly loss: Tensor;
  readonly bits: Tensor;
  /** Squared distance. */
  readonly distortion: Tensor;
}

function dense(scope: ParameterScope, x: Tensor, units: number): Tensor {
  const inputs = x.shape[1]!;
  const matrix = scope.parameter("matrix", [inputs, units], kaimingUniform(inputs));
  return add(matMul(x, matrix), scope.parameter("bias", [units], kaimingUniform(inputs)));
}

function perceptron(scope: ParameterScope, x: Tensor): Tensor {
  const first = leakyRelu(dense(scope.scope("dense0"), x, HIDDEN), SLOPE);
  const second = leakyRelu(dense(scope.scope("dense1"), first, HIDDEN), SLOPE);
  return dense(scope.scope("dense2"), second, 2);
}

/** ga: x `[n, 2]` -> y `[n, 2]`. */
export function toyAnalysis(scope: ParameterScope, x: Tensor): Tensor {
  return multiply(perceptron(scope.scope(ENCODER_SCOPE), x), LATENT_GAIN);
}

/** gs: y^ `[n, 2]` -> x^ `[n, 2]`. */
export function toySynthesis(scope: ParameterScope, yHat: Tensor): Tensor {
  return perceptron(scope.scope("gs"), divide(yHat, LATENT_GAIN));
}

/** The whole codec on points `[n, 2]`. */
export function toyCodec(scope: ParameterScope, x: Tensor, lambda: number, options: TrainOptions): ToyOutputs {
  const count = x.shape[0]!;
  const latent = reshape(toyAnalysis(scope, x), [count, 2, 1, 1]);
  const { bits, quantized } = quantizeLatent("y", latent, {
    options,
    mean: null,
    density: () => factorizedDensity(scope.scope("density"), latent.shape),
  });
  const reconstruction = toySynthesis(scope, reshape(quantized, [count, 2]));
  const perPoint = divide(bits, count);
  const distortion = divide(reduceSum(square(subtract(x, reconstruction))), count);
  return { loss: add(perPoint, multiply(distortion, lambda)), bits: perPoint, distortion };
}
