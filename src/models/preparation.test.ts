/** What a codec has ready: the graphs of one direction or of both, the rest when it is first needed. */
import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/support/random-model.ts";
import { type NetworkRunner, openNetwork, type Preparation } from "../codec/graphs.ts";
import { CounterRandom, type FloatArray } from "../engine/index.ts";
import { openGraphOn } from "../engine/runtime/open-graph.ts";
import { openCodec } from "./load-codec.ts";

const loaded = randomModel({ type: "mean-scale-hyperprior", N: 6, M: 8 });

function drawn(shape: readonly [number, number, number, number]): FloatArray {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  new CounterRandom(1).fillUniform(data, 0, 0, 0, 1);
  return { data, shape };
}

/** A runner, and how many graphs it has opened. */
async function counted(preparation: Preparation): Promise<{ readonly runner: NetworkRunner; opened(): number }> {
  const open = openGraphOn("cpu");
  let count = 0;
  const runner = await openNetwork(
    loaded.model,
    (graph, options) => {
      count++;
      return open(graph, options);
    },
    1,
    preparation,
  );
  return { runner, opened: () => count };
}

describe("a codec that is prepared for one direction", () => {
  it("opens the graphs of the other when they are first needed, once, to the same numbers", async () => {
    const { runner: both, opened } = await counted("both");
    // Analysis, hyper-analysis, hyper-synthesis and synthesis.
    expect(opened()).toBe(4);
    const [image, y] = [drawn([1, 3, 64, 64]), drawn([1, 8, 4, 4])];
    for (const [preparation, first] of [
      ["encode", 3],
      ["decode", 2],
    ] as const) {
      const { runner, opened: count } = await counted(preparation);
      expect(count()).toBe(first);
      const [ofImage, again] = await Promise.all([runner.analysis(image), runner.analysis(image)]);
      expect(ofImage).toEqual(await both.analysis(image));
      expect(again).toEqual(ofImage);
      expect(await runner.hyperAnalysis(y)).toEqual(await both.hyperAnalysis(y));
      expect(await runner.synthesis(y)).toEqual(await both.synthesis(y));
      expect(count()).toBe(4);
      await runner.close();
    }
    await both.close();
  });

  it("does not know other directions", async () => {
    await expect(openCodec(loaded, { prepare: "sideways" as "both" })).rejects.toThrow(
      new RangeError('prepare: got "sideways", expected one of "encode", "decode", "both"'),
    );
  });
});
