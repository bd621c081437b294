/**
 * FORMAT.md is complete: a decoder written from its text alone, with the layer tables that stand in it, decodes streams of every network.
 * Wrong scales or means would leave the entropy coder in a wrong state at the end of a section, which that decoder refuses.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renewLayerTables } from "../scripts/format-layers/layer-tables.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { loadModelBytes } from "../src/models/model-files.ts";
import { NETWORK_TYPES, type NetworkConfig, type NetworkType } from "../src/networks/architecture-table.ts";
import { createNetwork } from "../src/networks/create-network.ts";
import type { HalfstepStructure } from "../src/networks/network.ts";
import { decodeByTheBook } from "./support/book-networks.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { texturedPicture } from "./support/textured-picture.ts";

const DOCUMENT = readFileSync(new URL("../FORMAT.md", import.meta.url), "utf8");
const HALFSTEP: HalfstepStructure = { wide: 12, analysis: [1, 1], synthesis: [1, 1], steps: 1 };
/** Small, and odd where a formula of the tables rounds. */
const WIDTHS: Readonly<Record<NetworkType, readonly Omit<NetworkConfig, "type">[]>> = {
  "factorized-prior": [{ N: 4, M: 5 }],
  "scale-hyperprior": [{ N: 5, M: 6 }],
  "mean-scale-hyperprior": [{ N: 4, M: 7 }],
  "joint-autoregressive": [{ N: 4, M: 5 }],
  "channel-conditional": [{ N: 5, M: 20 }],
  "cheng2020-anchor": [{ N: 7, M: 7 }],
  "cheng2020-attention": [{ N: 6, M: 6 }],
  elic: [{ N: 5, M: 23 }],
  halfstep: [
    { N: 8, M: 10, structure: HALFSTEP },
    { N: 8, M: 10, structure: { ...HALFSTEP, steps: 2, knots: 9 } },
    { N: 8, M: 14, structure: { ...HALFSTEP, steps: 4, bypass: true, core: 10 } },
    { N: 8, M: 14, structure: { ...HALFSTEP, steps: 2, bypass: true, core: 9 } },
  ],
};
const NETWORKS: readonly NetworkConfig[] = NETWORK_TYPES.flatMap((type) =>
  WIDTHS[type].map((widths) => ({ type, ...widths })),
);
const named = NETWORKS.map((network) => [JSON.stringify(network), network] as const);

it("the layer tables are those of the code", () => {
  expect(renewLayerTables(DOCUMENT)).toBe(DOCUMENT);
});

/** The first two cells of each row of the table below a line of the document; the first is a list of names, with "of 1 step" and the like behind some. */
function tableBelow(line: string): readonly { readonly names: readonly string[]; readonly told: string }[] {
  const [, table = ""] = DOCUMENT.slice(DOCUMENT.indexOf(line)).split("\n\n");
  return table
    .split("\n")
    .slice(2)
    .map((row) => {
      const [first = "", told = ""] = row.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
      const names = first.split(", ").map((name) => name.replace(/ .*/, ""));
      return { names: names.filter((name) => /^[a-z]/.test(name)), told };
    });
}

/** Names of networks in a table of the document, those once that stand in several rows. */
function namesBelow(line: string): readonly string[] {
  return [...new Set(tableBelow(line).flatMap(({ names }) => names))].sort();
}

describe("the tables of FORMAT.md that are written by hand", () => {
  const contexts = NETWORKS.map((config) => {
    const network = createNetwork(config);
    if (network.coding === "factorized") return { type: config.type, kind: "none" };
    // The document says what a serial context goes by.
    const { kind } = network.context;
    return { type: config.type, kind: kind === "serial" ? "positions" : kind };
  });

  it("say the context of every network", () => {
    const told = tableBelow("Which context a model has follows from its type:").flatMap(({ names, told }) =>
      names.map((name) => `${name}: ${told.split(" ")[0]}`),
    );
    expect([...new Set(told)].sort()).toEqual(
      [...new Set(contexts.map(({ type, kind }) => `${type}: ${kind}`))].sort(),
    );
  });

  it("say the widths of the groups of every network that codes in groups", () => {
    const inGroups = contexts.filter(({ kind }) => kind === "groups").map(({ type }) => type);
    expect(namesBelow("The widths of the groups, with M channels of y:")).toEqual([...new Set(inGroups)].sort());
  });

  it("say the synthesis of every network", () => {
    expect(namesBelow("leaky(x) is x where")).toEqual([...NETWORK_TYPES].sort());
  });
});

it.each(named)("%s: a decoder by the text gives the pixels of the codec, whole and in tiles", async (_, network) => {
  // Drawn weights give latents near zero; larger ones use more of the tables, and more levels.
  const bytes = randomModelBytes(network, {
    ...(network.type === "halfstep" ? {} : { latentGain: 200 }),
    // One of them has weights as 8-bit integers.
    int8Kernels: network.structure?.steps === 4,
  });
  expect(new TextDecoder().decode(bytes.subarray(0, 65536)).includes('"I8"')).toBe(network.structure?.steps === 4);
  const image = texturedPicture(80, 40, 20, 3);
  for (const options of [{}, { tileAbovePixels: 1, tileSide: 64 }]) {
    const codec = await openCodec(loadModelBytes(bytes, "drawn"), options);
    const rate = {
      ...(network.type === "halfstep" ? { quality: 61.5 } : {}),
      // So that optional channels are there.
      ...(network.structure?.core === undefined ? {} : { bitsPerSquaredStep: Infinity }),
    };
    const { bytes: stream } = await codec.encode(image, rate);
    const { data } = await codec.decode(stream);
    await codec.close();
    const read = decodeByTheBook(stream, bytes, DOCUMENT);
    expect([read.width, read.height]).toEqual([80, 40]);
    const area = read.width * read.height;
    const differences = data.map((level, i) =>
      Math.abs(level - (read.levels[(i % 3) * area + Math.floor(i / 3)] ?? 0)),
    );
    // Both round floating-point numbers, the one in float32 and the other in float64.
    expect(differences.reduce((most, difference) => Math.max(most, difference), 0)).toBeLessThanOrEqual(1);
    // A picture that all levels of one colour would match proves nothing.
    expect(new Set(data).size).toBeGreaterThan(20);
  }
});
