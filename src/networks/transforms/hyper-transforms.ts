/** Hyper-analysis and hyper-synthesis that several networks share, with the widths that differ as arguments. */
import { leakyRelu, relu, type Tensor } from "../../engine/index.ts";
import { type EntropyLayer, LEAKY_SLOPE } from "../entropy/index.ts";
import { conv } from "../layers/conv.ts";
import type { ParameterScope } from "../parameters.ts";

/** Elements of y that an element of z looks beyond those under it, and elements of z that 4 x 4 elements of y look beyond theirs. */
export const HYPER_HALOS: { readonly hyperAnalysis: number; readonly hyperSynthesis: number } = {
  hyperAnalysis: 7,
  hyperSynthesis: 2,
};

/**
 * Hyper-analysis: 3x3 N -> 5x5/2 N -> 5x5/2 N with an activation between them (Ballé et al., ICLR 2018; Minnen et al., NeurIPS 2018).
 * @param y `[n, M, h, w]`
 * @returns `[n, N, h / 4, w / 4]`
 */
export function stridedHyperAnalysis(
  scope: ParameterScope,
  y: Tensor,
  { N, activation }: { readonly N: number; readonly activation: "relu" | "leaky-relu" },
): Tensor {
  const activate = (x: Tensor): Tensor => (activation === "relu" ? relu(x) : leakyRelu(x, LEAKY_SLOPE));
  const first = activate(conv(scope.scope("conv0"), y, { channels: N, kernel: 3 }));
  const second = activate(conv(scope.scope("conv1"), first, { channels: N, kernel: 5, stride: 2 }));
  return conv(scope.scope("conv2"), second, { channels: N, kernel: 5, stride: 2 });
}

/**
 * Hyper-synthesis: 5x5*2 -> 5x5*2 -> 3x3, an activation after the first two.
 * @param widths channels of the three layers
 */
export function stridedHyperSynthesis(
  widths: readonly [number, number, number],
  activation: "relu" | "leaky-relu",
): readonly EntropyLayer[] {
  const up = { kind: "deconv", kernel: 5, stride: 2, activation } as const;
  return [
    { name: "hs.deconv0", channels: widths[0], ...up },
    { name: "hs.deconv1", channels: widths[1], ...up },
    { name: "hs.conv2", channels: widths[2], kind: "conv", kernel: 3 },
  ];
}
