/** Mean and variance of a gradient over draws of noise, summed over weights; without keeping the draws. */

/** Running sums of one vector. */
export class GradientMoments {
  #count = 0;
  readonly #mean = new Map<string, Float64Array>();
  #squares = 0;

  /** Adds a draw. Welford's update: no difference of large squares. */
  add(gradient: ReadonlyMap<string, Float32Array>): void {
    this.#count++;
    for (const [name, data] of gradient) {
      const mean = this.#mean.get(name) ?? new Float64Array(data.length);
      this.#mean.set(name, mean);
      for (let i = 0; i < data.length; i++) {
        const value = data[i]!;
        const before = value - mean[i]!;
        mean[i] = mean[i]! + before / this.#count;
        this.#squares += before * (value - mean[i]!);
      }
    }
  }

  /** Sum over weights of the variance over draws, unbiased. @throws {RangeError} for fewer than two draws. */
  get variance(): number {
    if (this.#count < 2) throw new RangeError(`GradientMoments: got ${this.#count} draws, expected at least 2`);
    return this.#squares / (this.#count - 1);
  }

  /** Squared norm of the mean gradient, less that of the noise which is left in the mean of these draws. */
  get squaredMean(): number {
    let norm = 0;
    for (const mean of this.#mean.values()) for (const value of mean) norm += value * value;
    return Math.max(0, norm - this.variance / this.#count);
  }

  /**
   * Squared distance of the mean gradient from another one's. What the noise left in both means adds to it is taken off, so it is an
   * unbiased estimate, which may be negative where the two agree.
   *
   * @param other of the same weights, from draws that are independent of these
   * @throws {RangeError} for fewer than two draws of either.
   */
  squaredDistance(other: GradientMoments): number {
    let norm = 0;
    for (const [name, mean] of this.#mean) {
      const theirs = other.#mean.get(name);
      if (theirs === undefined)
        throw new RangeError(`GradientMoments: got no "${name}" in the other, expected the same weights`);
      for (let i = 0; i < mean.length; i++) norm += (mean[i]! - theirs[i]!) ** 2;
    }
    return norm - this.variance / this.#count - other.variance / other.#count;
  }
}
