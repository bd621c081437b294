/**
 * From the samples of a decoded file to 8-bit sRGB and alpha: what each channel is, how many bits it has, and how colours are converted. This file
 * knows no platform.
 */
import { levelConverter, type Samples, type SrgbConverter } from "./colour/srgb-converter.ts";

/** What the samples of an image mean. */
export interface PixelLayout {
  /** Number of samples of a pixel. The first three are r, g and b. */
  readonly channels: number;
  /** Which sample is alpha; null if none is. */
  readonly alphaChannel: number | null;
  /** The largest sample: 255, or up to 65535. */
  readonly maxSample: number;
  /** Converts colours to sRGB. Null if the samples already are 8-bit sRGB. */
  readonly converter: SrgbConverter | null;
}

/** A colour in sRGB: three levels of 0..255. */
export type RgbColour = readonly [red: number, green: number, blue: number];

/**
 * @param name opens the message: "readImage: the background"
 * @throws {RangeError} for anything but three whole levels of 0..255
 */
export function checkColour(value: unknown, name: string): asserts value is RgbColour {
  const isLevel = (level: unknown): boolean =>
    Number.isInteger(level) && (level as number) >= 0 && (level as number) <= 255;
  if (Array.isArray(value) && value.length === 3 && value.every(isLevel)) return;
  throw new RangeError(`${name}: got ${JSON.stringify(value)}, expected three levels of 0..255`);
}

/** The default background of transparent pixels. */
export const WHITE: RgbColour = [255, 255, 255];

/** Pixels without and with transparency. */
export interface UnpackedPixels {
  /** r, g, b of each pixel. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** 0, transparent, to 255 of each pixel; null if there is no alpha channel. */
  readonly alpha: Uint8Array<ArrayBuffer> | null;
}

/** Separates samples into colours and alpha. This may write to their memory, and the result may share it. */
export function unpackPixels(samples: Samples, layout: PixelLayout): UnpackedPixels {
  const { channels, alphaChannel, converter } = layout;
  const pixels = samples.length / channels;
  const alpha = alphaChannel === null ? null : alphaOf(samples, channels, alphaChannel, layout.maxSample);
  const inPlace = samples instanceof Uint8Array;
  if (inPlace && converter === null && channels === 3) return { data: asBytes(samples), alpha };
  const data = inPlace ? asBytes(samples).subarray(0, 3 * pixels) : new Uint8Array(3 * pixels);
  if (converter !== null) converter.convert(samples, channels, data);
  else if (inPlace) {
    for (let from = 0, to = 0; to < data.length; from += channels, to += 3) {
      data[to] = samples[from]!;
      data[to + 1] = samples[from + 1]!;
      data[to + 2] = samples[from + 2]!;
    }
  } else levelConverter(layout.maxSample).convert(samples, channels, data);
  return { data, alpha };
}

/** sharp's memory is never shared between threads. */
function asBytes(samples: Uint8Array): Uint8Array<ArrayBuffer> {
  return samples as Uint8Array<ArrayBuffer>;
}

function alphaOf(samples: Samples, channels: number, channel: number, maxSample: number): Uint8Array<ArrayBuffer> {
  const alpha = new Uint8Array(samples.length / channels);
  for (let from = channel, to = 0; to < alpha.length; from += channels, to++) {
    alpha[to] =
      maxSample === 255 ? samples[from]! : Math.round((255 * Math.min(samples[from]!, maxSample)) / maxSample);
  }
  return alpha;
}

/** The opposite of {@link unpackPixels}: r, g, b and alpha of each pixel, in memory of its own. Without an alpha every pixel is opaque. */
export function interleaveAlpha(data: Uint8Array, alpha: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  const rgba = new Uint8Array((4 * data.length) / 3).fill(255);
  for (let from = 0, to = 0, pixel = 0; from < data.length; from += 3, to += 4, pixel++) {
    rgba[to] = data[from]!;
    rgba[to + 1] = data[from + 1]!;
    rgba[to + 2] = data[from + 2]!;
    if (alpha !== undefined) rgba[to + 3] = alpha[pixel]!;
  }
  return rgba;
}

/** Whether every alpha is 255. */
export function isOpaque(alpha: Uint8Array): boolean {
  return alpha.every((value) => value === 255);
}

/** Lays pixels on a background, in place. Levels are blended as they are (not in linear light), as viewers do. */
export function flattenOnto(data: Uint8Array, alpha: Uint8Array, background: RgbColour): void {
  for (let pixel = 0, at = 0; pixel < alpha.length; pixel++, at += 3) {
    const part = alpha[pixel]!;
    if (part === 255) continue;
    for (let channel = 0; channel < 3; channel++) {
      data[at + channel] = ((data[at + channel]! * part + background[channel]! * (255 - part) + 127) / 255) | 0;
    }
  }
}
