import { describe, expect, it } from "vitest";
import { ArrayPool } from "./array-pool.ts";

const KIB = 2 ** 10;

describe("ArrayPool", () => {
  it("lends memory again that was given, to arrays of other kinds and sizes too", () => {
    const pool = new ArrayPool(64 * KIB);
    const floats = pool.floats(2 * KIB);
    pool.give(floats);
    const words = pool.words(3 * KIB);
    expect(words.buffer).toBe(floats.buffer);
    expect(words).toHaveLength(3 * KIB);
    // It is lent, so the next one gets other memory.
    expect(pool.integers(2 * KIB).buffer).not.toBe(words.buffer);
  });

  it("takes the smallest block that is large enough, and none of more than twice the size", () => {
    const pool = new ArrayPool(64 * KIB);
    const blocks = [4, 2, 3].map((length) => new Float32Array(length * KIB));
    for (const block of blocks) pool.give(block);
    expect(pool.floats(2.5 * KIB).buffer).toBe(blocks[2]?.buffer);
    expect(pool.floats(1 * KIB).buffer).toBe(blocks[1]?.buffer);
    expect(pool.floats(1 * KIB)).toHaveLength(KIB);
    expect(blocks.map(({ buffer }) => buffer.byteLength)).toEqual([16 * KIB, 8 * KIB, 12 * KIB]);
  });

  it("keeps no more than its limit, and frees what it was given first at once", () => {
    const pool = new ArrayPool(20 * KIB);
    const [first, second] = [new Float32Array(2 * KIB).fill(1), new Float32Array(4 * KIB).fill(2)];
    pool.give(first);
    pool.give(second);
    expect(first).toHaveLength(0);
    expect(second).toHaveLength(4 * KIB);
    // What is larger than the limit drives nothing out.
    const large = new Float32Array(8 * KIB);
    pool.give(large);
    expect([large.length, second.length]).toEqual([0, 4 * KIB]);
  });
});
