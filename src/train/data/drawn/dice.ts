/**
 * Random choices of one picture, one after the other: a pure function of (seed, index). They come from streams of
 * `CounterRandom` that no other part of training uses, in blocks, each block from its own stream.
 */
import { CounterRandom } from "../../../engine/index.ts";

/** The first stream of random numbers of a picture; the step is the picture's index. */
const PICTURE_STREAM = 0x90000000;
const BLOCK = 256;

/** The choices of one picture, in order. */
export class Dice {
  readonly #random: CounterRandom;
  readonly #index: number;
  readonly #block: Float32Array = new Float32Array(BLOCK);
  #stream: number = PICTURE_STREAM;
  #next: number = BLOCK;

  /** @param seed as for {@link CounterRandom}. @param index number of the picture, 0..2^53-1. @throws RangeError otherwise. */
  constructor(seed: number | bigint, index: number) {
    this.#random = new CounterRandom(seed);
    this.#index = index;
  }

  /** Uniform in the open interval (0, 1). */
  fraction(): number {
    if (this.#next === BLOCK) {
      this.fill(this.#block);
      this.#next = 0;
    }
    return this.#block[this.#next++]!;
  }

  /** Fills `out` with uniform values of (0, 1). */
  fill(out: Float32Array): void {
    this.#random.fillUniform(out, this.#index, this.#stream++, 0, 1);
  }

  /** Uniform between two numbers. */
  between(low: number, high: number): number {
    return low + (high - low) * this.fraction();
  }

  /** A whole number, `low` and `high` included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of the items, all equally likely. */
  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.fraction() * items.length)] as Item;
  }
}
