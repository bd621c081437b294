/** The elements of a tile of y, in the order of FORMAT.md ("Contexts"). */
import type { Letters } from "../../scripts/format-layers/expression.ts";
import { type Line, runGraph } from "./book-entropy.ts";
import { type BookMap, channelsOf, map } from "./book-maps.ts";
import { type BookModel, tableOf } from "./book-model.ts";
import type { SectionReader } from "./book-reader.ts";

/** "Contexts": how wide the groups are, and which of them is optional. */
function groupsOf({ network: { type, M, structure = {} } }: BookModel): readonly (readonly [number, boolean])[] {
  const round = (value: number): number => Math.max(1, Math.floor(value + 0.5));
  if (type === "channel-conditional") return new Array(10).fill([M / 10, false]);
  if (type === "elic") {
    const first = [M / 20, M / 20, M / 10, M / 5].map(round);
    return [...first, M - first.reduce((sum, width) => sum + width, 0)].map((width) => [width, false]);
  }
  if (type !== "halfstep" || structure.steps === 1) return [];
  const core = (structure.core ?? M) as number;
  const quarter = Math.floor(core / 4);
  const ofCore = structure.steps === 2 ? [core] : [quarter, core - quarter];
  return [...ofCore.map((width) => [width, false] as const), ...(core < M ? [[M - core, true] as const] : [])];
}

/** Reads the elements of a tile of y. */
export class TileReader {
  readonly yHat: BookMap;
  readonly #levels: BookMap;

  readonly model: BookModel;
  readonly lines: readonly Line[];
  readonly letters: Letters;
  readonly section: SectionReader;
  readonly features: BookMap;

  constructor(model: BookModel, lines: readonly Line[], letters: Letters, section: SectionReader, features: BookMap) {
    [this.model, this.lines, this.letters, this.section, this.features] = [model, lines, letters, section, features];
    this.yHat = map(model.network.M, features.height, features.width);
    this.#levels = map(model.network.M, features.height, features.width);
  }

  #lines(part: string, graph: string): readonly Line[] {
    return this.lines.filter((line) => line.part === part && line.graph === graph);
  }

  #symbol(scale: number): number {
    const { tensors } = this.model;
    const level = tensors.get("tables/thresholds")!.values.filter((threshold) => threshold <= scale).length;
    return this.section.symbol(
      tableOf(
        {
          layout: tensors.get("tables/y.layout")!.values,
          frequencies: tensors.get("tables/y.frequencies")!.values,
        },
        level,
      ),
    );
  }

  /** Reads the element of y at a place, whose scale and mean stand in `parameters` at the place less that of the group. */
  #read(place: number, parameters: BookMap, from: number, hasMeans = true): void {
    const mean = hasMeans ? parameters.values[from + parameters.values.length / 2]! : 0;
    this.yHat.values[place] = Math.fround(this.#symbol(parameters.values[from]!) + mean);
  }

  /** Lets the networks see an element. */
  #reveal(place: number): void {
    const exponents = this.model.tensors.get("exact/latent.exponents")!.values;
    const channel = Math.floor(place / (this.yHat.height * this.yHat.width));
    this.#levels.values[place] = Math.floor(this.yHat.values[place]! * 2 ** exponents[channel]! + 0.5);
  }

  read(): BookMap {
    const { features, model } = this;
    const { M, type } = model.network;
    const area = features.height * features.width;
    const groups = groupsOf(model);
    if (this.lines.some(({ graph }) => graph === "position")) this.#positions();
    else if (groups.length === 0) {
      for (let i = 0; i < M * area; i++) this.#read(i, features, i, type !== "scale-hyperprior");
    } else this.#groups(groups);
    return this.yHat;
  }

  #positions(): void {
    const { features, letters, model } = this;
    const { M } = model.network;
    const { height, width } = features;
    for (let d = 0; d <= width - 1 + 3 * (height - 1); d++) {
      const parameters = runGraph(model, this.#lines("", "position"), { features, neighbours: this.#levels }, letters);
      for (let row = 0; row < height; row++) {
        const column = d - 3 * row;
        if (column < 0 || column >= width) continue;
        for (let channel = 0; channel < M; channel++) {
          const place = (channel * height + row) * width + column;
          this.#read(place, parameters, place);
          this.#reveal(place);
        }
      }
    }
  }

  #groups(groups: readonly (readonly [number, boolean])[]): void {
    const { features, model } = this;
    const { height, width } = features;
    const area = height * width;
    let start = 0;
    for (const [k, [m, optional]] of groups.entries()) {
      const part = optional ? "the group of optional channels" : k === 0 ? "the first group" : "the later groups";
      const letters = { ...this.letters, k, m };
      const before = channelsOf(this.#levels, 0, start);
      const present = optional ? this.#flags(m) : new Array<boolean>(m).fill(true);
      const group = this.#lines(part, "group{k}");
      const checkerboard = group.some(({ takes }) => takes.includes("current"));
      const summaryLines = this.#lines(part, "summary{k}");
      const places = (of: number): number[] =>
        Array.from({ length: m * area }, (_, i) => i).filter(
          (i) =>
            present[Math.floor(i / area)] && (of < 0 || ((Math.floor(i / width) % height) + (i % width)) % 2 === of),
        );
      if (!present.includes(true)) continue;
      const inputs = {
        features,
        before,
        ...(summaryLines.length > 0 ? { summary: runGraph(model, summaryLines, { before }, letters) } : {}),
      };
      const current = (): BookMap => channelsOf(this.#levels, start, start + m);
      for (const parity of checkerboard ? [0, 1] : [-1]) {
        const parameters = runGraph(model, group, { ...inputs, current: current() }, letters);
        for (const i of places(parity)) {
          this.#read(start * area + i, parameters, i);
        }
        for (const i of places(parity)) this.#reveal(start * area + i);
      }
      const residualLines = this.#lines(part, "residual{k}");
      if (residualLines.length > 0) {
        const residual = runGraph(model, residualLines, { ...inputs, current: current() }, letters);
        const T = model.tensors.get("exact/corrections")!.values;
        for (const i of places(-1)) {
          const entry = Math.floor(64 * residual.values[i]! + 256 + 0.5);
          const place = start * area + i;
          this.yHat.values[place] = Math.fround(this.yHat.values[place]! + T[Math.min(Math.max(entry, 0), 512)]!);
          this.#reveal(place);
        }
      }
      start += m;
    }
  }

  /** "Optional channels". */
  #flags(channels: number): boolean[] {
    const flag = (): boolean => this.section.symbol({ first: 0, frequencies: [32768, 32767, 1] }) === 1;
    return flag() ? Array.from({ length: channels }, flag) : new Array<boolean>(channels).fill(false);
  }
}
