/**
 * Entropy networks are written once, against the interface below, and computed in several ways: as differentiable floats while
 * training, as integers that are the same on every machine in a codec, by plain loops in tests. So a value has no type here: each way of
 * computing has its own `T`.
 *
 * The interface is deliberately small. Everything that it offers has an exact integer form. Operations without one (a normalization,
 * an exponential, a product of two activations) cannot be expressed.
 */

/** A convolution and what follows it. */
export interface EntropyLayer {
  /** Dotted scope of the parameters `weight` and `bias` in the whole network, such as `hs.conv2`. */
  readonly name: string;
  /**
   * "conv" divides height and width by the stride, "deconv" multiplies them; "sub-pixel" is a convolution to stride^2 times the
   * channels, which are then laid out in space (Shi et al., "Real-Time Single Image and Video Super-Resolution", CVPR 2016).
   */
  readonly kind: "conv" | "deconv" | "sub-pixel";
  /** Channels of the result. */
  readonly channels: number;
  /** Height and width of the kernel; odd. Padding is "same". */
  readonly kernel: number;
  /** 1 by default. */
  readonly stride?: number;
  /** "none" by default. */
  readonly activation?: "leaky-relu" | "relu" | "none";
  /**
   * Taps that are left out. "causal": the centre and all that comes after it in row-major order. "checkerboard": those with an
   * even distance in rows plus columns, the centre among them. None by default.
   */
  readonly mask?: "causal" | "checkerboard";
}

/** What entropy networks are made of. Maps are `[n, channels, h, w]`. */
export interface EntropyOps<T> {
  /** A layer whose result further layers take. */
  layer(x: T, layer: EntropyLayer): T;
  /** A last layer: its result are real numbers (scales, means), which only {@link slice} and {@link concat} take. */
  output(x: T, layer: EntropyLayer): T;
  /** One map after the other along the channels. */
  concat(maps: readonly T[]): T;
  /** Channels start..end-1. */
  slice(x: T, start: number, end: number): T;
  /** The map where row + column is odd, 0 elsewhere. */
  atOddSites(x: T): T;
  /** 0 everywhere: a map of the height and width of `like`. */
  zeros(like: T, channels: number): T;
}

/** Convolutions one after the other. @throws {RangeError} for no layer */
export function chain<T>(ops: EntropyOps<T>, x: T, layers: readonly EntropyLayer[]): T {
  return layers.reduce((value, layer) => ops.layer(value, layer), x);
}

/** The same with a last layer of real numbers. */
export function outputChain<T>(ops: EntropyOps<T>, x: T, layers: readonly EntropyLayer[]): T {
  const last = layers.at(-1);
  if (last === undefined) throw new RangeError("outputChain: got no layers, expected at least one");
  return ops.output(chain(ops, x, layers.slice(0, -1)), last);
}

/** `[kernel * kernel]`, row-major: 1 for the taps that a mask leaves, 0 for those it takes away. */
export function tapMask(kernel: number, mask: NonNullable<EntropyLayer["mask"]>): Float32Array {
  const area = kernel * kernel;
  const centre = (area - 1) / 2;
  return Float32Array.from({ length: area }, (_, tap) => {
    if (mask === "causal") return tap < centre ? 1 : 0;
    // Row plus column of the tap has the centre's parity if their distance is even; the index does, as the kernel is odd.
    return (tap - centre) % 2 === 0 ? 0 : 1;
  });
}
