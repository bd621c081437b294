/** Names of the inputs and outputs of the graphs of training and of the laboratory. */
import { parameterInputName } from "../networks/parameters.ts";
import type { Dither, QuantizePath } from "../quantize/index.ts";

/** Names of inputs. The optimizer's arrays are outputs too, under the same names with "next/" before them. */
export const inputNames = {
  /** `[n, 3, h, w]` in 0..1. */
  image: "image",
  /** `[n, QUALITY_KNOTS]`; only for a network of variable rate. */
  quality: "quality",
  /** `[n]`; only for a network of variable rate. */
  lambda: "lambda",
  /** A scalar: 1 in the second stage of two-stage training, else 0. */
  hard: "hard",
  /** Uniform in (-1/2, 1/2), for each element of a latent or one number for each image; "y/second" is a second number for y. */
  noise: (latent: string, dither: Dither): string => `noise/${latent}${dither === "shared" ? "/shared" : ""}`,
  /** A scalar. */
  temperature: (path: QuantizePath): string => `temperature/${path}`,
  /** A scalar. */
  concentration: (path: QuantizePath): string => `concentration/${path}`,
  weight: (name: string): string => parameterInputName(name),
  firstMoment: (name: string): string => `first-moment/${name}`,
  secondMoment: (name: string): string => `second-moment/${name}`,
  average: (name: string): string => `average/${name}`,
  /** Scalars of the optimizer, see `adamScalars`. */
  stepSize: "step-size",
  epsilon: "epsilon",
  rate: "rate",
  averageDecay: "average-decay",
} as const;

/** Names of outputs. */
export const outputNames = {
  /** The gradient of the loss for a weight. */
  gradient: (name: string): string => `gradient/${name}`,
  /** What an input of the optimizer is in the next step. */
  next: (input: string): string => `next/${input}`,
} as const;
