import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/support/random-model.ts";
import { readStream, writeStream } from "../codec/container/stream.ts";
import { openNetwork } from "../codec/graphs.ts";
import { qualityInput } from "../codec/quality-setting.ts";
import { cropped, FeatureMap } from "../codec/tiling/feature-map.ts";
import { finer, windowOf, within } from "../codec/tiling/windows.ts";
import { CounterRandom, type FloatArray } from "../engine/index.ts";
import { exportOnnx } from "../engine/onnx/export.ts";
import { openSession } from "../engine/runtime/session.ts";
import { BitstreamError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { drawPlanar, toPlanar } from "../image/planar.ts";
import type { NetworkConfig } from "../networks/architecture-table.ts";
import { createNetwork } from "../networks/create-network.ts";
import { openCodec } from "./load-codec.ts";

const MEAN_SCALE: NetworkConfig = { type: "mean-scale-hyperprior", N: 6, M: 8 };
const FACTORIZED: NetworkConfig = { type: "factorized-prior", N: 6, M: 8 };
const HALFSTEP: NetworkConfig = {
  type: "halfstep",
  N: 8,
  M: 8,
  structure: { wide: 16, analysis: [1, 1], synthesis: [1, 1], steps: 1 },
};
/** Factors for small latents: where values lie far outside of the drawn densities, training's lower bound on likelihoods decides. */
const SMALL_LATENTS: Partial<Record<NetworkConfig["type"], number>> = { halfstep: 0.03 };

/** A picture with slopes, edges and noise: latents of all magnitudes. */
function picture(width: number, height: number, seed = 1): Image {
  const noise = new Float32Array(3 * width * height);
  new CounterRandom(seed).fillUniform(noise, 0, 0, 0, 60);
  const data = Uint8Array.from(noise, (value, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return value + 90 * (x / width) + (((x >> 4) ^ (y >> 3)) & 1 ? 100 : 0);
  });
  return { width, height, data };
}

/** The code of the BitstreamError that a promise ends in, or "an image". */
async function outcome(decoding: Promise<Image>): Promise<string> {
  try {
    await decoding;
    return "an image";
  } catch (error) {
    if (error instanceof BitstreamError) return error.code;
    throw error;
  }
}

describe.each([MEAN_SCALE, FACTORIZED, HALFSTEP])("a codec of $type", (network) => {
  const model = randomModel(network);

  it("gives back every size, and the same bytes and pixels every time", async () => {
    const codec = await openCodec(model);
    // biome-ignore format: pairs on one line
    const sizes = [[1, 1], [1, 200], [200, 1], [16, 16], [63, 65], [64, 64], [65, 63], [130, 70]] as const;
    for (const [width, height] of sizes) {
      const image = picture(width, height);
      const { bytes, bitsPerPixel } = await codec.encode(image);
      expect(bitsPerPixel).toBe((8 * bytes.length) / (width * height));
      const decoded = await codec.decode(bytes);
      expect([decoded.width, decoded.height, decoded.data.length]).toEqual([width, height, 3 * width * height]);
      expect((await codec.encode(image)).bytes).toEqual(bytes);
      expect(await codec.decode(bytes)).toEqual(decoded);
    }
    await codec.close();
  });

  it("costs what the densities say, within 1 % and 64 bytes", async () => {
    const codec = await openCodec(randomModel(network, { latentGain: SMALL_LATENTS[network.type] ?? 5 }));
    const { bytes, estimatedBits } = await codec.encode(picture(900, 600), { estimate: true });
    expect(bytes.length).toBeGreaterThan(3500);
    const estimatedBytes = (estimatedBits as number) / 8;
    expect(Math.abs(bytes.length - estimatedBytes)).toBeLessThan(0.01 * estimatedBytes + 64);
    expect((await codec.encode(picture(900, 600))).estimatedBits).toBeNull();
    await codec.close();
  });

  it("writes the same bytes on one and on two threads, and reads the other's", async () => {
    const [one, two] = await Promise.all([openCodec(model, { threads: 1 }), openCodec(model, { threads: 2 })]);
    const image = picture(200, 136);
    const stream = (await one.encode(image)).bytes;
    expect((await two.encode(image)).bytes).toEqual(stream);
    expect(await two.decode(stream)).toEqual(await one.decode(stream));
    await Promise.all([one.close(), two.close()]);
  });

  it("carries latents beyond every table", async () => {
    const codec = await openCodec(randomModel(network, { latentGain: 30_000 }));
    const image = picture(70, 40);
    const { bytes } = await codec.encode(image);
    expect(bytes.length).toBeGreaterThan(150);
    expect((await codec.decode(bytes)).data.length).toBe(image.data.length);
    await codec.close();
  });

  it("ends damaged and random sections in a typed error or an image, even when the checksum fits", async () => {
    const codec = await openCodec(model);
    const { bytes } = await codec.encode(picture(90, 60));
    const { header, sections } = readStream(bytes);
    const payload = sections[0]!;
    const random = new CounterRandom(3);
    const numbers = new Float32Array(3);
    const seen = new Map<string, number>();
    for (let round = 0; round < 120; round++) {
      random.fillUniform(numbers, round, 0, 0, 1);
      const [where, what, how] = numbers as unknown as [number, number, number];
      let section = payload.slice(0, how < 0.3 ? Math.floor(where * payload.length) : payload.length);
      const at = Math.floor(where * section.length);
      if (how >= 0.3) section[at] = section[at]! ^ (1 << Math.floor(what * 8));
      if (how > 0.9) section = section.map((byte, i) => byte ^ ((i * 97 + round * 31) & 255));
      const code = await outcome(codec.decode(writeStream({ ...header, sections: [section] })));
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
    expect([...seen.keys()].filter((code) => !["truncated", "corrupt-payload", "an image"].includes(code))).toEqual([]);
    expect(seen.get("an image") ?? 0).toBeLessThan(20);
    expect(seen.get("truncated")).toBeGreaterThan(2);
    expect(seen.get("corrupt-payload")).toBeGreaterThan(2);
    await codec.close();
  });

  it("notices every flipped bit and every truncation of the file", async () => {
    const codec = await openCodec(model);
    const { bytes } = await codec.encode(picture(20, 20));
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      expect(await outcome(codec.decode(damaged)), `bit ${bit}`).not.toBe("an image");
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(await outcome(codec.decode(bytes.slice(0, length))), `${length} bytes`).not.toBe("an image");
    }
    await codec.close();
  });
});

describe.each([MEAN_SCALE, FACTORIZED, HALFSTEP])("tiles of $type", (network) => {
  const model = randomModel(network);

  it("give the whole image's picture to one level, in about as many bytes", async () => {
    const whole = await openCodec(model);
    const image = picture(333, 270);
    const untiled = await whole.encode(image, { estimate: true });
    const expected = await whole.decode(untiled.bytes);
    for (const tileSide of [64, 128, 192]) {
      const codec = await openCodec(model, { tileAbovePixels: 1, tileSide });
      const { bytes, estimatedBits } = await codec.encode(image, { estimate: true });
      const tiles = Math.ceil(333 / tileSide) * Math.ceil(270 / tileSide);
      expect(bytes.length - untiled.bytes.length).toBeLessThan(8 * (tiles + 1));
      // Convolutions of other sizes may sum in another order; an estimate as near as this has the same symbols.
      expect((estimatedBits as number) / (untiled.estimatedBits as number)).toBeCloseTo(1, 4);
      for (const decoder of [whole, codec]) {
        const decoded = await decoder.decode(bytes);
        const differences = decoded.data.map((value, i) => Math.abs(value - expected.data[i]!));
        expect(
          differences.reduce((most, value) => Math.max(most, value)),
          `tiles of ${tileSide}`,
        ).toBeLessThanOrEqual(1);
        expect(differences.filter((value) => value > 0).length).toBeLessThan(0.001 * differences.length);
      }
      await codec.close();
    }
    await whole.close();
  });

  it("look as far around themselves as their halos say, and not less", async () => {
    const built = createNetwork(network);
    const { halos } = built;
    const quality = built.variableRate ? qualityInput(501, [0.002, 0.1]) : undefined;
    const runner = await openNetwork(
      model.model,
      (graph) => openSession(exportOnnx(graph, { openImageSize: true })),
      1,
    );
    const parts = [
      {
        run: (image: FloatArray) => runner.analysis(image, quality),
        channels: 3,
        halo: halos.analysis,
        tile: 128,
        side: 384,
        alignment: 16,
        scale: 1 / 16,
      },
      {
        run: (y: FloatArray) => runner.synthesis(y, quality),
        channels: 8,
        halo: halos.synthesis,
        tile: 8,
        side: 24,
        alignment: 1,
        scale: 16,
      },
      ...(built.coding === "hyperprior"
        ? [
            {
              run: runner.hyperAnalysis,
              channels: 8,
              halo: halos.hyperAnalysis,
              tile: 16,
              side: 48,
              alignment: 4,
              scale: 1 / 4,
            },
            {
              run: (z: FloatArray) => runner.entropy("hyper-synthesis", { z }),
              channels: built.zChannels,
              halo: halos.hyperSynthesis,
              tile: 4,
              side: 12,
              alignment: 1,
              scale: 4,
            },
          ]
        : []),
    ];
    for (const { run, channels, halo, tile, side, alignment, scale } of parts) {
      const map = new FeatureMap(channels, side, side);
      new CounterRandom(5).fillUniform(map.data, 0, 0, -9, 9);
      if (scale === 4) map.data.set(map.data.map(Math.round));
      const all = await run(map.read({ top: 0, left: 0, height: side, width: side }));
      const middle = { top: tile, left: tile, height: tile, width: tile };
      /** Largest difference of the middle tile, in parts of the largest value, when it is computed with a halo. */
      const error = async (around: number): Promise<number> => {
        const window = windowOf(middle, around, map, alignment);
        const got = cropped(await run(map.read(window)), finer(within(middle, window), scale));
        const wanted = cropped(all, finer(middle, scale));
        const largest = wanted.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        return wanted.data.reduce((most, value, i) => Math.max(most, Math.abs(value - got.data[i]!)), 0) / largest;
      };
      expect(await error(halo)).toBeLessThan(1e-5);
      // One step of the alignment less than the halo needs.
      expect(await error((Math.ceil(halo / alignment) - 1) * alignment)).toBeGreaterThan(1e-5);
    }
    await runner.close();
  });
});

describe("a codec", () => {
  it("decodes to the synthesis of mean + round(y - mean)", async () => {
    const { model, identity, info } = randomModel(MEAN_SCALE);
    const [width, height] = [100, 70];
    const image = picture(width, height);
    const codec = await openCodec({ model, identity, info });
    const decoded = await codec.decode((await codec.encode(image, { bitsPerSquaredStep: Infinity })).bytes);

    const runner = await openNetwork(model, (graph) => openSession(exportOnnx(graph, { openImageSize: true })), 1);
    const planar = toPlanar(image, { top: 0, left: 0, height: 128, width: 128 });
    const y = await runner.analysis({ data: planar, shape: [1, 3, 128, 128] });
    const z = await runner.hyperAnalysis(y);
    expect(new Set(y.data.map(Math.round)).size).toBeGreaterThan(4);
    const features = await runner.entropy("hyper-synthesis", { z: { data: z.data.map(Math.round), shape: z.shape } });
    const mean = features.data.subarray(y.data.length);
    const yHat = y.data.map((value, i) => Math.round(value - mean[i]!) + mean[i]!);
    const { data } = await runner.synthesis({ data: yHat, shape: y.shape });
    const expected = { width, height, data: new Uint8Array(3 * width * height) };
    drawPlanar({ data, height: 128, width: 128, top: 0, left: 0 }, expected, { top: 0, left: 0, height, width });
    expect(decoded).toEqual(expected);
    await Promise.all([codec.close(), runner.close()]);
  });

  it("is closed when the calls that run have ended", async () => {
    const codec = await openCodec(randomModel(MEAN_SCALE));
    const image = picture(100, 70);
    const { bytes } = await codec.encode(image);
    const [encoding, decoding] = [codec.encode(image), codec.decode(bytes)];
    const { bands } = await codec.decodeRows(bytes);
    const closing = codec.close();
    await expect(codec.encode(image)).rejects.toThrow(/after close/);
    expect((await encoding).bytes).toEqual(bytes);
    expect((await decoding).data.length).toBe(image.data.length);
    await closing;
    await expect(bands[Symbol.asyncIterator]().next()).rejects.toThrow(TypeError);
  });

  it("tells arguments of a wrong kind from damaged files and models", async () => {
    const codec = await openCodec(randomModel(MEAN_SCALE));
    const loose = codec as unknown as Record<
      "encode" | "decode" | "decodeRows",
      (...words: unknown[]) => Promise<unknown>
    >;
    const { width, height, data } = picture(20, 10);
    await expect(loose.decode(new ArrayBuffer(40))).rejects.toThrow(
      /the stream: got .*ArrayBuffer, expected a Uint8Array/,
    );
    await expect(loose.decodeRows("photo.hst")).rejects.toThrow(TypeError);
    await expect(loose.encode({ width, height, data: Float32Array.from(data) })).rejects.toThrow(TypeError);
    await expect(loose.encode({ width, height, data: data.buffer })).rejects.toThrow(/pixels that are not bytes/);
    await expect(loose.encode({ width, height, data }, 60)).rejects.toThrow(/options: got a number/);
    await codec.close();
    await expect(openCodec(randomModel(MEAN_SCALE), { device: "gpu" as "cpu" })).rejects.toThrow(
      new RangeError('device: got "gpu", expected one of "cpu", "webgpu", "cuda"'),
    );
  });

  it("refuses a stream of another model, and says which is needed", async () => {
    const [mine, other] = await Promise.all([1, 2].map((seed) => openCodec(randomModel(MEAN_SCALE, { seed }))));
    if (mine === undefined || other === undefined) throw new Error("no codec");
    const { bytes } = await mine.encode(picture(16, 16));
    await expect(other.decode(bytes)).rejects.toMatchObject({
      code: "model-mismatch",
      message: expect.stringContaining(mine.model.identity.slice(0, 16)),
    });
    await Promise.all([mine.close(), other.close()]);
  });

  it("refuses more pixels than it was allowed, in either direction, and malformed images", async () => {
    const model = randomModel(MEAN_SCALE);
    const small = await openCodec(model, { maxPixels: 1000 });
    const any = await openCodec(model);
    await expect(small.encode(picture(40, 26))).rejects.toMatchObject({ code: "image-too-large" });
    await expect(small.decode((await any.encode(picture(40, 26))).bytes)).rejects.toMatchObject({
      code: "image-too-large",
    });
    await expect(any.encode({ width: 2, height: 2, data: new Uint8Array(11) })).rejects.toThrow(RangeError);
    await Promise.all([small.close(), any.close()]);
  });

  it("refuses what would be coded at once beyond its limit, whatever tiles a stream asks for, and what no stream can name", async () => {
    const model = randomModel(MEAN_SCALE);
    const whole = await openCodec(model);
    const careful = await openCodec(model, { maxTilePixels: 128 * 128, tileAbovePixels: 128 * 128, tileSide: 128 });
    const photograph = picture(200, 150);
    const untiled = await whole.encode(photograph);
    await expect(careful.decode(untiled.bytes)).rejects.toMatchObject({
      code: "image-too-large",
      message: expect.stringMatching(/30000 pixels that are coded at once \(no tiles\)/),
    });
    const tiled = await careful.encode(photograph);
    expect((await careful.decode(tiled.bytes)).data.length).toBe(photograph.data.length);
    const greedy = await openCodec(model, { maxTilePixels: 128 * 128 });
    await expect(greedy.encode(photograph)).rejects.toMatchObject({ code: "image-too-large" });
    expect(() => whole.checkEncode({ width: 70_000, height: 10 })).toThrow(/at most 65535 per side/);
    const never = { width: 70_000, height: 10, readRows: () => Promise.reject(new Error("was read")) };
    await expect(whole.encodeFrom(never)).rejects.toMatchObject({ code: "image-too-large" });
    await Promise.all([whole.close(), careful.close(), greedy.close()]);
  });

  it("refuses to work after it was closed", async () => {
    const codec = await openCodec(randomModel(FACTORIZED));
    await codec.close();
    await expect(codec.encode(picture(8, 8))).rejects.toThrow(TypeError);
    await expect(codec.decode(new Uint8Array(40))).rejects.toThrow(TypeError);
  });
});
