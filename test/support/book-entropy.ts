/** The exact layers by the tables of FORMAT.md ("Exact layers", "Layers of the entropy networks"). */
import { evaluateExpression, type Letters } from "../../scripts/format-layers/expression.ts";
import { type BookMap, channelsOf, concat, convolve, each, laidOut } from "./book-maps.ts";
import type { BookModel } from "./book-model.ts";

/** A line of the layer tables. */
export interface Line {
  /** "elic" and the like; for halfstep with the steps behind it. */
  readonly network: string;
  /** "", "the first group", "the later groups" or "the group of optional channels". */
  readonly part: string;
  readonly graph: string;
  readonly layer: string;
  readonly takes: readonly string[];
  readonly kind: string;
  readonly kernel: number;
  readonly channels: string;
  readonly activation: string;
}

/** "Layers of the entropy networks". */
export function readLines(document: string): readonly Line[] {
  const text = /<!-- layers:[^\n]*\n([\s\S]*?)<!-- \/layers -->/.exec(document)?.[1] ?? "";
  let [network, part] = ["", ""];
  const lines: Line[] = [];
  for (const line of text.split("\n")) {
    const [, title] = /^\*\*(.+)\*\*$/.exec(line) ?? [];
    if (title !== undefined) [network, part] = [title, ""];
    const [, named] = /, (the [^,:]+)[^:]*:$/.exec(line) ?? [];
    if (named !== undefined) part = named;
    if (!line.startsWith("|") || line.startsWith("|---") || line.startsWith("| graph")) continue;
    const [graph, layer, takes, kind, kernel, channels, activation] = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()) as [string, string, string, string, string, string, string];
    const parts = (takes.match(/(?:[^,[\]]|\[[^\]]*\])+/g) ?? []).map((taken) => taken.trim());
    const name = layer.replaceAll("`", "");
    lines.push({ network, part, graph, layer: name, takes: parts, kind, kernel: Number(kernel), channels, activation });
  }
  return lines;
}

/** "Exact layers". */
function exactLayer(model: BookModel, x: BookMap, name: string, line: Line): BookMap {
  const tensor = (part: string) => {
    const found = model.tensors.get(`exact/${name}.${part}`);
    if (found === undefined) throw new Error(`by the book: the model has no exact/${name}.${part}`);
    return found;
  };
  const limit = model.inputLimits[name]!;
  const [, kind = "", by = "1"] = /^([a-z-]+)(?: by (\d))?/.exec(line.kind) ?? [];
  const sums = convolve(
    each(x, (value) => Math.min(Math.max(value, -limit), limit)),
    tensor("weight"),
    tensor("bias").values,
    { up: kind === "deconv", stride: kind === "sub-pixel" ? 1 : Number(by) },
  );
  const exponents = tensor("exponents").values;
  const area = sums.height * sums.width;
  const result = each(sums, (sum, i) => {
    let value = sum;
    if (line.activation.startsWith("relu")) value = Math.max(sum, 0);
    if (line.activation.startsWith("leaky-relu")) value = Math.max(sum, Math.floor(sum / 128) * 1.25);
    const scaled = value * 2 ** exponents[Math.floor(i / area)]!;
    return line.activation.endsWith("last") ? scaled : Math.floor(scaled);
  });
  return kind === "sub-pixel" ? laidOut(result, Number(by)) : result;
}

/** Computes a graph of the tables. `k` is the number of its group. */
export function runGraph(
  model: BookModel,
  lines: readonly Line[],
  inputs: Readonly<Record<string, BookMap>>,
  letters: Letters,
): BookMap {
  const known = new Map(Object.entries(inputs));
  const numbered = (name: string): string => name.replace("{k}", String(letters.k));
  const taken = (text: string): BookMap => {
    const [, odd, name, start, end] = /^(odd sites of )?`?([^`[\s]+)`?(?: \[(.+) \.\. (.+)\])?$/.exec(text) ?? [];
    const found = known.get(numbered(name as string));
    if (found === undefined) throw new Error(`by the book: nothing is called ${text}`);
    if (odd !== undefined) {
      return each(
        found,
        (value, i) => value * (((Math.floor(i / found.width) % found.height) + (i % found.width)) % 2),
      );
    }
    if (start === undefined) return found;
    return channelsOf(found, evaluateExpression(start, letters), evaluateExpression(end as string, letters));
  };
  let last: BookMap | undefined;
  for (const line of lines) {
    const x = concat(line.takes.map(taken));
    last = line.layer === "result" ? x : exactLayer(model, x, numbered(line.layer), line);
    if (line.layer !== "result" && last.channels !== evaluateExpression(line.channels, letters)) {
      throw new Error(`by the book: ${line.layer} has ${last.channels} channels, the table says ${line.channels}`);
    }
    known.set(numbered(line.layer), last);
  }
  if (last === undefined) throw new Error("by the book: a graph without layers");
  return last;
}
