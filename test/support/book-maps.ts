/** Maps of numbers and their convolutions by plain loops, for the decoder that is written from FORMAT.md alone. */

/** `[channels, height, width]`, row-major. */
export interface BookMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

export const map = (channels: number, height: number, width: number): BookMap => ({
  channels,
  height,
  width,
  values: new Float64Array(channels * height * width),
});

export function concat(maps: readonly BookMap[]): BookMap {
  const [{ height, width }] = maps as [BookMap];
  const all = map(
    maps.reduce((sum, { channels }) => sum + channels, 0),
    height,
    width,
  );
  let at = 0;
  for (const { values } of maps) {
    all.values.set(values, at);
    at += values.length;
  }
  return all;
}

export function channelsOf(x: BookMap, start: number, end: number): BookMap {
  const area = x.height * x.width;
  return { ...x, channels: end - start, values: x.values.slice(start * area, end * area) };
}

/** Sums of a convolution ("conv") or a transposed one ("deconv"), with "same" padding. */
export function convolve(
  x: BookMap,
  weight: { readonly shape: readonly number[]; readonly values: Float64Array },
  bias: Float64Array,
  { up, stride }: { readonly up: boolean; readonly stride: number },
): BookMap {
  const kernel = weight.shape[2]!;
  const channels = weight.shape[up ? 1 : 0]!;
  const result = up
    ? map(channels, x.height * stride, x.width * stride)
    : map(channels, Math.ceil(x.height / stride), Math.ceil(x.width / stride));
  for (let c = 0; c < channels; c++) {
    for (let row = 0; row < result.height; row++) {
      for (let column = 0; column < result.width; column++) {
        let sum = bias[c]!;
        for (let ky = 0; ky < kernel; ky++) {
          const y = up ? (row + (kernel >> 1) - ky) / stride : row * stride + ky - (kernel >> 1);
          if (!Number.isInteger(y) || y < 0 || y >= x.height) continue;
          for (let kx = 0; kx < kernel; kx++) {
            const at = up ? (column + (kernel >> 1) - kx) / stride : column * stride + kx - (kernel >> 1);
            if (!Number.isInteger(at) || at < 0 || at >= x.width) continue;
            for (let i = 0; i < x.channels; i++) {
              const outer = up ? i * channels + c : c * x.channels + i;
              const tap = weight.values[(outer * kernel + ky) * kernel + kx]!;
              sum += tap * x.values[(i * x.height + y) * x.width + at]!;
            }
          }
        }
        result.values[(c * result.height + row) * result.width + column] = sum;
      }
    }
  }
  return result;
}

/** Channels laid out in blocks of s x s. */
export function laidOut(x: BookMap, s: number): BookMap {
  const result = map(x.channels / s ** 2, x.height * s, x.width * s);
  for (let i = 0; i < result.values.length; i++) {
    const [c, row, column] = [
      Math.floor(i / (result.height * result.width)),
      Math.floor(i / result.width) % result.height,
      i % result.width,
    ];
    const from = c * s ** 2 + (row % s) * s + (column % s);
    result.values[i] = x.values[(from * x.height + Math.floor(row / s)) * x.width + Math.floor(column / s)]!;
  }
  return result;
}

export const each = (x: BookMap, change: (value: number, i: number) => number): BookMap => ({
  ...x,
  values: x.values.map(change),
});

/** The sum of two maps of one shape. */
export const sum = (a: BookMap, b: BookMap): BookMap => each(a, (value, i) => value + b.values[i]!);
