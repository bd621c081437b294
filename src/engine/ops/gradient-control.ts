import { sameShape } from "../graph/shape.ts";
import { applyOp, at, type NoAttributes, type Op, type Tensor } from "../graph/tensor.ts";

/**
 * The gradient rule of {@link withGradient}: from the gradient of the result and the sources, one gradient of each source's
 * shape, or null where none flows.
 */
export type GradientRule = (outputGradient: Tensor, sources: readonly Tensor[]) => readonly (Tensor | null)[];

interface CustomGradientAttributes {
  readonly rule: GradientRule;
}

export const stopGradientOp: Op<NoAttributes> = {
  name: "stop-gradient",
  shape: (inputs) => at(inputs, 0),
  gradient: () => [null],
  lower: (_emit, inputs) => at(inputs, 0),
  reference: (inputs) => at(inputs, 0).data,
};

export const customGradientOp: Op<CustomGradientAttributes> = {
  name: "custom-gradient",
  shape: (inputs) => at(inputs, 0),
  gradient: (node, outputGradient) => {
    const sources = node.inputs.slice(1);
    const result = node.attributes.rule(outputGradient, sources);
    if (result.length !== sources.length) {
      throw new RangeError(`withGradient: the rule gave ${result.length} gradients for ${sources.length} sources`);
    }
    result.forEach((gradient, i) => {
      if (gradient !== null && !sameShape(gradient.shape, at(sources, i).shape)) {
        throw new RangeError(
          `withGradient: the gradient of source ${i} has the shape [${gradient.shape}], expected [${at(sources, i).shape}]`,
        );
      }
    });
    return [null, ...result];
  },
  lower: (_emit, inputs) => at(inputs, 0),
  reference: (inputs) => at(inputs, 0).data,
};

/** Passes `x` on in the forward pass; for differentiation it is a constant. */
export function stopGradient(x: Tensor): Tensor {
  return applyOp(stopGradientOp, [x], null);
}

/**
 * Passes `value` on in the forward pass. In the backward pass no gradient reaches `value`; the sources receive what `rule` gives.
 * Straight-through rounding is `withGradient(round(y), [y], (g) => [g])`.
 *
 * @throws {RangeError} while differentiating, if the rule gives another number of gradients or other shapes.
 */
export function withGradient(value: Tensor, sources: readonly Tensor[], rule: GradientRule): Tensor {
  return applyOp(customGradientOp, [value, ...sources], { rule });
}
