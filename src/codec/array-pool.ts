/**
 * The large arrays of coding: lent, used again, and freed at once when there are too many. Memory that is new to a process costs more than the loops
 * that fill it, and garbage outside of V8's heap has it collect all the time (`free-arrays.ts`).
 */
import { freeBuffer } from "../free-arrays.ts";

/** An array that is lent may lie in a block of at most this many times its size. */
const LARGEST_RATIO = 2;
/** Smaller blocks are not worth the search. */
const SMALLEST_BYTES = 2 ** 12;

/** Lends arrays. What is lent is not zeroed: the borrower writes every element before it reads it. */
export class ArrayPool {
  readonly #limit: number;
  /** The longest unused first. */
  readonly #blocks: ArrayBuffer[] = [];
  #bytes = 0;

  /** @param limit bytes that the pool keeps while nobody borrows them */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** An array of `length` floats, whatever they are. */
  floats(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#block(4 * length), 0, length);
  }

  /** An array of `length` integers of 32 bits, whatever they are. */
  integers(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#block(4 * length), 0, length);
  }

  /** An array of `length` integers of 16 bits, whatever they are. */
  words(length: number): Uint16Array<ArrayBuffer> {
    return new Uint16Array(this.#block(2 * length), 0, length);
  }

  /** Gives the pool an array, whoever made it. Nobody may use it from here on, nor any array of the same memory. */
  give({ buffer }: { readonly buffer: ArrayBuffer }): void {
    if (buffer.byteLength < SMALLEST_BYTES) return;
    if (buffer.byteLength > this.#limit) {
      freeBuffer(buffer);
      return;
    }
    this.#blocks.push(buffer);
    this.#bytes += buffer.byteLength;
    while (this.#bytes > this.#limit) {
      const oldest = this.#blocks.shift() as ArrayBuffer;
      this.#bytes -= oldest.byteLength;
      freeBuffer(oldest);
    }
  }

  #block(bytes: number): ArrayBuffer {
    let best = -1;
    for (let i = 0; i < this.#blocks.length; i++) {
      const { byteLength } = this.#blocks[i]!;
      const fits = byteLength >= bytes && byteLength <= LARGEST_RATIO * bytes;
      if (fits && (best < 0 || byteLength < this.#blocks[best]!.byteLength)) best = i;
    }
    if (best < 0) return new ArrayBuffer(bytes);
    const [block] = this.#blocks.splice(best, 1) as [ArrayBuffer];
    this.#bytes -= block.byteLength;
    return block;
  }
}
