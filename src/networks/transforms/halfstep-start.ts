/**
 * The values that the linear layers of `halfstep` begin with: a discrete cosine transform of 16 x 16 pixels in three colours
 * (`layers/block-dct.ts`), and steps of quantization that suit it. The transform is taken in two steps, first of 8 x 8 pixels, then of 2 x 2
 * of their coefficients. All of it is computed when weights are drawn, and not when a graph is built with weights that exist.
 *
 * The features between the layers are coefficients divided by the square root of their expected standard deviation. That is a middle way.
 * In plain coefficients brightness drowns all else; at equal variance, noise is as loud as brightness.
 */
import { type BlockBasis, blockBasis } from "../layers/block-dct.ts";

/** Pixels along a side that become channels at once, and then elements of that. */
export const COARSE = 8;
/** See {@link COARSE}. */
export const FINE = 2;
/** Pixels along the side of what an element of y stands for. */
export const SIDE = 16;

/** Initial values, row-major `[output channels, input channels]` where they are matrices. */
export interface HalfstepStart {
  /** Pixels of 8 x 8 to features at 1/8. */
  analyseCoarse(): readonly number[];
  /** Features at 1/8 to features at 1/16. */
  analyseFine(): readonly number[];
  /** The inverses. */
  synthesiseFine(): readonly number[];
  /** See {@link synthesiseFine}. */
  synthesiseCoarse(): readonly number[];
  /** Pixels of 16 x 16 to channels of y, for those only that have no feature at 1/16. */
  analyseDirectly(): readonly number[];
  /** Its inverse. */
  synthesiseDirectly(): readonly number[];
  /** Quantization step of a channel of y in units of its feature, or of its coefficient where it has no feature. */
  step(channel: number, lambda: number): number;
}

/** A matrix `[rows, columns]` whose entries beyond a given part are 0. */
export function padded(
  rows: number,
  columns: number,
  entry: (row: number, column: number) => number | undefined,
): readonly number[] {
  return Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns) ?? 0);
}

/** Features per coefficient. */
const featureScale = (deviation: number): number => 1 / Math.sqrt(deviation);

/**
 * The best step for a coefficient at a lambda. A step of d makes an error of d^2 / 12 and costs -log2(d) bits, and the mean squared
 * error is over three colours. So this is the minimum of -log2(d) + lambda 255^2 d^2 / 36.
 */
function bestStep(lambda: number): number {
  return Math.sqrt(18 / (Math.LN2 * lambda)) / 255;
}

/** What a function of 16 x 16 pixels takes of one of the 8 x 8 pixels in quadrant `q`: a scalar product. */
function overlap(large: Float64Array, small: Float64Array, q: number): number {
  const [top, left] = [COARSE * Math.floor(q / FINE), COARSE * (q % FINE)];
  let sum = 0;
  for (let i = 0; i < small.length; i++) {
    const [channel, y, x] = [Math.floor(i / COARSE ** 2), Math.floor(i / COARSE) % COARSE, i % COARSE];
    sum += small[i]! * large[channel * SIDE ** 2 + (top + y) * SIDE + left + x]!;
  }
  return sum;
}

/**
 * The initial values for widths.
 * @param N channels at 1/8 @param wide channels at 1/16 @param M channels of y @param bypass whether channels of y beyond `wide` are
 * taken from pixels; without it they begin as nothing
 */
export function halfstepStart(N: number, wide: number, M: number, bypass: boolean): HalfstepStart {
  let made: { readonly coarse: BlockBasis; readonly fine: BlockBasis } | undefined;
  const bases = () => {
    made ??= {
      coarse: blockBasis(COARSE, Math.min(N, 3 * COARSE ** 2)),
      fine: blockBasis(SIDE, Math.min(bypass ? M : Math.min(wide, M), 3 * SIDE ** 2)),
    };
    return made;
  };
  /** Function `c` of 8 x 8 pixels at one of them, and how many features there are for a coefficient. */
  const coarseAt = (c: number, pixel: number) => {
    const { functions, deviations } = bases().coarse;
    const [values, deviation] = [functions[c], deviations[c]];
    if (values === undefined || deviation === undefined) return undefined;
    return { value: values[pixel]!, scale: featureScale(deviation) };
  };
  /** What feature `i` at 1/16 takes of the feature that is channel `from` after space-to-depth, in coefficients; and their scales. */
  const fineAt = (i: number, from: number) => {
    const { coarse, fine } = bases();
    const [c, q] = [Math.floor(from / FINE ** 2), from % FINE ** 2];
    const [large, small] = [fine.functions[i], coarse.functions[c]];
    if (large === undefined || small === undefined) return undefined;
    const ratio = featureScale(fine.deviations[i]!) / featureScale(coarse.deviations[c]!);
    return { value: overlap(large, small, q), ratio };
  };
  /** Channel `i` of y, a coefficient, at one of 16 x 16 pixels. */
  const directAt = (i: number, pixel: number) => (i < wide ? undefined : bases().fine.functions[i]?.[pixel]);
  return {
    analyseCoarse: () =>
      padded(N, 3 * COARSE ** 2, (c, pixel) => {
        const found = coarseAt(c, pixel);
        return found && found.value * found.scale;
      }),
    analyseFine: () =>
      padded(wide, FINE ** 2 * N, (i, from) => {
        const found = fineAt(i, from);
        return found && found.value * found.ratio;
      }),
    synthesiseFine: () =>
      padded(FINE ** 2 * N, wide, (to, i) => {
        const found = fineAt(i, to);
        return found && found.value / found.ratio;
      }),
    synthesiseCoarse: () =>
      padded(3 * COARSE ** 2, N, (pixel, c) => {
        const found = coarseAt(c, pixel);
        return found && found.value / found.scale;
      }),
    analyseDirectly: () => padded(M, 3 * SIDE ** 2, directAt),
    synthesiseDirectly: () => padded(3 * SIDE ** 2, M, (pixel, i) => directAt(i, pixel)),
    step(channel, lambda) {
      if (bypass && channel >= wide) return bestStep(lambda);
      const { deviations } = bases().fine;
      return bestStep(lambda) * featureScale(deviations[channel] ?? (deviations.at(-1) as number));
    },
  };
}
