/**
 * FORMAT.md is complete: a decoder written from its text alone, with the layer tables that stand in it, decodes streams of every network.
 * Wrong scales or means would leave the entropy coder in a wrong state at the end of a section, which that decoder refuses.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renewLayerTables } from "../scripts/format-layers/layer-tables.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { loadModelBytes } from "../src/models/model-files.ts";
import { NETWORK_TYPES, type NetworkConfig, type NetworkType } from "../src/networks/architecture-table.ts";
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
