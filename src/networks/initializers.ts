/**
 * Initial values of parameters: which distribution or formula, not which numbers. The numbers are made in
 * `initialize-parameters.ts`, from a seed and the parameter's name.
 */

/** How a parameter starts. */
export type Initializer =
  | { readonly kind: "constant"; readonly value: number }
  /** Uniform in (low, high). */
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  /** For shapes `[c, c, 1, …]`: one value on the diagonal of the first two axes, another beside it. */
  | { readonly kind: "diagonal"; readonly onDiagonal: number; readonly offDiagonal: number }
  /** What this function gives, row-major; called only when weights are drawn. */
  | { readonly kind: "computed"; readonly values: () => ArrayLike<number> };

/** The same value everywhere. */
export function constantValue(value: number): Initializer {
  return { kind: "constant", value };
}

/** Uniform in (low, high). */
export function uniform(low: number, high: number): Initializer {
  return { kind: "uniform", low, high };
}

/** `onDiagonal` where the first two indices agree, else `offDiagonal`. */
export function diagonal(onDiagonal: number, offDiagonal: number): Initializer {
  return { kind: "diagonal", onDiagonal, offDiagonal };
}

/** Values of a formula, row-major, as many as the parameter has. */
export function computed(values: () => ArrayLike<number>): Initializer {
  return { kind: "computed", values };
}

/**
 * U(-1/sqrt(fanIn), 1/sqrt(fanIn)), the default of PyTorch's convolutions for weights and biases: Kaiming's uniform
 * distribution (He et al., ICCV 2015) with a = sqrt(5).
 */
export function kaimingUniform(fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return uniform(-bound, bound);
}
