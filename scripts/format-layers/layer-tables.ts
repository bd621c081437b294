/**
 * The tables of entropy layers in FORMAT.md, made from the networks themselves. Every network is built in several widths. Its entropy
 * networks are interpreted with names in place of maps. The number of channels of a layer is then written as the one formula of N, M and the
 * like that fits all of these widths.
 */
import { NETWORK_TYPES, type NetworkConfig, type NetworkType } from "../../src/networks/architecture-table.ts";
import { createNetwork } from "../../src/networks/create-network.ts";
import {
  type EntropyGraph,
  type EntropyLayer,
  type EntropyOps,
  entropyGraphs,
} from "../../src/networks/entropy/index.ts";
import type { HalfstepStructure, HyperpriorNetwork } from "../../src/networks/network.ts";
import { evaluateExpression, type Letters } from "./expression.ts";

/** What stands before and after the generated part of the document. */
export const MARKERS: { readonly begin: string; readonly end: string } = {
  begin: "<!-- layers: made by `npx tsx scripts/format-layers/main.ts --write` -->",
  end: "<!-- /layers -->",
};

/** Formulas of widths, the plainer first. W is the `wide` of a structure, m the channels of a group, k its number. */
const FORMULAS: readonly string[] = [
  "0",
  "N",
  "M",
  "W",
  "2N",
  "2M",
  "m",
  "2m",
  "floor(3N / 2)",
  "floor(3M / 2)",
  "floor((M + N) / 2)",
  "floor(2W / 3)",
  "floor(10M / 3)",
  "floor(8M / 3)",
  "round(7N / 6)",
  "round(2N / 3)",
  "max(2N, round((6m + 4N) / 3))",
  "max(2N, round((6m + 2N) / 3))",
  "max(2N, round((10m + 4N) / 3))",
  "max(2N, round((8m + 2N) / 3))",
  "min(k, 5) m",
];

/** A map that goes into a layer, or a part of one. */
interface Part {
  readonly name: string;
  readonly slice: readonly [start: number, end: number] | null;
  readonly odd: boolean;
}

/** A layer, or where `layer` is null what a graph gives. */
interface Row {
  readonly graph: string;
  readonly layer: EntropyLayer | null;
  readonly takes: readonly Part[];
  readonly isLast: boolean;
}

/** One network in one width. */
interface Sample {
  readonly letters: Letters;
  readonly rows: readonly Row[];
}

const STRUCTURES: readonly HalfstepStructure[] = [
  { wide: 24, analysis: [0, 0], synthesis: [0, 0], steps: 4, bypass: true },
  { wide: 37, analysis: [0, 0], synthesis: [0, 0], steps: 4, bypass: true },
  { wide: 98, analysis: [0, 0], synthesis: [0, 0], steps: 4, bypass: true },
];
/** Widths that tell formulas apart. They are odd and even, and M is a multiple of ten for the network that asks for it. */
const WIDTHS: readonly (readonly [N: number, M: number])[] = [
  [7, 20],
  [64, 100],
  [127, 190],
  [192, 320],
  [33, 270],
  [250, 30],
  [4, 400],
  [5, 640],
];

function configurations(type: NetworkType, steps: 1 | 4): readonly NetworkConfig[] {
  return WIDTHS.flatMap(([N, M], i): readonly NetworkConfig[] => {
    if (type.startsWith("cheng2020")) return [{ type, N, M: N }];
    if (type !== "halfstep") return [{ type, N, M }];
    const structure = STRUCTURES[i % STRUCTURES.length] as HalfstepStructure;
    return [{ type, N, M, structure: { ...structure, steps, ...(steps === 4 ? { core: M - 8 } : {}) } }];
  });
}

/** The number of the group that a graph belongs to, or null. */
function groupOf({ name }: EntropyGraph): number | null {
  const [, number] = /^(?:summary|first|group|residual)(\d+)$/.exec(name) ?? [];
  return number === undefined ? null : Number(number);
}

