/**
 * Models of variable rate from outside: one model codes an image at every quality, decoders find the latents that encoders had, with
 * and without a context and in tiles, and what does not fit is refused. The models are small ones of drawn weights.
 */
import { describe, expect, it } from "vitest";
import { readStream, writeStream } from "../src/codec/container/stream.ts";
import { parseModel, serializeModel } from "../src/codec/model/model-file.ts";
import type { FloatArray, OpenGraph } from "../src/engine/index.ts";
import { openGraphOn } from "../src/engine/runtime/open-graph.ts";
import type { Image } from "../src/image/image.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { loadModelBytes } from "../src/models/model-files.ts";
import type { NetworkConfig } from "../src/networks/architecture-table.ts";
import type { HalfstepStructure } from "../src/networks/network.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { type RecordedCodec, recordedCodec } from "./support/recorded-codec.ts";
import { texturedPicture } from "./support/textured-picture.ts";

const STEPS = [1, 2, 4] as const;
const TILED = { tileAbovePixels: 1, tileSide: 64 };
/** Factor on drawn latents so that the densities, whose scales are around 1, mean something. */
const SMALL = 0.03;

function halfstep(steps: HalfstepStructure["steps"]): NetworkConfig {
  return { type: "halfstep", N: 8, M: 8, structure: { wide: 8, analysis: [1, 1], synthesis: [1, 1], steps } };
}

const largestStep = (a: Image, b: Image): number =>
  a.data.reduce((most, level, i) => Math.max(most, Math.abs(level - b.data[i]!)), 0);

/** Keeps the largest map that the analysis gives. */
function watchAnalysis(kept: FloatArray[]): OpenGraph {
  return async (graph, options) => {
    const session = await openGraphOn("cpu")(graph, options);
    return {
      async run(feeds) {
        const outputs = await session.run(feeds);
        const y = outputs.get("y");
        // The codec uses its arrays again.
        if (y !== undefined) kept.push({ data: y.data.slice(), shape: y.shape });
        return outputs;
      },
      close: () => session.close(),
    };
  };
}

describe.each(STEPS)("halfstep in %i steps", (steps) => {
  const image = texturedPicture(200, 136, 8, 1);
  const model = randomModelBytes(halfstep(steps), { latentGain: 0.5 });

  it("gives the decoder the latents that the encoder had at every quality, whole and in tiles", async () => {
    const analysed: FloatArray[] = [];
    const codec: RecordedCodec = recordedCodec(watchAnalysis(analysed), 1);
    const lengths: number[] = [];
    for (const quality of [0, 33.3, 100]) {
      for (const options of [{}, TILED]) {
        await codec.use(model, options);
        analysed.length = 0;
        const { bytes, latents: encoded } = await codec.encode(image, { quality, bitsPerSquaredStep: Infinity });
        expect(readStream(bytes).header.quality).toBe(1 + 10 * quality);
        const { latents: decoded } = await codec.decode(bytes);
        expect(decoded.z).toEqual(encoded.z);
        // Nothing else than the hyper-synthesis without a context; with one, a checkerboard runs its graph twice.
        expect(decoded.parameters.length).toBeGreaterThanOrEqual(steps);
        expect(decoded.parameters).toEqual(encoded.parameters);
        if (options === TILED) continue;
        lengths.push(bytes.length);
        const [y, yHat] = [(analysed[0] as FloatArray).data, decoded.y[0]!];
        expect(yHat).toHaveLength(y.length);
        const distances = y.map((value, i) => Math.abs(value - yHat[i]!));
        expect(Math.max(...distances)).toBeLessThan(0.5 + 1e-4);
        // Latents of all sizes, or rounding would prove nothing.
        expect(new Set(y.map(Math.round)).size).toBeGreaterThan(4);
      }
    }
    const [least, middle, most] = lengths as [number, number, number];
    expect(middle).toBeGreaterThan(1.2 * least);
    expect(most).toBeGreaterThan(1.2 * middle);
    await codec.close();
  });

  it("costs what the densities say, and decodes to the same picture whoever tiles", async () => {
    const loaded = loadModelBytes(randomModelBytes(halfstep(steps), { latentGain: SMALL }), "test");
    const [whole, tiled] = await Promise.all([openCodec(loaded), openCodec(loaded, TILED)]);
    for (const writer of [whole, tiled]) {
      const { bytes, estimatedBits, quality } = await writer.encode(texturedPicture(500, 300, 8, 1), {
        estimate: true,
      });
      expect(quality).toBe(50);
      const estimatedBytes = (estimatedBits as number) / 8;
      // Each tile has a state and a length of its own.
      const room = writer === tiled ? 8 * 41 : 0;
      expect(Math.abs(bytes.length - estimatedBytes - room / 2)).toBeLessThan(0.01 * estimatedBytes + 64 + room / 2);
      expect(largestStep(await whole.decode(bytes), await tiled.decode(bytes))).toBeLessThanOrEqual(1);
    }
    await Promise.all([whole.close(), tiled.close()]);
  });
});

