/** Numbers for tests and benchmarks of what may not import the engine, which has `CounterRandom`. */

/** A seeded generator of uniform numbers in (0, 1): Weyl sequence through a 32-bit mixer. */
export function uniformSource(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (((mixed ^ (mixed >>> 16)) >>> 0) + 0.5) / 2 ** 32;
  };
}
