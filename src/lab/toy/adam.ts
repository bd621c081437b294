/** Adam (Kingma & Ba, ICLR 2015) on plain arrays, for models so small that their weights need not stay in a session. */
import type { FloatArray } from "../../engine/index.ts";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
/** Gradients of a larger Euclidean norm are scaled down to it, over all parameters together. */
const CLIP_NORM = 1;

/** Weights with their moments. Changes the weights in place. */
export class Adam {
  readonly #weights: ReadonlyMap<string, FloatArray>;
  readonly #first: ReadonlyMap<string, Float32Array>;
  readonly #second: ReadonlyMap<string, Float32Array>;
  #steps = 0;

  constructor(weights: ReadonlyMap<string, FloatArray>) {
    const empty = (): ReadonlyMap<string, Float32Array> =>
      new Map([...weights].map(([name, { data }]) => [name, new Float32Array(data.length)]));
    this.#weights = weights;
    this.#first = empty();
    this.#second = empty();
  }

  /** Takes one step. @param gradients by name of the weights; those that are missing stay as they are. */
  step(gradients: ReadonlyMap<string, Float32Array>, learningRate: number): void {
    this.#steps++;
    let square = 0;
    for (const gradient of gradients.values()) for (const g of gradient) square += g * g;
    const clip = Math.min(1, CLIP_NORM / Math.max(Math.sqrt(square), 1e-12));
    const correction1 = 1 - BETA1 ** this.#steps;
    const correction2 = Math.sqrt(1 - BETA2 ** this.#steps);
    for (const [name, gradient] of gradients) {
      const weight = this.#weights.get(name)?.data;
      const first = this.#first.get(name);
      const second = this.#second.get(name);
      if (weight === undefined || first === undefined || second === undefined || weight.length !== gradient.length) {
        throw new Error(`internal: a gradient for ${name}, which is no weight of this shape`);
      }
      for (let i = 0; i < gradient.length; i++) {
        const g = gradient[i]! * clip;
        const m = BETA1 * first[i]! + (1 - BETA1) * g;
        const v = BETA2 * second[i]! + (1 - BETA2) * g * g;
        first[i] = m;
        second[i] = v;
        weight[i] = weight[i]! - (learningRate * (m / correction1)) / (Math.sqrt(v) / correction2 + EPSILON);
      }
    }
  }
}
