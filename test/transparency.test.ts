/** Transparency through streams: lossless, in versions of the format, through the command line, and safe against hostile bytes. */
import { readFile, writeFile } from "node:fs/promises";
import { deflateRawSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStream, writeStream } from "../src/codec/container/stream.ts";
import { BitstreamError } from "../src/errors.ts";
import type { Image } from "../src/image/image.ts";
import { type ImageSource, imageSource } from "../src/image/image-rows.ts";
import { decodeImage } from "../src/image/read-image.ts";
import { type Codec, loadCodec, openCodec } from "../src/models/load-codec.ts";
import { loadModelBytes } from "../src/models/model-files.ts";
import { SMALL_NETWORK, useCodecFixture } from "./support/codec-fixture.ts";
import { drawnLogo } from "./support/drawn-logo.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { runWords } from "./support/run-words.ts";

const common = useCodecFixture();
const { at } = common;
const [WIDTH, HEIGHT] = [150, 90];
const LOGO = drawnLogo(WIDTH, HEIGHT);
const alphaOf = (image: Image): Uint8Array => image.alpha as Uint8Array;

let codec: Codec;
let tiled: Codec;
beforeAll(async () => {
  const model = loadModelBytes(randomModelBytes(SMALL_NETWORK), "model");
  codec = await openCodec(model);
  tiled = await openCodec(model, { tileAbovePixels: 1, tileSide: 64 });
});
afterAll(() => Promise.all([codec.close(), tiled.close()]));

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (reason: unknown) => (reason instanceof BitstreamError ? reason.code : reason),
  );
}

describe("a stream with transparency", () => {
  it("gives alpha back to the last bit, tiled or not, at once or by bands", async () => {
    for (const one of [codec, tiled]) {
      const { bytes, alphaByteLength, bitsPerPixel } = await one.encode(LOGO);
      expect(bitsPerPixel).toBe((8 * bytes.length) / (WIDTH * HEIGHT));
      const { header, alpha } = readStream(bytes);
      expect([header.version, header.hasAlpha, alpha?.length]).toEqual([2, true, alphaByteLength]);
      const image = await one.decode(bytes);
      expect(Buffer.compare(alphaOf(image), alphaOf(LOGO))).toBe(0);
      const parts: Uint8Array[] = [];
      for await (const band of (await one.decodeRows(bytes)).bands) parts.push(band.alpha as Uint8Array);
      expect(Buffer.compare(Buffer.concat(parts), alphaOf(LOGO))).toBe(0);
    }
  });

  it("is the same by whatever bands the image comes, and depends on no memory that a source uses again", async () => {
    const { bytes } = await tiled.encode(LOGO);
    const whole = imageSource(LOGO);
    const shared = new Uint8Array(3 * WIDTH * HEIGHT);
    const stingy: ImageSource = {
      width: WIDTH,
      height: HEIGHT,
      async readRows(top, count) {
        const rows = await whole.readRows(top, count);
        shared.set(rows);
        return shared.subarray(0, rows.length);
      },
      async readAlpha(top, count) {
        const rows = (await whole.readAlpha?.(top, count)) as Uint8Array;
        shared.set(rows);
        return shared.subarray(0, rows.length);
      },
    };
    expect(Buffer.compare((await tiled.encodeFrom(stingy)).bytes, bytes)).toBe(0);
  });

  it("does not depend on what lies under full transparency, and costs less than with noise there", async () => {
    const hidden = (level: (i: number) => number): Image => ({
      ...LOGO,
      data: LOGO.data.map((value, i) => (alphaOf(LOGO)[Math.floor(i / 3)] === 0 ? level(i) : value)),
    });
    const { bytes } = await codec.encode(hidden(() => 0));
    const noisy = hidden((i) => (i * 7919) & 255);
    expect(Buffer.compare((await codec.encode(noisy)).bytes, bytes)).toBe(0);
    const { width, height, data } = noisy;
    // Weights that were drawn know no cheap pictures.
    const trained = await loadCodec({ model: "halfstep-1" });
    const chosen = await trained.encode(noisy);
    const kept = await trained.encode({ width, height, data });
    await trained.close();
    expect(chosen.bytes.length - chosen.alphaByteLength).toBeLessThan(0.5 * kept.bytes.length);
  });

  it("is of version 1, to the byte, where every pixel is opaque", async () => {
    const { width, height, data } = LOGO;
    const { bytes, alphaByteLength } = await codec.encode({
      width,
      height,
      data,
      alpha: new Uint8Array(width * height).fill(255),
    });
    expect([bytes[4], alphaByteLength]).toEqual([1, 0]);
    expect(Buffer.compare(bytes, (await codec.encode({ width, height, data })).bytes)).toBe(0);
    expect((await codec.decode(bytes)).alpha).toBeUndefined();
  });

  it("of nothing but transparent pixels has a section of a few bytes", async () => {
    const nothing = { ...LOGO, alpha: new Uint8Array(WIDTH * HEIGHT) };
    const { bytes, alphaByteLength } = await codec.encode(nothing);
    expect(alphaByteLength).toBeLessThan(60);
    expect(alphaOf(await codec.decode(bytes)).every((value) => value === 0)).toBe(true);
  });

  it("is refused with arrays that do not fit, and takes them as they were when it was called", async () => {
    await expect(codec.encode({ ...LOGO, alpha: new Uint8Array(9) })).rejects.toThrow(/9 bytes of alpha for 150 x 90/);
    await expect(codec.encode({ ...LOGO, alpha: [1] as unknown as Uint8Array })).rejects.toThrow(TypeError);
    const { bytes } = await codec.encode(LOGO);
    const image = { ...LOGO, data: LOGO.data.slice(), alpha: alphaOf(LOGO).slice() };
    const encoding = codec.encode(image);
    image.data.fill(0);
    image.alpha.fill(9);
    expect(Buffer.compare((await encoding).bytes, bytes)).toBe(0);
    const stream = bytes.slice();
    const decoding = codec.decode(stream);
    stream.fill(0);
    expect(Buffer.compare(alphaOf(await decoding), alphaOf(LOGO))).toBe(0);
  });
});