describe("tiles without a context", () => {
  it("have the symbols of the whole image", async () => {
    const codec = recordedCodec(openGraphOn("cpu"), 1);
    const model = randomModelBytes(halfstep(1), { latentGain: 0.5 });
    const image = texturedPicture(200, 136, 8, 1);
    await codec.use(model, TILED);
    const inTiles = await codec.encode(image, { quality: 80 });
    await codec.use(model);
    const whole = await codec.encode(image, { quality: 80 });
    const [a, b] = [await codec.decode(inTiles.bytes), await codec.decode(whole.bytes)];
    expect(a.latents.y).toEqual(b.latents.y);
    expect(a.image).toEqual(b.image);
    await codec.close();
  });
});

describe("a quality", () => {
  const image = texturedPicture(64, 64, 8, 1);
  const ofQuality = (bytes: Uint8Array, quality: number): Uint8Array => {
    const { header, sections } = readStream(bytes);
    return writeStream({ ...header, quality, sections });
  };

  it("is refused by a model of fixed rate, in encoding and in a stream", async () => {
    const fixed = await openCodec(
      loadModelBytes(randomModelBytes({ type: "mean-scale-hyperprior", N: 4, M: 6 }), "test"),
    );
    expect(fixed.model.lambdaRange).toBeNull();
    await expect(fixed.encode(image, { quality: 50 })).rejects.toMatchObject({
      code: "fixed-rate-model",
      exitCode: 2,
    });
    const { bytes, quality } = await fixed.encode(image);
    expect(quality).toBeNull();
    expect(readStream(bytes).header.quality).toBe(0);
    await expect(fixed.decode(ofQuality(bytes, 501))).rejects.toMatchObject({ code: "bad-header" });
    await fixed.close();
  });

  it("must be in 0..100, and a stream of a model of variable rate must have one", async () => {
    const codec = await openCodec(loadModelBytes(randomModelBytes(halfstep(1)), "test"));
    for (const quality of [-1, 100.5, Number.NaN]) {
      await expect(codec.encode(image, { quality })).rejects.toMatchObject({ code: "bad-quality", exitCode: 2 });
    }
    const { bytes } = await codec.encode(image);
    expect(readStream(bytes).header.quality).toBe(501);
    for (const field of [0, 1002, 65535]) {
      await expect(codec.decode(ofQuality(bytes, field))).rejects.toMatchObject({ code: "bad-header" });
    }
    // The number is all that decoding knows of it: another gives the same latents another picture.
    const other = await codec.decode(ofQuality(bytes, 1001));
    expect(largestStep(other, await codec.decode(bytes))).toBeGreaterThan(1);
    await codec.close();
  });
});

describe("the file of a model of variable rate", () => {
  const model = parseModel(randomModelBytes(halfstep(4)), "test");

  it("keeps the structure and the range of lambdas", () => {
    const again = parseModel(serializeModel(model), "again");
    expect(again.network).toEqual(halfstep(4));
    expect(again.lambdaRange).toEqual([0.0016, 0.128]);
    expect(Buffer.compare(serializeModel(again), serializeModel(model))).toBe(0);
  });

  it("writes the default structure out, and is no model without one", () => {
    const bytes = serializeModel(parseModel(randomModelBytes({ type: "halfstep", N: 8, M: 8 }), "test"));
    expect(parseModel(bytes, "test").network.structure).toMatchObject({ wide: 192 });
    const spoiled = Buffer.from(bytes);
    // One letter of the description, so that no length changes.
    spoiled[spoiled.indexOf("structure")] = "S".charCodeAt(0);
    expect(() => parseModel(spoiled, "test")).toThrow(expect.objectContaining({ code: "bad-model" }));
  });

  it.each<readonly [string, string, string]>([
    ["a structure with other steps", '\\"steps\\":4', '\\"steps\\":3'],
    ["a range that falls", '\\"lambdaRange\\":[0.0016', '\\"lambdaRange\\":[0.9016'],
    ["no range", "lambdaRange", "lambdarange"],
    ["the structure of another network", '\\"wide\\":8', '\\"wine\\":8'],
  ])("is refused with %s", (_, text, by) => {
    const spoiled = Buffer.from(serializeModel(model));
    const at = spoiled.indexOf(text);
    expect(at).toBeGreaterThan(0);
    spoiled.write(by, at);
    expect(() => parseModel(spoiled, "test")).toThrow(expect.objectContaining({ code: "bad-model" }));
  });

  it("is not written with a range that the network does not have", () => {
    const fixed = parseModel(randomModelBytes({ type: "factorized-prior", N: 4, M: 6 }), "test");
    expect(() => serializeModel({ ...fixed, lambdaRange: [0.01, 0.02] })).toThrow(RangeError);
    expect(() => serializeModel({ ...model, lambdaRange: undefined })).toThrow(RangeError);
  });
});
