/**
 * The transforms that most networks of 2018 share: four convolutions of stride 2 with GDN between them, and their mirror
 * image (Ballé, Minnen, Singh, Hwang, Johnston, "Variational Image Compression with a Scale Hyperprior", ICLR 2018, figure 4).
 *
 *   ga:  x -> 5x5/2 N -> GDN -> 5x5/2 N -> GDN -> 5x5/2 N -> GDN -> 5x5/2 M -> y
 *   gs:  y -> 5x5*2 N -> IGDN -> 5x5*2 N -> IGDN -> 5x5*2 N -> IGDN -> 5x5*2 3 -> x
 */
import type { Tensor } from "../../engine/index.ts";
import { conv, deconv } from "../layers/conv.ts";
import { gdn, inverseGdn } from "../layers/gdn.ts";
import type { Network, NetworkSizes } from "../network.ts";
import type { ParameterScope } from "../parameters.ts";
import type { TransformHalos } from "./transform-halos.ts";

/**
 * How far the transforms look: ga 2 + 2 * 2 + 4 * 2 + 8 * 2 = 30 pixels, gs at most 1 + 1/2 + 1/4 + 1/8 < 2 elements of y. (Of
 * an element of y, the 16 pixels under it begin at the pixel it is centred on; so the same 30 serve on both sides.)
 */
export const HALOS: TransformHalos = {
  analysis: 30,
  synthesis: 2,
};

/** Analysis: image `[n, 3, h, w]` -> `[n, M, h / 16, w / 16]`. */
export function ga(scope: ParameterScope, x: Tensor, { N, M }: { readonly N: number; readonly M: number }): Tensor {
  let value = x;
  for (const i of [0, 1, 2]) {
    value = conv(scope.scope(`conv${i}`), value, { channels: N, kernel: 5, stride: 2 });
    value = gdn(scope.scope(`gdn${i}`), value);
  }
  return conv(scope.scope("conv3"), value, { channels: M, kernel: 5, stride: 2 });
}

/** Synthesis: `[n, M, h / 16, w / 16]` -> image `[n, 3, h, w]`. */
export function gs(scope: ParameterScope, yHat: Tensor, { N }: { readonly N: number }): Tensor {
  let value = yHat;
  for (const i of [0, 1, 2]) {
    value = deconv(scope.scope(`deconv${i}`), value, { channels: N, kernel: 5, stride: 2 });
    value = inverseGdn(scope.scope(`igdn${i}`), value);
  }
  return deconv(scope.scope("deconv3"), value, { channels: 3, kernel: 5, stride: 2 });
}

/** Both, as a network has them. */
export function gdnTransforms(sizes: NetworkSizes): Pick<Network, "analysis" | "synthesis"> {
  return {
    analysis: (scope, image) => ga(scope.scope("ga"), image, sizes),
    synthesis: (scope, yHat) => gs(scope.scope("gs"), yHat, sizes),
  };
}
