/**
 * Exact layers by plain loops over doubles, which hold these integers without any doubt: what every engine must reproduce. Used
 * to make the self-test of a model, and in tests; far too slow for images.
 */
import { type ExactLayer, SLOPE_FACTOR, SLOPE_POWER } from "./exact-layer.ts";

/** A map of numbers: `[channels, height, width]`, row-major. */
export interface ReferenceMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float64Array;
}

function convolve(x: ReferenceMap, layer: ExactLayer): ReferenceMap {
  const { kind, stride, kernel, inputChannels, channels, inputLimit, weight, bias } = layer;
  const up = kind === "deconv";
  const height = up ? x.height * stride : Math.ceil(x.height / stride);
  const width = up ? x.width * stride : Math.ceil(x.width / stride);
  const data = new Float64Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    const plane = data.subarray(channel * height * width, (channel + 1) * height * width).fill(bias[channel] as number);
    for (let input = 0; input < inputChannels; input++) {
      const kernelStart = (up ? input * channels + channel : channel * inputChannels + input) * kernel * kernel;
      // Pairs (large, small) of one point of the fine grid and one of the coarse: large = small * stride + tap - padding.
      const [smallHeight, smallWidth] = up ? [x.height, x.width] : [height, width];
      const [largeHeight, largeWidth] = up ? [height, width] : [x.height, x.width];
      for (let row = 0; row < smallHeight; row++) {
        for (let column = 0; column < smallWidth; column++) {
          for (let tap = 0; tap < kernel * kernel; tap++) {
            const largeRow = row * stride + Math.floor(tap / kernel) - (kernel >> 1);
            const largeColumn = column * stride + (tap % kernel) - (kernel >> 1);
            if (largeRow < 0 || largeRow >= largeHeight || largeColumn < 0 || largeColumn >= largeWidth) continue;
            const small = row * smallWidth + column;
            const large = largeRow * largeWidth + largeColumn;
            const [from, to] = up ? [small, large] : [large, small];
            const value = x.data[input * x.height * x.width + from] as number;
            const clipped = Math.min(Math.max(value, -inputLimit), inputLimit);
            plane[to] = (plane[to] as number) + clipped * (weight[kernelStart + tap] as number);
          }
        }
      }
    }
  }
  return { channels, height, width, data };
}

/** Applies exact layers to integers; see `exact-layer.ts` for what each does. */
export function referenceSequence(x: ReferenceMap, layers: readonly ExactLayer[]): ReferenceMap {
  return layers.reduce((value, layer) => {
    const sums = convolve(value, layer);
    const area = sums.height * sums.width;
    const data = sums.data.map((sum, i) => {
      const power = 2 ** (layer.exponents[Math.floor(i / area)] as number);
      if (layer.activation === "none") return sum * power;
      return Math.floor(Math.max(sum, Math.floor(sum * SLOPE_POWER) * SLOPE_FACTOR) * power);
    });
    return { ...sums, data };
  }, x);
}