/** "context3.conv1" and "group3" of group 3 become those of group k. */
function withLetter(name: string, group: number | null): string {
  return group === null ? name : name.replace(new RegExp(`^([a-z]+)${group}(?=\\.|$)`), "$1{k}");
}

/** The rows of one graph, by interpreting it with names. */
function rowsOf(graph: EntropyGraph): readonly Row[] {
  const group = groupOf(graph);
  const name = withLetter(graph.name, group);
  const rows: Row[] = [];
  const place =
    (isLast: boolean) =>
    (takes: readonly Part[], layer: EntropyLayer): readonly Part[] => {
      const named = { ...layer, name: withLetter(layer.name, group) };
      rows.push({ graph: name, layer: named, takes, isLast });
      return [{ name: `\`${named.name}\``, slice: null, odd: false }];
    };
  const one = (maps: readonly Part[]): Part => {
    const [only, ...others] = maps;
    if (only === undefined || others.length > 0) throw new Error("internal: a part of several maps");
    return only;
  };
  const ops: EntropyOps<readonly Part[]> = {
    layer: place(false),
    output: place(true),
    concat: (maps) => maps.flat(),
    slice: (maps, start, end) => [{ ...one(maps), slice: [start, end] }],
    atOddSites: (maps) => [{ ...one(maps), odd: true }],
    zeros: () => {
      throw new Error("internal: zeros outside of a first pass");
    },
  };
  const result = graph.build(ops, (input) => [{ name: input, slice: null, odd: false }]);
  if (result.length > 1) rows.push({ graph: name, layer: null, takes: result, isLast: false });
  return rows;
}

/** The one formula that fits a number in all samples. @throws {Error} where none does */
function formulaOf(what: string, values: readonly number[], letters: readonly Letters[]): string {
  const found = FORMULAS.find((formula) =>
    values.every((value, i) => {
      const own = letters[i] as Letters;
      return (
        [...formula.matchAll(/(?<![a-z])[NMWmk](?![a-z])/g)].every(([letter]) => Object.hasOwn(own, letter)) &&
        evaluateExpression(formula, own) === value
      );
    }),
  );
  if (found === undefined)
    throw new Error(`layer-tables: no formula fits ${what}: ${values.join(", ")}; add one to FORMULAS`);
  return found;
}

/** The same row of all samples as cells. */
function cells(rows: readonly Row[], letters: readonly Letters[]): readonly string[] {
  const { layer, takes, isLast } = rows[0] as Row;
  const formula = (what: string, of: (row: Row) => number): string => formulaOf(what, rows.map(of), letters);
  const parts = takes.map(({ name, slice, odd }, i) => {
    if (slice !== null) {
      const [start, end] = [0, 1].map((side) =>
        formula(`${name} of ${layer?.name}`, (row) => row.takes[i]!.slice![side]!),
      );
      return `${name} [${start} .. ${end}]`;
    }
    return odd ? `odd sites of ${name}` : name;
  });
  if (layer === null) return ["result", parts.join(", "), "", "", "", ""];
  const { name, kind, kernel, stride = 1, activation = "none", mask } = layer;
  return [
    `\`${name}\``,
    parts.join(", "),
    `${kind}${stride === 1 ? "" : ` by ${stride}`}${mask === undefined ? "" : `, ${mask}`}`,
    String(kernel),
    formula(`channels of ${name}`, (row) => row.layer?.channels as number),
    [...(activation === "none" ? [] : [activation]), ...(isLast ? ["last"] : [])].join(", "),
  ];
}

const HEADER = "| graph | layer | takes | kind | kernel | channels | activation |\n|---|---|---|---|---|---|---|";

