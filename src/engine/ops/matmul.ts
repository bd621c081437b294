/**
 * Matrix product over the last two axes; leading axes are batches and broadcast. Transposed operands are written as
 * Transpose before MatMul, which onnxruntime fuses into one kernel.
 */
import { broadcastShapes, elementCount, formatShape, type Shape } from "../graph/shape.ts";
import { applyOp, at, inputOf, type OnnxEmitter, type Op, type ReferenceArray, type Tensor } from "../graph/tensor.ts";
import { broadcastReference } from "./arithmetic.ts";
import { sumTo } from "./broadcast.ts";
import { reshape } from "./reshape.ts";

interface MatMulAttributes {
  /** The last two axes of the first operand change places before the product. */
  readonly transposeA: boolean;
  /** The last two axes of the second operand change places before the product. */
  readonly transposeB: boolean;
}

interface MatrixShape {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
}

function matrixShape(shape: Shape, transposed: boolean): MatrixShape {
  if (shape.length < 2) throw new RangeError(`matMul: got shape ${formatShape(shape)}, expected at least two axes`);
  const [rows, columns] = shape.slice(-2) as [number, number];
  const batch = shape.slice(0, -2);
  return transposed ? { batch, rows: columns, columns: rows } : { batch, rows, columns };
}

function lowerOperand(emit: OnnxEmitter, name: string, rank: number, transposed: boolean): string {
  if (!transposed) return name;
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm.push(...perm.splice(rank - 2, 2).reverse());
  return emit.node("Transpose", [name], { perm });
}

/** The elements for every batch, and the steps from one row and one column of the operand to the next. */
function spread(array: ReferenceArray, batch: Shape, transposed: boolean) {
  const [rows, columns] = array.shape.slice(-2) as [number, number];
  const data = broadcastReference(array.data, array.shape, [...batch, rows, columns]);
  const steps = transposed ? { rowStep: 1, columnStep: columns } : { rowStep: columns, columnStep: 1 };
  return { data, size: rows * columns, ...steps };
}

/** Inputs: a `[..., rows, inner]` and b `[..., inner, columns]`, each with its last two axes swapped if transposed. */
export const matMulOp: Op<MatMulAttributes> = {
  name: "mat-mul",
  shape: (inputs, { transposeA, transposeB }) => {
    const a = matrixShape(at(inputs, 0), transposeA);
    const b = matrixShape(at(inputs, 1), transposeB);
    if (a.columns !== b.rows) {
      throw new RangeError(
        `matMul: got ${a.rows}x${a.columns} times ${b.rows}x${b.columns} from the shapes ${formatShape(at(inputs, 0))} and ${formatShape(at(inputs, 1))}; the inner sizes must agree`,
      );
    }
    return [...broadcastShapes("matMul", a.batch, b.batch), a.rows, b.columns];
  },
  gradient: (node, g) => {
    const { transposeA, transposeB } = node.attributes;
    const a = inputOf(node, 0);
    const b = inputOf(node, 1);
    const toA = transposeA
      ? matMul(b, g, { transposeA: transposeB, transposeB: true })
      : matMul(g, b, { transposeB: !transposeB });
    return [sumTo(toA, a.shape), gradientOfB(a, b, g, node.attributes)];
  },
  lower: (emit, inputs, node) =>
    emit.node("MatMul", [
      lowerOperand(emit, at(inputs, 0), inputOf(node, 0).shape.length, node.attributes.transposeA),
      lowerOperand(emit, at(inputs, 1), inputOf(node, 1).shape.length, node.attributes.transposeB),
    ]),
  multiplyAccumulates: (node) =>
    elementCount(node.shape) * matrixShape(inputOf(node, 0).shape, node.attributes.transposeA).columns,
  reference: (inputs, { transposeA, transposeB }, shape) => {
    const result = new Float64Array(elementCount(shape));
    const batch = shape.slice(0, -2);
    const [rows, columns] = shape.slice(-2) as [number, number];
    const a = spread(at(inputs, 0), batch, transposeA);
    const b = spread(at(inputs, 1), batch, transposeB);
    const inner = matrixShape(at(inputs, 0).shape, transposeA).columns;
    for (let i = 0; i < result.length; i++) {
      const matrix = Math.floor(i / (rows * columns));
      const row = Math.floor(i / columns) % rows;
      const column = i % columns;
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const left = a.data[matrix * a.size + row * a.rowStep + k * a.columnStep]!;
        const right = b.data[matrix * b.size + k * b.rowStep + column * b.columnStep]!;
        sum += left * right;
      }
      result[i] = sum;
    }
    return result;
  },
};

function gradientOfB(a: Tensor, b: Tensor, g: Tensor, { transposeA, transposeB }: MatMulAttributes): Tensor {
  const product = (left: Tensor, right: Tensor): Tensor =>
    transposeB
      ? matMul(right, left, { transposeA: true, transposeB: transposeA })
      : matMul(left, right, { transposeA: !transposeA });
  // A weight matrix shared by all batches: one product over all rows, instead of one for each batch and their sum.
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    return product(reshape(a, flattened(a.shape)), reshape(g, flattened(g.shape)));
  }
  return sumTo(product(a, g), b.shape);
}

/** All axes but the last as one. */
function flattened(shape: Shape): Shape {
  const last = at(shape, shape.length - 1);
  return [elementCount(shape) / last, last];
}

/** Options of {@link matMul}. */
export interface MatMulOptions {
  /** Swap the last two axes of the first operand; false by default. */
  readonly transposeA?: boolean;
  /** Swap the last two axes of the second operand; false by default. */
  readonly transposeB?: boolean;
}

/**
 * Matrix product of the last two axes.
 *
 * @param a `[..., rows, inner]`, or `[..., inner, rows]` with `transposeA`.
 * @param b `[..., inner, columns]`, or `[..., columns, inner]` with `transposeB`.
 * @returns `[..., rows, columns]`, the leading axes broadcast.
 * @throws {RangeError} if the inner sizes differ, the leading axes do not broadcast or there are fewer than two axes.
 */
export function matMul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
  return applyOp(matMulOp, [a, b], {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
  });
}
