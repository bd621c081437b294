/** The attributes that the three convolution ops share. */
import { formatShape, type Shape } from "../graph/shape.ts";

/** Geometry of a convolution; the same in both directions and on all sides. */
export interface ConvolutionGeometry {
  readonly stride: number;
  /** Zeros added on each side. */
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** Attributes of a transposed convolution. */
export interface TransposedAttributes extends ConvolutionGeometry {
  /** Height and width of the result. */
  readonly size: readonly [number, number];
}

/** Attributes of a kernel gradient. */
export interface KernelGradientAttributes extends ConvolutionGeometry {
  /** Height and width of the kernel. */
  readonly kernel: readonly [number, number];
}

/** Four sizes. */
export type Quad = readonly [number, number, number, number];

/** The four sizes of a shape. @throws {RangeError} if it does not have four axes. */
export function quad(where: string, shape: Shape): Quad {
  if (shape.length !== 4) throw new RangeError(`${where}: got shape ${formatShape(shape)}, expected four axes`);
  return shape as unknown as Quad;
}
