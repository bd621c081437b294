/** From y^ to pixels by FORMAT.md ("Synthesis", "Quality"). */
import { type BookMap, channelsOf, convolve, each, laidOut, sum } from "./book-maps.ts";
import type { BookModel } from "./book-model.ts";

const leaky = (value: number): number => (value < 0 ? 0.01 * value : value);

/** "Synthesis". */
export class Synthesis {
  readonly model: BookModel;
  /** The K numbers of "Quality". */
  readonly quality: readonly number[];

  constructor(model: BookModel, quality: readonly number[]) {
    [this.model, this.quality] = [model, quality];
  }

  #tensor(name: string): { readonly shape: readonly number[]; readonly values: Float64Array } {
    const found = this.model.tensors.get(`gs.${name}`);
    if (found === undefined) throw new Error(`by the book: the model has no gs.${name}`);
    return found;
  }

  #has(name: string): boolean {
    return this.model.tensors.has(`gs.${name}`);
  }

  #conv(x: BookMap, name: string, options: { readonly up?: boolean; readonly stride?: number } = {}): BookMap {
    const { up = false, stride = 1 } = options;
    return convolve(x, this.#tensor(`${name}.weight`), this.#tensor(`${name}.bias`).values, { up, stride });
  }

  #igdn(x: BookMap, name: string): BookMap {
    const stored = (value: number, minimum: number): number =>
      Math.max(value, Math.sqrt(minimum + 2 ** -36)) ** 2 - 2 ** -36;
    const gamma = this.#tensor(`${name}.gamma`);
    const beta = this.#tensor(`${name}.beta`).values.map((value) => stored(value, 1e-6));
    const sums = convolve(
      each(x, (value) => value * value),
      { ...gamma, values: gamma.values.map((value) => stored(value, 0)) },
      beta,
      { up: false, stride: 1 },
    );
    return each(x, (value, i) => value * Math.sqrt(sums.values[i]!));
  }

  #bottleneck(x: BookMap, name: string): BookMap {
    const relu = (value: number): number => Math.max(value, 0);
    const second = each(this.#conv(each(this.#conv(x, `${name}.conv1`), relu), `${name}.conv2`), relu);
    return sum(this.#conv(second, `${name}.conv3`), x);
  }

  #attention(x: BookMap, name: string): BookMap {
    const branch = (side: string): BookMap =>
      [0, 1, 2].reduce(
        (value, i) => each(this.#bottleneck(value, `${name}.${side}.unit${i}`), (one) => Math.max(one, 0)),
        x,
      );
    const mask = each(this.#conv(branch("b"), `${name}.b.conv`), (value) => 1 / (1 + Math.exp(-value)));
    const a = branch("a");
    return sum(
      each(a, (value, i) => value * mask.values[i]!),
      x,
    );
  }

  #residual(x: BookMap, name: string): BookMap {
    const second = each(this.#conv(each(this.#conv(x, `${name}.conv1`), leaky), `${name}.conv2`), leaky);
    return sum(second, this.#has(`${name}.skip.weight`) ? this.#conv(x, `${name}.skip`) : x);
  }

  #up(x: BookMap, name: string): BookMap {
    const first = each(laidOut(this.#conv(x, `${name}.subpixel`), 2), leaky);
    return sum(
      this.#igdn(this.#conv(first, `${name}.conv`), `${name}.igdn`),
      laidOut(this.#conv(x, `${name}.skip`), 2),
    );
  }

  #gained(x: BookMap, name: string): BookMap {
    const { values, shape } = this.#tensor(name);
    const columns = shape[1]!;
    const area = x.height * x.width;
    return each(x, (value, i) => {
      const channel = Math.floor(i / area);
      const logarithm = this.quality.reduce((total, weight, k) => total + weight * values[k * columns + channel]!, 0);
      return value * Math.exp(logarithm);
    });
  }

  #blocks(x: BookMap, name: string, count: number): BookMap {
    let value = x;
    for (let i = 0; i < count; i++) {
      const both = this.#conv(value, `${name}.block${i}.conv1`);
      const [a, b] = [channelsOf(both, 0, both.channels / 2), channelsOf(both, both.channels / 2, both.channels)];
      const gated = each(a, (one, j) => one * Math.min(Math.max(b.values[j]!, -1), 1));
      const change = this.#conv(gated, `${name}.block${i}.conv2`);
      value = sum(value, this.#gained(change, `${name}.block${i}.gain`));
    }
    return value;
  }

  #halfstep(yHat: BookMap): BookMap {
    const { M, structure = {} } = this.model.network;
    const [coarse, fine] = structure.synthesis as [number, number];
    const coefficients = this.#gained(yHat, "gain");
    let x = this.#conv(channelsOf(coefficients, 0, (structure.core ?? M) as number), "in");
    x = laidOut(this.#conv(this.#blocks(x, "fine", fine), "up"), 2);
    x = laidOut(this.#conv(this.#blocks(x, "coarse", coarse), "out"), 8);
    if (structure.bypass === true) x = sum(x, laidOut(this.#conv(coefficients, "bypass"), 16));
    return each(x, (value) => value + 0.5);
  }

  image(yHat: BookMap): BookMap {
    const { type } = this.model.network;
    if (type === "halfstep") return this.#halfstep(yHat);
    let x = yHat;
    if (this.#has("attention0.b.conv.weight")) x = this.#attention(x, "attention0");
    for (const i of [0, 1, 2]) {
      if (type.startsWith("cheng2020")) {
        x = this.#up(this.#residual(x, `block${i}`), `up${i}`);
        if (i === 1 && this.#has("attention1.b.conv.weight")) x = this.#attention(x, "attention1");
        continue;
      }
      x = this.#conv(x, `deconv${i}`, { up: true, stride: 2 });
      if (type !== "elic") x = this.#igdn(x, `igdn${i}`);
      else {
        if (i === 1) x = this.#attention(x, "attention1");
        for (const block of [0, 1, 2]) x = this.#bottleneck(x, `stack${i}.block${block}`);
      }
    }
    if (!type.startsWith("cheng2020")) return this.#conv(x, "deconv3", { up: true, stride: 2 });
    return laidOut(this.#conv(this.#residual(x, "block3"), "subpixel3"), 2);
  }
}

/** "Quality": the K numbers that the transforms are told; none for a model of fixed rate. */
export function qualityNumbers(
  { lambdaRange, network: { structure = {} } }: BookModel,
  field: number,
): readonly number[] {
  if (lambdaRange === undefined) return [];
  const [low, high] = lambdaRange;
  const K = (structure.knots ?? 7) as number;
  const lambda = field === 1001 ? high : low * (high / low) ** ((field - 1) / 1000);
  const place = Math.min(6 * Math.max(0, Math.log(lambda / 0.0016) / Math.log(80)), K - 1);
  const k = Math.min(Math.floor(place), K - 2);
  return Array.from({ length: K }, (_, i) => (i === k ? k + 1 - place : i === k + 1 ? place - k : 0));
}
