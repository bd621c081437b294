/**
 * The browser entry in Debian's Chromium, bundled as a page would bundle it. What the runtimes compute is compared in
 * runtimes.test.ts; here is what a page gets, and what it is told when something is missing.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { deflateRawSync, gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStream, writeStream } from "../src/codec/container/stream.ts";
import type { Image } from "../src/image/image.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { loadModelBytes } from "../src/models/model-files.ts";
import type { Codec, CreateCodecOptions } from "../src/web.ts";
import {
  BROWSER_BUNDLE,
  type BrowserPage,
  bundlePage,
  missingChromium,
  openBrowserPage,
} from "./support/browser-page.ts";
import { PROJECT } from "./support/child-program.ts";
import { SMALL_NETWORK } from "./support/codec-fixture.ts";
import { drawnLogo } from "./support/drawn-logo.ts";
import { missingSwiftShader } from "./support/graphics-child.ts";
import { pictureModelBytes } from "./support/picture-model.ts";
import { randomModelBytes } from "./support/random-model.ts";
import type { PageGlobals } from "./support/runtime-page.ts";
import { coordinateImage } from "./support/training-images.ts";

/** A browser is slow to start on a busy machine. */
const TIMEOUT = { timeout: 120_000 };
const missing = missingChromium();
const MODEL = randomModelBytes(SMALL_NETWORK, { name: "small" });
const IMAGE = coordinateImage(70, 50, 9);

/** What a bundler may make of the page's side and of the worker, minified. */
const MOST_BYTES = { page: 40_000, worker: 295_000, workerGzip: 98_000 } as const;

/**
 * What the worker loads when it is asked for: the search of an effort above 0, what is for transparency, and serial
 * contexts. A page never asks for training's graph or its rules of growing.
 */
const LOADED_LATER: Plugin = {
  name: "loaded-later",
  setup(bundler) {
    bundler.onResolve({ filter: /^\./ }, ({ kind, path: file, importer }) =>
      kind === "dynamic-import" &&
      /src\/(codec\/(effort\/|image-codec|latents\/context-walk)|networks\/architectures\/)/.test(importer)
        ? { path: file, external: true }
        : undefined,
    );
  },
};

/** What one page reports of one use of the entry. */
interface Visit {
  readonly bytes: Uint8Array;
  readonly decoded: Image;
  readonly model: string;
}

/** Makes a codec in the page, and encodes and decodes a picture that comes as canvas pixels. */
function visit({ page }: BrowserPage, model: Uint8Array, options: CreateCodecOptions): Promise<Visit> {
  return page.evaluate(
    async ([modelBytes, image, choice]) => {
      const { createCodec, imageFromRgba, rgbaFromImage } = (globalThis as unknown as PageGlobals).web;
      const codec = await createCodec(modelBytes, choice);
      const { bytes } = await codec.encode(imageFromRgba(rgbaFromImage(image)));
      // Two at once: a page does not queue its calls.
      const [decoded] = await Promise.all([codec.decode(bytes), codec.decode(bytes)]);
      await codec.close();
      return { bytes, decoded, model: codec.model.identity };
    },
    [model, IMAGE, options] as const,
  );
}

let script: string;
const pages: BrowserPage[] = [];

async function open(options: Parameters<typeof openBrowserPage>[1]): Promise<BrowserPage> {
  const page = await openBrowserPage(script, options);
  pages.push(page);
  return page;
}

beforeAll(async () => {
  if (missing !== null) process.stderr.write(`web-entry.test.ts: not tested here: it needs ${missing}\n`);
  script = await bundlePage();
});

afterAll(async () => {
  await Promise.all(pages.map((page) => page.close()));
});