/** The lines of graphs that exist in all samples alike. */
function lines(samples: readonly Sample[]): readonly string[] {
  const [first] = samples;
  const skeleton = ({ rows }: Sample): string =>
    JSON.stringify(
      rows.map(({ layer, takes, ...rest }) => [
        rest,
        { ...layer, channels: 0 },
        takes.map(({ name, odd }) => [name, odd]),
      ]),
    );
  if (first !== undefined && samples.some((sample) => skeleton(sample) !== skeleton(first))) {
    throw new Error("layer-tables: a network has other layers in another width, which these tables cannot say");
  }
  return (first?.rows ?? []).map(({ graph }, i) => {
    const own = cells(
      samples.map(({ rows }) => rows[i] as Row),
      samples.map(({ letters }) => letters),
    );
    return `| ${[graph, ...own].join(" | ")} |`;
  });
}

/** Tables of one network. */
function tablesOf(type: NetworkType, steps: 1 | 4): readonly string[] {
  const built = configurations(type, steps).map((config) => ({ config, network: createNetwork(config) }));
  const parts = built.flatMap(({ config, network }) => (network.coding === "factorized" ? [] : [{ config, network }]));
  const lettersOf = ({ N, M, structure }: NetworkConfig): Letters => ({
    N,
    M,
    ...(structure === undefined ? {} : { W: structure.wide }),
  });
  const graphsOf = (network: HyperpriorNetwork): readonly EntropyGraph[] =>
    entropyGraphs(network).filter(({ isFirstPass }) => !isFirstPass);
  const common = lines(
    parts.map(({ config, network }) => ({
      letters: lettersOf(config),
      rows: graphsOf(network)
        .filter((graph) => groupOf(graph) === null)
        .flatMap(rowsOf),
    })),
  );
  const context = parts[0]?.network.context;
  const groups = context?.kind === "groups" ? context.groups : [];
  const required = groups.filter(({ optional }) => optional !== true).length;
  const ofGroups = (numbers: readonly number[]): string =>
    lines(
      numbers.flatMap((k) =>
        parts.map(({ config, network }): Sample => {
          const group = network.context.kind === "groups" ? network.context.groups[k] : undefined;
          if (group === undefined) throw new Error("internal: a network has fewer groups in another width");
          return {
            letters: { ...lettersOf(config), k, m: group.end - group.start },
            rows: graphsOf(network)
              .filter((graph) => groupOf(graph) === k)
              .flatMap(rowsOf),
          };
        }),
      ),
    ).join("\n");
  const title = type === "halfstep" ? `${type}, ${steps === 1 ? "1 step" : "2 or 4 steps"}` : type;
  const later = Array.from({ length: Math.max(0, required - 1) }, (_, i) => i + 1);
  const blocks = [
    ["the first group, k = 0", required > 0 ? [0] : []],
    [`the later groups, k = 1${required > 2 ? ` .. ${required - 1}` : ""}`, later],
    ["the group of optional channels", groups.length > required ? [required] : []],
  ] as const;
  return [
    `**${title}**`,
    `${HEADER}\n${common.join("\n")}`,
    ...blocks.flatMap(([what, numbers]) =>
      numbers.length === 0 ? [] : [`${title}, ${what}:`, `${HEADER}\n${ofGroups(numbers)}`],
    ),
  ];
}

/** The generated part, without its markers. */
export function layerTablesMarkdown(): string {
  return NETWORK_TYPES.flatMap((type) => {
    if (type === "factorized-prior") return [];
    return type === "halfstep" ? [...tablesOf(type, 1), ...tablesOf(type, 4)] : tablesOf(type, 1);
  }).join("\n\n");
}

/** A document with its generated part renewed. @throws {Error} if the markers are not there */
export function renewLayerTables(document: string): string {
  const [from, to] = [document.indexOf(MARKERS.begin), document.indexOf(MARKERS.end)];
  if (from < 0 || to < from)
    throw new Error(`layer-tables: the document has no "${MARKERS.begin}" and "${MARKERS.end}"`);
  return `${document.slice(0, from + MARKERS.begin.length)}\n\n${layerTablesMarkdown()}\n\n${document.slice(to)}`;
}
