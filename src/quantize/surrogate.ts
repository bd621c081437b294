/**
 * Surrogates of rounding. Training puts them where a codec rounds, because rounding has no useful derivative.
 *
 * One record per surrogate, one file per family, all listed in `surrogates.ts`. A surrogate is chosen twice, once for the
 * rate path (what the entropy model sees) and once for the distortion path (what the synthesis and the hyper-synthesis see).
 *
 * Symbols: y latent, u noise uniform in (-1/2, 1/2), r = y - floor(y), [.] rounding to the nearest integer with halves to the
 * even one, T temperature, y~ the surrogate of [y], J = dy~/dy. Everything random comes from u, and from a second such number where one is not enough. A
 * surrogate has no other state, so equal noise gives equal values. All surrogates commute with shifts of y by integers.
 */
import type { Operand, Shape, Tensor } from "../engine/index.ts";

/** Names of the surrogates. A new name needs a record in the table (`surrogates.ts`). */
export type SurrogateId =
  | "aun"
  | "ste"
  | "stochastic"
  | "uq"
  | "sga"
  | "danneal"
  | "sra"
  | "soft-to-hard"
  | "dsq"
  | "soft-round"
  | "sua"
  | "sga-plus"
  | "kumaraswamy";

/**
 * What the gradient of y~ stands for.
 * - `pathwise`: the derivative of y~ itself at the noise that was drawn.
 * - `straight-through`: J := 1, whatever the value does.
 * - `soft`: the value is rounded; J is the derivative of a smooth stand-in.
 * - `expected`: the derivative of E f(y~) over the noise in closed form, for a function f that acts on each element by
 *   itself, as the rate does; the value is still the sample. The distortion is not such a function.
 */
export type GradientMode = "pathwise" | "straight-through" | "soft" | "expected";

/** Whether each element has its own noise, or all elements of an image share one value. */
export type Dither = "element" | "shared";

/** What a surrogate may ask for while it quantizes one latent. */
export interface SurrogateContext {
  /**
   * Noise uniform in (-1/2, 1/2): a tensor of `shape`, or one that broadcasts to it where the dither is shared. Equal calls
   * within one latent give the same tensor, so that the rate path and the distortion path of that latent share their noise.
   */
  noise(shape: Shape): Tensor;
  /** A second such number, independent of the first. Surrogates whose record says `numbers: 2` ask for it. */
  secondNoise(shape: Shape): Tensor;
  /** The temperature T, a scalar. Surrogates without temperature ignore it. */
  readonly temperature: Operand;
  /** The concentration of the noise, a scalar; null if it follows from the temperature. Only some surrogates have one. */
  readonly concentration: Operand | null;
  /** Whether the temperature is never at a limit of the surrogate, which need not compute the limits then; no by default. */
  readonly betweenLimits?: boolean | undefined;
}

/**
 * d/dy E f(y~) = weight (f(upper) - f(lower)), all of the latent's shape. With f the identity it is the slope of the mean of
 * y~, which is 1 for an unbiased surrogate. None of the three carries a gradient.
 */
export interface ExpectedSlope {
  readonly weight: Operand;
  readonly lower: Tensor;
  readonly upper: Tensor;
}

/** The temperatures that a surrogate takes. */
export interface TemperatureRange {
  readonly lowest: number;
  readonly highest: number;
  /** What the surrogate is at the lowest temperature, in a few words. */
  readonly atLowest: string;
  /** What it is at the highest temperature. */
  readonly atHighest: string;
  /** The default schedule of a run: it falls exponentially between these two. */
  readonly anneal: { readonly from: number; readonly to: number };
}

/** A second quantity that can be annealed beside the temperature: how much the noise gathers around its middle. */
export interface ConcentrationRange {
  readonly lowest: number;
  readonly highest: number;
  /** Its default, in a few words. */
  readonly byDefault: string;
}

/** One surrogate of rounding to integers. */
export interface Surrogate {
  readonly id: SurrogateId;
  /** Which of several surrogates with this name; null if there is only one. */
  readonly form: string | null;
  readonly title: string;
  /** The value in the symbols of this file. */
  readonly formula: string;
  /** J in the default mode, and in mode `expected` if there is one. */
  readonly slope: string;
  /** Who published it; for a reconstruction, of what. */
  readonly source: string;
  /** True if no publication that we have read defines it, so that it is our reconstruction. */
  readonly isReconstruction: boolean;
  /** The noise that {@link forward} asks for, and how many numbers of it for each element; null if it asks for none. */
  readonly noise: { readonly defaultDither: Dither; readonly numbers: 1 | 2 } | null;
  readonly temperature: TemperatureRange | null;
  /** Absent if the noise has no concentration that can be set. */
  readonly concentration?: ConcentrationRange;
  /** The modes that this surrogate has, the default first. */
  readonly gradients: readonly [GradientMode, ...GradientMode[]];
  /**
   * y~, of the latent's shape. Its derivative is that of the modes `pathwise` and `soft`. A surrogate with neither mode needs no gradient here. To
   * quantize in a given mode, call `applySurrogate`.
   */
  forward(latent: Tensor, context: SurrogateContext): Tensor;
  /** Closed form of the gradient in mode `expected`; present if and only if the mode is listed. */
  readonly expectedSlope?: (latent: Tensor, context: SurrogateContext) => ExpectedSlope;
}
