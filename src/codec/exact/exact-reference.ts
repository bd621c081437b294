/**
 * Exact layers by plain loops over doubles, which hold these integers without any doubt: what every engine must reproduce. Used
 * to make the self-test of a model, and in tests; far too slow for images.
 */
import type { EntropyLayer, EntropyOps } from "../../networks/entropy/index.ts";
import { type ExactLayer, SLOPE_FACTOR, SLOPE_POWER } from "./exact-layer.ts";
import { positionLayer } from "./position-layer.ts";

/** A map of numbers: `[channels, height, width]`, row-major. */
export interface ReferenceMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float64Array;
}

function convolve(x: ReferenceMap, layer: ExactLayer): ReferenceMap {
  const { kind, kernel, inputChannels, channels, inputLimit, weight, bias } = layer;
  const up = kind === "deconv";
  const stride = kind === "sub-pixel" ? 1 : layer.stride;
  const height = up ? x.height * stride : Math.ceil(x.height / stride);
  const width = up ? x.width * stride : Math.ceil(x.width / stride);
  const data = new Float64Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    const plane = data.subarray(channel * height * width, (channel + 1) * height * width).fill(bias[channel]!);
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
            const value = x.data[input * x.height * x.width + from]!;
            const clipped = Math.min(Math.max(value, -inputLimit), inputLimit);
            plane[to] = plane[to]! + clipped * weight[kernelStart + tap]!;
          }
        }
      }
    }
  }
  return { channels, height, width, data };
}

/** Applies an exact layer to integers; see `exact-layer.ts` for what it does. */
function applyLayer(x: ReferenceMap, layer: ExactLayer): ReferenceMap {
  const { activation, result, exponents, kind, stride } = layer;
  const sums = convolve(x, layer);
  const area = sums.height * sums.width;
  const data = sums.data.map((sum, i) => {
    let value = sum;
    if (activation === "relu") value = Math.max(sum, 0);
    else if (activation === "leaky-relu") value = Math.max(sum, Math.floor(sum * SLOPE_POWER) * SLOPE_FACTOR);
    const scaled = value * 2 ** exponents[Math.floor(i / area)]!;
    return result === "real" ? scaled : Math.floor(scaled);
  });
  return kind === "sub-pixel" ? laidOut({ ...sums, data }, stride) : { ...sums, data };
}

/** Channels laid out in blocks of block x block. */
function laidOut(x: ReferenceMap, block: number): ReferenceMap {
  const [channels, height, width] = [x.channels / block ** 2, x.height * block, x.width * block];
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < data.length; i++) {
    const [channel, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const from = (channel * block + (row % block)) * block + (column % block);
    data[i] = x.data[(from * x.height + Math.floor(row / block)) * x.width + Math.floor(column / block)]!;
  }
  return { channels, height, width, data };
}

/** Applies exact layers one after the other. */
export function referenceSequence(x: ReferenceMap, layers: readonly ExactLayer[]): ReferenceMap {
  return layers.reduce(applyLayer, x);
}

/**
 * Computes entropy networks by these loops. Positions are maps of one column.
 * @param layout as of the graph that is computed
 */
export function referenceOps(
  layers: ReadonlyMap<string, ExactLayer>,
  layout: "maps" | "positions",
): EntropyOps<ReferenceMap> {
  const apply = (x: ReferenceMap, spec: EntropyLayer): ReferenceMap => {
    const layer = layers.get(spec.name);
    if (layer === undefined) throw new Error(`internal: there is no exact layer "${spec.name}"`);
    return applyLayer(x, layout === "positions" ? positionLayer(layer, spec) : layer);
  };
  return {
    layer: apply,
    output: apply,
    concat: (maps) => ({
      ...(maps[0] as ReferenceMap),
      channels: maps.reduce((sum, { channels }) => sum + channels, 0),
      data: Float64Array.from(maps.flatMap(({ data }) => [...data])),
    }),
    slice: ({ height, width, data }, start, end) => ({
      channels: end - start,
      height,
      width,
      data: data.slice(start * height * width, end * height * width),
    }),
    atOddSites: (x) => ({
      ...x,
      data: x.data.map((value, i) => value * (((Math.floor(i / x.width) % x.height) + (i % x.width)) & 1)),
    }),
    zeros: ({ height, width }, channels) => ({
      channels,
      height,
      width,
      data: new Float64Array(channels * height * width),
    }),
  };
}