describe("the browser entry", () => {
  it("is a bundle without Node, and an export of the package with an optional peer", async () => {
    expect(script).not.toMatch(/from"node:|require\("node:/);
    const manifest = JSON.parse(await readFile(path.join(PROJECT, "package.json"), "utf8"));
    expect(manifest.exports["./web"]).toEqual({ types: "./dist/web.d.ts", default: "./dist/web.js" });
    expect(manifest.exports["./web-worker"].default).toBe("./dist/web/codec-worker.js");
    expect(manifest.peerDependenciesMeta["onnxruntime-web"]).toEqual({ optional: true });
  });

  it("is small: with onnxruntime's script, but without its WebAssembly and what is loaded later, at most so many bytes", async () => {
    // A page that has its codec in a worker; both numbers move in the commit that moves them. Compressed as for a server of files, at gzip's best.
    const { outputFiles } = await build({
      stdin: {
        contents: `import { createCodec, imageFromRgba, rgbaFromImage } from "./src/web.ts"; Object.assign(globalThis, { createCodec, imageFromRgba, rgbaFromImage });`,
        resolveDir: PROJECT,
      },
      ...BROWSER_BUNDLE,
      splitting: true,
      outdir: PROJECT,
    });
    const page = outputFiles.find(({ path: file }) => path.basename(file) === "stdin.js");
    expect(page?.contents.length).toBeLessThan(MOST_BYTES.page);
    // WebGPU has a script of its own, which only those load who ask for it.
    const worker = await build({
      entryPoints: [path.join(PROJECT, "src/web/codec-worker.ts")],
      ...BROWSER_BUNDLE,
      external: ["onnxruntime-web/webgpu"],
      plugins: [LOADED_LATER],
    });
    const bytes = worker.outputFiles[0]?.contents as Uint8Array;
    expect(bytes.length).toBeLessThan(MOST_BYTES.worker);
    expect(gzipSync(bytes, { level: 9 }).length).toBeLessThan(MOST_BYTES.workerGzip);
    expect(Buffer.from(bytes).toString()).not.toMatch(/ZodError/);
  });

  it.skipIf(missing !== null)("gives the bytes and the pixels of Node, on one thread and on two", TIMEOUT, async () => {
    const codec = await openCodec(loadModelBytes(MODEL, "model"));
    const { bytes } = await codec.encode(IMAGE);
    const { data } = await codec.decode(bytes);
    for (const threads of [1, 2]) {
      const page = await open({});
      const got = await visit(page, MODEL, { threads, wasmPaths: "/ort/" });
      expect(got.model).toBe(codec.model.identity);
      expect(Buffer.compare(got.bytes, bytes)).toBe(0);
      expect([got.decoded.width, got.decoded.height]).toEqual([70, 50]);
      expect(Math.max(...got.decoded.data.map((level, i) => Math.abs(level - data[i]!)))).toBeLessThanOrEqual(1);
      expect(page.console).toEqual([]);
    }
    await codec.close();
  });

  it.skipIf(missing !== null)(
    "keeps transparency to the last bit, between the page and Node in both directions",
    TIMEOUT,
    async () => {
      const logo = drawnLogo(150, 90);
      const { page, console } = await open({});
      const codec = await openCodec(loadModelBytes(MODEL, "model"));
      const ours = (await codec.encode(logo)).bytes;
      const got = await page.evaluate(
        async ([model, image, stream]) => {
          const { createCodec, imageFromRgba, rgbaFromImage } = (globalThis as unknown as PageGlobals).web;
          const codec = await createCodec(model, { wasmPaths: "/ort/" });
          const pixels = rgbaFromImage(image);
          const { bytes } = await codec.encode(imageFromRgba(pixels));
          const back = rgbaFromImage(await codec.decode(bytes));
          const fromNode = await codec.decode(stream);
          await codec.close();
          return { bytes, alpha: back.data.filter((_, i) => i % 4 === 3), ofNode: fromNode.alpha };
        },
        [MODEL, logo, ours] as const,
      );
      const alpha = logo.alpha as Uint8Array;
      expect(Buffer.compare(Uint8Array.from(got.alpha), alpha)).toBe(0);
      expect(Buffer.compare(got.ofNode as Uint8Array, alpha)).toBe(0);
      expect(Buffer.compare((await codec.decode(got.bytes)).alpha as Uint8Array, alpha)).toBe(0);
      await codec.close();
      expect(console).toEqual([]);
    },
  );

  it.skipIf(missing !== null)("refuses hostile alpha as Node does", TIMEOUT, async () => {
    const logo = drawnLogo(150, 90);
    const codec = await openCodec(loadModelBytes(MODEL, "model"));
    const { header, sections, alpha } = readStream((await codec.encode(logo)).bytes);
    await codec.close();
    const { modelIdentity, width, height } = header;
    const section = alpha as Uint8Array;
    const hostile = [
      Uint8Array.of(...section, 0),
      section.subarray(0, -1),
      deflateRawSync(new Uint8Array(2 ** 24)),
      deflateRawSync(new Uint8Array(151 * 90).fill(9)),
    ].map((made) => writeStream({ modelIdentity, width, height, sections, alpha: made }));
    const { page, console } = await open({});
    const codes = await page.evaluate(
      async ([model, streams]) => {
        const codec = await (globalThis as unknown as PageGlobals).web.createCodec(model, { wasmPaths: "/ort/" });
        const endings: unknown[] = [];
        for (const stream of streams) {
          endings.push(
            await codec.decode(stream).then(
              () => "no error",
              (error: { code?: unknown }) => error.code ?? String(error),
            ),
          );
        }
        await codec.close();
        return endings;
      },
      [MODEL, hostile] as const,
    );
    expect(codes).toEqual(hostile.map(() => "corrupt-payload"));
    expect(console).toEqual([]);
  });

  it.skipIf(missing !== null)(
    "takes the pixels of a Display P3 canvas as the browser itself converts them",
    TIMEOUT,
    async () => {
      const { page } = await open({});
      const worst = await page.evaluate<number>(`(() => {
      const read = (space) => {
        const context = new OffscreenCanvas(16, 16).getContext("2d", { colorSpace: "display-p3" });
        for (let i = 0; i < 256; i++) {
          context.fillStyle = "color(display-p3 " + (i % 7) / 6 + " " + (i % 11) / 10 + " " + (i % 13) / 12 + ")";
          context.fillRect(i % 16, i >> 4, 1, 1);
        }
        return context.getImageData(0, 0, 16, 16, { colorSpace: space });
      };
      const { data } = globalThis.web.imageFromRgba(read("display-p3"));
      const expected = globalThis.web.imageFromRgba(read("srgb")).data;
      return Math.max(...data.map((level, i) => Math.abs(level - expected[i])));
    })()`);
      expect(worst).toBeLessThanOrEqual(1);
    },
  );

  it.skipIf((missing ?? missingSwiftShader()) !== null)("works on WebGPU, two calls at once", TIMEOUT, async () => {
    const bytes = pictureModelBytes({ type: "mean-scale-hyperprior", N: 8, M: 8 });
    const codec = await openCodec(loadModelBytes(bytes, "model"));
    const got = await visit(await open({ webGpu: true }), bytes, { device: "webgpu", wasmPaths: "/ort/" });
    const { data } = await codec.decode(got.bytes);
    expect(Math.max(...got.decoded.data.map((level, i) => Math.abs(level - data[i]!)))).toBeLessThanOrEqual(1);
    await codec.close();
  });

  it.skipIf(missing !== null)("works as the guide shows it", TIMEOUT, async () => {
    const guide = await readFile(path.join(PROJECT, "docs/guide/browser.md"), "utf8");
    const example = /```js\n(import .* from "halfstep\/web";\n[\s\S]*?)```/.exec(guide)?.[1] ?? "";
    // This bundler does not bring the WebAssembly along: the guide says what to add then.
    const option = /`(wasmPaths: "[^"]*")`/.exec(guide)?.[1] ?? "";
    const served = example.replace("arrayBuffer()));", `arrayBuffer()), { ${option} });`);
    expect(served).not.toBe(example);
    const report = "Object.assign(globalThis, { guideResult: { byteLength: bytes.length, bitsPerPixel, width } });";
    const { outputFiles } = await build({
      stdin: { contents: `${served}\n${report}`, resolveDir: PROJECT },
      alias: { "halfstep/web": path.join(PROJECT, "src/web.ts") },
      ...BROWSER_BUNDLE,
    });
    const { page } = await open({});
    await page.route("**/models/halfstep-2.safetensors", (route) => route.fulfill({ body: Buffer.from(MODEL) }));
    await page.evaluate('document.body.innerHTML = "<canvas id=photo width=70 height=50></canvas>"');
    await page.addScriptTag({ type: "module", content: outputFiles[0]?.text ?? "" });
    const result = await page.waitForFunction("globalThis.guideResult");
    const { byteLength, bitsPerPixel, width } = (await result.jsonValue()) as Record<string, number>;
    expect(width).toBe(70);
    expect(byteLength).toBeGreaterThan(30);
    expect(bitsPerPixel).toBe((8 * (byteLength as number)) / (70 * 50));
    // An empty canvas is transparent, and comes back so.
    const alpha = await page.evaluate(
      'document.querySelector("#photo").getContext("2d").getImageData(0, 0, 70, 50).data.every((v, i) => i % 4 < 3 || v === 0)',
    );
    expect(alpha).toBe(true);
  });

  it.skipIf(missing !== null)(
    "computes in a worker, which ends with the codec; rows go to it and come back band by band",
    TIMEOUT,
    async () => {
      const { page, console } = await open({});
      const began = await page.evaluate(
        async ([model, image]) => {
          const globals = globalThis as unknown as PageGlobals & { codec: Codec };
          const codec = await globals.web.createCodec(model, {
            wasmPaths: "./ort/",
            tileAbovePixels: 1,
            tileSide: 64,
          });
          globals.codec = codec;
          const readRows = async (top: number, count: number) =>
            image.data.subarray(3 * image.width * top, 3 * image.width * (top + count));
          const { width, height } = image;
          const { bytes } = await codec.encodeFrom({ width, height, readRows });
          const whole = await codec.encode(image);
          const rows = await codec.decodeRows(bytes);
          const tops: number[] = [];
          for await (const band of rows.bands) tops.push(band.top);
          const left = await codec.decodeRows(bytes);
          for await (const _ of left.bands) break;
          const failed = await codec
            .encodeFrom({ width, height, readRows: () => Promise.reject(new Error("no rows today")) })
            .catch((error: Error) => error.message);
          const isRuntimeHere = performance.getEntriesByType("resource").some(({ name }) => name.includes("/ort"));
          return { same: String(bytes) === String(whole.bytes), tops, failed, isRuntimeHere };
        },
        [MODEL, coordinateImage(70, 130, 9)] as const,
      );
      expect(began).toEqual({ same: true, tops: [0, 32, 96], failed: "no rows today", isRuntimeHere: false });
      expect(page.workers().length).toBe(1);
      const ended = page.workers()[0]?.waitForEvent("close");
      await page.evaluate(() => (globalThis as unknown as { codec: Codec }).codec.close());
      await ended;
      expect(page.workers()).toEqual([]);
      expect(console).toEqual([]);
    },
  );

  it.skipIf(missing !== null)("computes in the page's thread where it is told to", TIMEOUT, async () => {
    const { page } = await open({});
    const opened = await visit({ page } as BrowserPage, MODEL, { wasmPaths: "/ort/", worker: false });
    expect(opened.decoded.data.length).toBe(IMAGE.data.length);
    expect(page.workers()).toEqual([]);
  });

  it.skipIf(missing !== null)("says what is missing, and works afterwards", TIMEOUT, async () => {
    const page = await open({ isolated: false });
    const refused = (model: Uint8Array, options: CreateCodecOptions) =>
      visit(page, model, options).then(
        () => "a picture",
        (error: Error) => error.message,
      );
    expect(await refused(MODEL, { threads: 2, wasmPaths: "/ort/" })).toMatch(
      /not cross-origin isolated.*ask for 1 thread/,
    );
    expect(await refused(MODEL, { worker: "/nowhere.js" })).toMatch(
      /HalfstepError: createCodec: got no worker.*web-worker/,
    );
    expect(await refused(MODEL, { device: "webgpu", wasmPaths: "/ort/" })).toMatch(/expected a browser with WebGPU/);
    expect(await refused(MODEL.subarray(0, 100), { wasmPaths: "/ort/" })).toMatch(
      /HalfstepError: .*the file is damaged/,
    );
    expect(await refused(MODEL, { wasmPaths: "/ort/" })).toBe("a picture");
    expect(await refused(MODEL, { threads: 0, wasmPaths: "/ort/" })).toMatch(/RangeError.*expected a positive integer/);
  });
});
