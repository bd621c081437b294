/** A codec in another thread, between two ports of Node: what comes through, and what happens when something fails. */
import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { BitstreamError, HalfstepError, UsageError } from "../src/errors.ts";
import { imageSource } from "../src/image/image-rows.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { errorOf, recordOf } from "../src/remote/error-record.ts";
import { remoteCodec } from "../src/remote/remote-codec.ts";
import { serveCodec } from "../src/remote/serve-codec.ts";
import { SMALL_NETWORK } from "./support/codec-fixture.ts";
import { drawnLogo } from "./support/drawn-logo.ts";
import { randomModel } from "./support/random-model.ts";
import { coordinateImage } from "./support/training-images.ts";

const LIMITS = { tileAbovePixels: 1, tileSide: 64 };
const model = randomModel(SMALL_NETWORK);
const image = coordinateImage(70, 130, 9);

/** A codec behind a channel, and the same one at hand. */
async function bothCodecs() {
  const { port1: here, port2: there } = new MessageChannel();
  const served = serveCodec<string>(
    (message, transfer) => there.postMessage(message, transfer),
    async (word) => {
      if (word !== "open") throw new UsageError("bad-word", `got ${word}`);
      return openCodec(model, LIMITS);
    },
  );
  there.on("message", (message: unknown) => served.receive(message));
  const remote = remoteCodec<string>({
    post: (message, transfer) => here.postMessage(message, transfer),
    end: () => here.close(),
  });
  here.on("message", (message: unknown) => remote.receive(message));
  return { remote, direct: await openCodec(model, LIMITS) };
}