describe("hostile alpha", () => {
  /** The stream with another alpha section, and a right checksum. */
  async function withSection(section: Uint8Array): Promise<Uint8Array> {
    const { header, sections } = readStream((await codec.encode(LOGO)).bytes);
    const { modelIdentity, width, height, quality, tileSize } = header;
    return writeStream({ modelIdentity, width, height, quality, tileSize, sections, alpha: section });
  }

  it("ends in corrupt-payload, before a row is given", async () => {
    const rows = new Uint8Array((WIDTH + 1) * HEIGHT);
    for (const section of [
      deflateRawSync(rows.subarray(1)),
      deflateRawSync(new Uint8Array(rows.length + 1)),
      deflateRawSync(rows.map(() => 7)),
      deflateRawSync(new Uint8Array(2 ** 27)),
      Uint8Array.of(0),
      Uint8Array.of(...deflateRawSync(rows), 1),
    ]) {
      const stream = await withSection(section);
      expect(await failureOf(codec.decode(stream))).toBe("corrupt-payload");
      expect(await failureOf(codec.decodeRows(stream))).toBe("corrupt-payload");
    }
    expect(await failureOf(codec.decode(await withSection(deflateRawSync(rows))))).toBe("no error");
  });

  it("is refused with lengths and flags that do not fit", async () => {
    const { bytes } = await codec.encode(LOGO);
    const plain = await codec.encode({ width: WIDTH, height: HEIGHT, data: LOGO.data });
    const spoiled = (from: Uint8Array, place: number, value: number): Uint8Array => {
      const copy = from.slice();
      copy[place] = value;
      return copy;
    };
    for (const wrong of [
      spoiled(bytes, 5, 0),
      spoiled(bytes, 5, 2),
      spoiled(bytes, 5, 3),
      spoiled(plain.bytes, 5, 1),
    ]) {
      expect(await failureOf(codec.decode(wrong))).toBe("bad-header");
    }
    expect(await failureOf(codec.decode(spoiled(bytes, 4, 3)))).toBe("unsupported-version");
    expect(() =>
      writeStream({ modelIdentity: new Uint8Array(8), width: 1, height: 1, sections: [], alpha: new Uint8Array(0) }),
    ).toThrow(RangeError);
  });
});

describe("a transparent logo on the command line", () => {
  it("comes back with its alpha, as a whole and by bands; --background lays it on a colour", async () => {
    const { model } = common.fixture;
    const rgba = await sharp(LOGO.data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .joinChannel(Buffer.from(alphaOf(LOGO)), { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
      .png()
      .toBuffer();
    await writeFile(at("logo.png"), rgba);
    const compressed = await runWords("compress", at("logo.png"), at("logo.hst"), "--model", model, "--json");
    expect(compressed).toMatchObject({ stderr: "", exitCode: 0 });
    const { alphaBytes } = JSON.parse(compressed.stdout) as { readonly alphaBytes: number };
    expect(alphaBytes).toBeGreaterThan(10);
    const info = await runWords("info", at("logo.hst"));
    expect(info.stdout).toContain("format    version 2, checksum right");
    expect(info.stdout).toContain(`alpha     ${alphaBytes} bytes, lossless`);
    await runWords("decompress", at("logo.hst"), at("back.png"), "--model", model);
    const { image } = await decodeImage(await readFile(at("back.png")), "back", { background: null });
    expect(Buffer.compare(alphaOf(image), alphaOf(LOGO))).toBe(0);

    const flat = await runWords(
      "compress",
      at("logo.png"),
      at("flat.hst"),
      "--model",
      model,
      "--background",
      "#0080ff",
    );
    expect(flat.stderr).toContain("transparent pixels were flattened onto #0080ff");
    expect((await readFile(at("flat.hst")))[4]).toBe(1);
    const wrong = await runWords("compress", at("logo.png"), at("x.hst"), "--model", model, "--background", "bluish");
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("#ff8800")]);
  });
});
