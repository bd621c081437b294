/**
 * What is known of a tile of y while it is coded: some sites of some channels after others. The loops that see every element of an image are
 * methods here, compiled by themselves, and not part of the asynchronous walk.
 */
import type { FloatArray, OwnedArray } from "../../engine/index.ts";
import type { ArrayPool } from "../array-pool.ts";
import { correctionOf } from "../exact/correction.ts";

/** Elements of y that are coded at once, by channel, then by site; each array `[channels * sites]`. */
export interface SiteDensities {
  /** As the network gives them. */
  readonly scales: Float32Array<ArrayBuffer>;
  readonly means: Float32Array<ArrayBuffer>;
  /** Places in the tile's y `[M, h, w]`. */
  readonly places: Int32Array<ArrayBuffer>;
}

/** A tile of y. Nothing of it is known at first. */
export class KnownLatents {
  /** y^ `[M, h, w]`; anything where it is not known. From the pool, and whoever holds this gives it back. */
  readonly yHat: Float32Array<ArrayBuffer>;
  readonly #height: number;
  readonly #width: number;
  /** y^ in the steps of the exact networks, `[M, h, w]`; 0 where they do not know it yet. */
  readonly #levels: Float32Array<ArrayBuffer>;
  /** Steps in a unit of y^, `[M]`. */
  readonly #powers: Float64Array;
  readonly #pool: ArrayPool;
  /** What {@link densities} fills. */
  #densities: SiteDensities | null = null;

  /**
   * @param exponents `[M]`: 2^exponent steps are a unit of y^
   * @param height rows of the tile's y
   * @param width its columns
   */
  constructor(exponents: Int8Array, height: number, width: number, pool: ArrayPool) {
    this.#height = height;
    this.#width = width;
    this.#powers = Float64Array.from(exponents, (exponent) => 2 ** exponent);
    this.#pool = pool;
    this.yHat = pool.floats(exponents.length * height * width);
    this.#levels = pool.floats(this.yHat.length).fill(0);
  }

  /** Gives back what only the walk needs. Of this object, only {@link yHat} may be used afterwards. */
  forget(): void {
    this.#pool.give(this.#levels);
    this.#forgetDensities();
  }

  #forgetDensities(): void {
    if (this.#densities === null) return;
    for (const array of Object.values(this.#densities)) this.#pool.give(array);
    this.#densities = null;
  }

  #makeDensities(count: number): SiteDensities {
    this.#forgetDensities();
    const pool = this.#pool;
    this.#densities = { scales: pool.floats(count), means: pool.floats(count), places: pool.integers(count) };
    return this.#densities;
  }

  /** Places of a map whose row + column is even (0) or odd (1), in order; all of them for null. */
  sites(parity: 0 | 1 | null): Int32Array {
    const area = this.#height * this.#width;
    const sites = new Int32Array(parity === null ? area : (area + 1 - parity) >> 1);
    for (let row = 0, i = 0; row < this.#height; row++) {
      const start = parity === null ? 0 : (row + parity) & 1;
      for (let column = start; column < this.#width; column += parity === null ? 1 : 2) {
        sites[i++] = row * this.#width + column;
      }
    }
    return sites;
  }

  /**
   * The densities of some sites of a group of channels. They are good until this is called again.
   * @param data what an entropy network gives for the group, `[2 * channels, h, w]`: scales, then means
   * @param start the group's first channel
   */
  densities(data: Float32Array, start: number, sites: Int32Array): SiteDensities {
    const area = this.#height * this.#width;
    const half = data.length / 2;
    const count = (half / area) * sites.length;
    const { scales, means, places } = this.#makeDensities(count);
    for (let channel = 0, to = 0; channel < half; channel += area) {
      for (let i = 0; i < sites.length; i++, to++) {
        const from = channel + sites[i]!;
        scales[to] = data[from]!;
        means[to] = data[half + from]!;
        places[to] = start * area + from;
      }
    }
    return { scales, means, places };
  }

  /** As {@link densities}, where the network gave these sites only: `[2 * channels, sites]`. */
  densitiesOfSites(data: Float32Array, start: number, sites: Int32Array): SiteDensities {
    const area = this.#height * this.#width;
    const half = data.length / 2;
    const { scales, means, places } = this.#makeDensities(half);
    scales.set(data.subarray(0, half));
    means.set(data.subarray(half));
    for (let first = start * area, to = 0; to < half; first += area) {
      for (let i = 0; i < sites.length; i++, to++) places[to] = first + sites[i]!;
    }
    return { scales, means, places };
  }

  /** Some sites of a map `[1, channels, h, w]` as a map of one row, `[1, channels, 1, sites]`, from the pool. */
  gather({ data, shape }: FloatArray, sites: Int32Array): OwnedArray {
    const area = this.#height * this.#width;
    const channels = shape[1]!;
    const gathered = this.#pool.floats(channels * sites.length);
    for (let channel = 0, to = 0; channel < channels; channel++) {
      for (let i = 0; i < sites.length; i++, to++) gathered[to] = data[channel * area + sites[i]!]!;
    }
    return { data: gathered, shape: [1, channels, 1, sites.length] };
  }

  /** Sets y^ to symbol + mean, for the symbols of these densities. */
  place(symbols: Int32Array, { means, places }: SiteDensities): void {
    const { yHat } = this;
    for (let i = 0; i < symbols.length; i++) {
      yHat[places[i]!] = symbols[i]! + means[i]!;
    }
  }

  /**
   * Adds to y^ of a group of channels what a network predicts of the error of rounding.
   * @param residual what the network gives for the group, `[channels, h, w]`
   * @param start the group's first channel
   * @param table see `correctionTable`
   */
  correct(residual: Float32Array, start: number, table: Float32Array): void {
    const { yHat } = this;
    const first = start * this.#height * this.#width;
    for (let i = 0; i < residual.length; i++) {
      yHat[first + i] = yHat[first + i]! + correctionOf(table, residual[i]!);
    }
  }

  /** Lets the networks see y^ at some sites of the channels start..end - 1. */
  reveal(start: number, end: number, sites: Int32Array): void {
    const { yHat } = this;
    const levels = this.#levels;
    const area = this.#height * this.#width;
    for (let channel = start; channel < end; channel++) {
      const power = this.#powers[channel]!;
      for (let i = 0; i < sites.length; i++) {
        const place = channel * area + sites[i]!;
        levels[place] = Math.floor(yHat[place]! * power + 0.5);
      }
    }
  }

  /** What the networks see of the channels start..end - 1, `[1, channels, h, w]`. */
  seen(start: number, end: number): FloatArray {
    const area = this.#height * this.#width;
    return {
      data: this.#levels.subarray(start * area, end * area),
      shape: [1, end - start, this.#height, this.#width],
    };
  }
}