describe("a codec in another thread", () => {
  it("gives what the codec gives, whole and by bands, with transparency", async () => {
    const { remote, direct } = await bothCodecs();
    const codec = await remote.open("open", LIMITS);
    expect(codec.model).toEqual(direct.model);
    for (const picture of [image, drawnLogo(150, 90)]) {
      const expected = await direct.encode(picture, { estimate: true });
      expect(await codec.encode(picture, { estimate: true })).toEqual(expected);
      expect(await codec.encodeFrom(imageSource(picture), { estimate: true })).toEqual(expected);
      const decoded = await direct.decode(expected.bytes);
      expect(await codec.decode(expected.bytes)).toEqual(decoded);
      const { width, height, bands } = await codec.decodeRows(expected.bytes);
      expect([width, height]).toEqual([picture.width, picture.height]);
      let top = 0;
      for await (const band of bands) {
        expect(band.top).toBe(top);
        expect(band.data).toEqual(decoded.data.subarray(3 * width * top, 3 * width * (top + band.height)));
        top += band.height;
      }
      expect(top).toBe(height);
    }
    await Promise.all([codec.close(), direct.close()]);
  });

  it("copies what it is given before it returns, and leaves it to its owner", async () => {
    const { remote, direct } = await bothCodecs();
    const codec = await remote.open("open", LIMITS);
    const data = Uint8Array.from(image.data);
    const encoding = codec.encode({ ...image, data });
    data.fill(0);
    const { bytes } = await encoding;
    expect(bytes).toEqual((await direct.encode(image)).bytes);
    const copy = Uint8Array.from(bytes);
    const decoding = codec.decode(copy);
    copy.fill(0);
    expect(await decoding).toEqual(await direct.decode(bytes));
    expect([data.length, copy.length]).toEqual([image.data.length, bytes.length]);
    await Promise.all([codec.close(), direct.close()]);
  });

  it("fails as the codec fails, with the errors of whoever reads rows as they are", async () => {
    const { remote, direct } = await bothCodecs();
    const codec = await remote.open("open", LIMITS);
    const { bytes } = await direct.encode(image);
    await expect(codec.decode(bytes.subarray(0, 20))).rejects.toThrow(BitstreamError);
    await expect(codec.decode(bytes.subarray(0, 20))).rejects.toMatchObject({ code: "truncated" });
    await expect(codec.encode(image, { quality: 200 })).rejects.toMatchObject({ code: "fixed-rate-model" });
    expect(() => codec.checkEncode({ width: 2 ** 16, height: 1 })).toThrow(HalfstepError);
    await expect(codec.encode({ ...image, width: 3 })).rejects.toThrow(RangeError);
    const mine = new Error("my own");
    const failing = { ...imageSource(image), readRows: () => Promise.reject(mine) };
    expect(await codec.encodeFrom(failing).catch((error: unknown) => error)).toBe(mine);
    const short = { ...imageSource(image), readRows: async () => new Uint8Array(5) };
    await expect(codec.encodeFrom(short)).rejects.toThrow(RangeError);
    await Promise.all([codec.close(), direct.close()]);
    await expect(codec.encode(image)).rejects.toThrow(/after close/);
    await codec.close();
  });

  it("tells how far an effort is, and stops it when it is told to", async () => {
    const { remote, direct } = await bothCodecs();
    const codec = await remote.open("open", LIMITS);
    const small = coordinateImage(40, 30, 3);
    const told: number[] = [];
    const onProgress = ({ iteration }: { readonly iteration: number }): void => void told.push(iteration);
    const expected = await direct.encode(small, { effort: 1 });
    expect(await codec.encode(small, { effort: 1, onProgress })).toEqual(expected);
    expect(told.length).toBeGreaterThan(1);
    const stop = new AbortController();
    const reason = new Error("enough");
    const stopping = codec.encode(small, { effort: 9, signal: stop.signal, onProgress: () => stop.abort(reason) });
    expect(await stopping.catch((error: unknown) => error)).toBe(reason);
    await Promise.all([codec.close(), direct.close()]);
  });

  it("stops when bands are left, when it is closed between two, and when its thread fails", async () => {
    const { remote, direct } = await bothCodecs();
    const codec = await remote.open("open", LIMITS);
    const { bytes } = await direct.encode(image);
    for await (const { top } of (await codec.decodeRows(bytes)).bands) {
      expect(top).toBe(0);
      break;
    }
    const bands = (await codec.decodeRows(bytes)).bands[Symbol.asyncIterator]();
    expect((await bands.next()).value?.top).toBe(0);
    await codec.close();
    await expect(bands.next()).rejects.toThrow(TypeError);
    const again = await bothCodecs();
    const failing = await again.remote.open("open", LIMITS);
    const encoding = failing.encode(image);
    again.remote.fail(new HalfstepError("worker-failed", "gone"));
    await expect(encoding).rejects.toMatchObject({ code: "worker-failed" });
    await expect(failing.decode(bytes)).rejects.toMatchObject({ code: "worker-failed" });
    await Promise.all([failing.close(), direct.close(), again.direct.close()]);
  });

  it("that does not open says why", async () => {
    const { remote, direct } = await bothCodecs();
    await expect(remote.open("shut", LIMITS)).rejects.toMatchObject({ name: "UsageError", code: "bad-word" });
    await direct.close();
  });
});

describe("an error between threads", () => {
  it("keeps class, code, message, stack and cause", () => {
    const errors = [
      new BitstreamError("truncated", "short"),
      new UsageError("bad-quality", "of 200"),
      new HalfstepError("bad-model", "torn", { cause: new RangeError("far") }),
      new TypeError("kind"),
      new RangeError("range"),
      new Error("plain"),
    ];
    for (const error of errors) {
      const back = errorOf(structuredClone(recordOf(error)));
      expect(back).toEqual(error);
      expect(back.constructor).toBe(error.constructor);
      expect(back.stack).toBe(error.stack);
      expect(back.cause).toEqual(error.cause);
    }
    expect(errorOf(recordOf("a word")).message).toBe("a word");
    expect(errorOf(recordOf(new DOMException("no", "DataCloneError"))).name).toBe("DataCloneError");
  });
});
