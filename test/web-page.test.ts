/** The page's codec in Debian's Chromium, with the model that ships: streams go between the page and the command line in both directions. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import type { Request } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { psnr } from "../src/evaluate/psnr.ts";
import { readImage } from "../src/image/read-image.ts";
import { readHeader } from "../src/index.ts";
import { missingChromium } from "./support/browser-page.ts";
import { type BuiltPage, buildPage, type OpenedPage } from "./support/built-page.ts";
import { halfstep, PROJECT } from "./support/child-program.ts";
import { handOver, largestDifference, openFiles, shownLevels } from "./support/codec-view.ts";
import { liveByteCounter } from "./support/live-bytes.ts";

const missing = missingChromium();
/** A browser and a build are slow on a busy machine. */
const TIMEOUT = { timeout: 300_000 };
const PICTURE = { width: 208, height: 170 };

let folder: string;
let built: BuiltPage;
let visit: OpenedPage;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  if (missing !== null) {
    process.stderr.write(`web-page.test.ts: not tested here: it needs ${missing}\n`);
    return;
  }
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-web-page-"));
  await sharp(path.join(PROJECT, "samples/mountains.png"))
    .extract({ left: 400, top: 200, ...PICTURE })
    .toFile(at("peak.png"));
  built = await buildPage();
  visit = await built.open("/codec");
}, 300_000);

afterAll(async () => {
  await built?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe.skipIf(missing !== null)("the page's codec", () => {
  it("encodes a picture to a file that the command line decodes to the same picture", TIMEOUT, async () => {
    const { page } = visit;
    await openFiles(page, [at("peak.png")], "MS-SSIM");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save .hst" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("peak.hst");
    await download.saveAs(at("page.hst"));
    expect(await halfstep(["decompress", at("page.hst"), at("page.png")])).toMatchObject({ exitCode: 0 });
    const { image } = await readImage(at("page.png"));
    expect([image.width, image.height]).toEqual([PICTURE.width, PICTURE.height]);
    // Transforms are floating point, and may differ by one level between runtimes; the integers do not.
    expect(largestDifference(await shownLevels(page), image.data)).toBeLessThanOrEqual(1);
  });

  it("makes a JPEG beside it that is no larger, and tells the figures of both", TIMEOUT, async () => {
    const { page } = visit;
    const rows = page.locator(".figures tbody tr");
    await rows.nth(0).locator("td").nth(1).filter({ hasText: /\d/ }).waitFor(TIMEOUT);
    const bytes = (await readFile(at("page.hst"))).length;
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save JPEG" }).click(),
    ]);
    const jpeg = await readFile(await download.path());
    expect(jpeg.length).toBeLessThanOrEqual(bytes);
    expect(jpeg.length).toBeGreaterThan(0.9 * bytes);
    expect((await sharp(jpeg).metadata()).width).toBe(PICTURE.width);
    const [original, decoded] = await Promise.all([readImage(at("peak.png")), readImage(at("page.png"))]);
    const psnrDb = psnr(original.image, decoded.image);
    // The command line's pixels may be a level off the page's in places.
    expect(Number.parseFloat((await rows.nth(2).locator("td").nth(0).textContent()) ?? "")).toBeCloseTo(psnrDb, 1);
  });

  it("looks for a better file with an effort, and tells how far it is", TIMEOUT, async () => {
    const { page, console } = visit;
    const encoding = page.locator(".figures tr", { hasText: "encoding" }).locator("td").first();
    await encoding.filter({ hasText: /\d/ }).waitFor(TIMEOUT);
    const before = await encoding.textContent();
    await page.getByLabel("Effort").fill("1");
    await page.locator(".step", { hasText: /Encoding \d+ %, [\d.]+ kB now, \d+ \w+ left/ }).waitFor(TIMEOUT);
    await encoding.filter({ hasNotText: before ?? "" }).waitFor(TIMEOUT);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save .hst" }).click(),
    ]);
    const bytes = await readFile(await download.path());
    expect(Buffer.compare(bytes, await readFile(at("page.hst")))).not.toBe(0);
    await page.getByLabel("Effort").fill("0");
    expect(console).toEqual([]);
  });

  it("encodes with the network for the eye, with an effort too, and goes back to the other", TIMEOUT, async () => {
    const { page, console } = visit;
    const size = page.locator(".figures tr.bytes td").first();
    const before = (await size.textContent()) ?? "";
    expect(before).toMatch(/\d/);
    await page.getByLabel("The eye (MS-SSIM)").check({ force: true });
    await page.locator(".figures-foot", { hasText: "halfstep-2-eye" }).waitFor(TIMEOUT);
    // The file of the other network stands there until this one is made.
    await size.filter({ hasNotText: before }).waitFor(TIMEOUT);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save .hst" }).click(),
    ]);
    await download.saveAs(at("eye.hst"));
    const restored = await halfstep(["decompress", at("eye.hst"), at("eye.png"), "--json"]);
    expect(JSON.parse(restored.stdout)).toMatchObject({ model: "halfstep-2-eye" });
    // A search need not change the size, but it takes longer.
    const time = page.locator(".figures tr", { hasText: "encoding" }).locator("td").first();
    await time.filter({ hasText: /\d/ }).waitFor(TIMEOUT);
    const withoutEffort = (await time.textContent()) ?? "";
    await page.getByLabel("Effort").fill("1");
    await page.locator(".step", { hasText: /Encoding \d+ %, [\d.]+ kB now/ }).waitFor(TIMEOUT);
    await time.filter({ hasNotText: withoutEffort }).waitFor(TIMEOUT);
    const [searched] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save .hst" }).click(),
    ]);
    expect(Buffer.compare(await readFile(await searched.path()), await readFile(at("eye.hst")))).not.toBe(0);
    await page.getByLabel("Effort").fill("0");
    await page.getByLabel("Exact levels (PSNR)").check({ force: true });
    await page.locator(".figures-foot", { hasText: /halfstep-2 / }).waitFor(TIMEOUT);
    expect(console).toEqual([]);
  });

  it("decodes a file that the command line wrote", TIMEOUT, async () => {
    const { page } = visit;
    expect(await halfstep(["compress", at("peak.png"), at("node.hst"), "--quality", "30"])).toMatchObject({
      exitCode: 0,
    });
    expect(await halfstep(["decompress", at("node.hst"), at("node.png")])).toMatchObject({ exitCode: 0 });
    await openFiles(page, [at("node.hst")], "decoding");
    const { image } = await readImage(at("node.png"));
    expect(largestDifference(await shownLevels(page), image.data)).toBeLessThanOrEqual(1);
  });

  it("says what is wrong with a damaged file and with one that is no picture, and goes on", TIMEOUT, async () => {
    const { page, console } = visit;
    const bytes = await readFile(at("page.hst"));
    bytes[bytes.length >> 1] = bytes[bytes.length >> 1]! ^ 1;
    await writeFile(at("damaged.hst"), bytes);
    await writeFile(at("text.png"), "no picture");
    await page.setInputFiles("input[type=file]", at("damaged.hst"));
    await page.getByRole("alert").filter({ hasText: "checksum" }).waitFor(TIMEOUT);
    await page.setInputFiles("input[type=file]", at("text.png"));
    await page.getByRole("alert").filter({ hasText: "no picture that the browser can read" }).waitFor(TIMEOUT);
    await page.locator(".queue-name", { hasText: "node" }).click();
    await page.locator(".figures tr", { hasText: "decoding" }).locator("td", { hasText: /\d/ }).first().waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(console).toEqual([]);
  });

  it(
    "takes what is dropped in any view and what is pasted, AVIF too, and says which file is no picture",
    TIMEOUT,
    async () => {
      const { page, console } = await built.open("/results");
      const avif = await sharp(at("peak.png")).avif({ chromaSubsampling: "4:4:4" }).toBuffer();
      await writeFile(at("dropped.avif"), avif);
      await handOver(page, "drop", at("dropped.avif"));
      await page.locator(".tools", { hasText: `dropped, ${PICTURE.width} × ${PICTURE.height}` }).waitFor(TIMEOUT);
      await page.getByRole("radio", { name: "Original" }).check();
      const expected = await sharp(avif).removeAlpha().raw().toBuffer();
      expect(largestDifference(await shownLevels(page, "Original"), new Uint8Array(expected))).toBeLessThanOrEqual(2);
      await handOver(page, "paste", at("peak.png"));
      await page.locator(".tools", { hasText: "peak" }).waitFor(TIMEOUT);
      await page.locator(".figures tr", { hasText: "PSNR" }).locator("td", { hasText: /\d/ }).first().waitFor(TIMEOUT);
      await writeFile(at("notes.txt"), "no picture");
      await handOver(page, "drop", at("notes.txt"));
      await page.getByRole("alert").filter({ hasText: "no picture that the browser can read" }).waitFor(TIMEOUT);
      expect(console).toEqual([]);
      await page.close();
    },
  );

  it("stops the search of an effort and goes on, and codes a large picture by tiles", TIMEOUT, async () => {
    const { page, console } = visit;
    const step = (text: string | RegExp) => page.locator(".step", { hasText: text }).waitFor(TIMEOUT);
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click(TIMEOUT);
    await openFiles(page, [at("peak.png")], "MS-SSIM");
    const bytes = page.locator(".figures .bytes td").first();
    const before = await bytes.textContent();
    await page.getByLabel("Effort").fill("9");
    await step(/Encoding \d+ %, [\d.]+ kB now/);
    await press("Stop");
    await step("Stopped");
    expect(await bytes.textContent()).toBe(before);
    await page.getByLabel("Effort").fill("0");
    // The slider rests before its value counts.
    await page.locator("#effort").evaluate(() => new Promise((resolve) => setTimeout(resolve, 700)));
    await page.getByRole("button", { name: "Go on", exact: true }).waitFor({ state: "detached", ...TIMEOUT });
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor({ state: "detached", ...TIMEOUT });
    // Above a megapixel.
    const size = { width: 1280, height: 832 };
    await sharp(path.join(PROJECT, "samples/mountains.png"))
      .resize({ ...size, fit: "cover" })
      .toFile(at("large.png"));
    await page.setInputFiles("input[type=file]", at("large.png"));
    await step(/Encoding \d+ %/);
    await page.locator(".label.is-left", { hasText: /kB/ }).waitFor(TIMEOUT);
    const [download] = await Promise.all([page.waitForEvent("download"), press("Save .hst")]);
    await download.saveAs(at("large.hst"));
    expect(readHeader(await readFile(at("large.hst")))).toMatchObject({ ...size, tileSize: 512 });
    expect(await halfstep(["decompress", at("large.hst"), at("tiles.png")])).toMatchObject({ exitCode: 0 });
    const { image } = await readImage(at("tiles.png"));
    expect(largestDifference(await shownLevels(page), image.data)).toBeLessThanOrEqual(1);
    expect(console).toEqual([]);
  });

  it("holds no more after more pictures than their streams", TIMEOUT, async () => {
    const { page, console } = await built.open("/codec");
    const counter = await liveByteCounter(page);
    const held = async (count: number, before: number): Promise<number> => {
      const files = await Promise.all(
        Array.from({ length: count }, async (_, i) => {
          const file = at(`many-${before + i}.png`);
          const area = { left: 8 * (before + i), top: 5 * (before + i), ...PICTURE };
          await sharp(path.join(PROJECT, "samples/mountains.png")).extract(area).toFile(file);
          return file;
        }),
      );
      await page.setInputFiles("input[type=file]", files);
      const done = page.locator(".queue-bytes", { hasText: /\d B|kB/ });
      await done.nth(before + count - 1).waitFor(TIMEOUT);
      // Until the JPEG beside the picture is there too.
      await page
        .locator(".figures tr", { hasText: "MS-SSIM" })
        .locator("td", { hasText: /\d/ })
        .nth(1)
        .waitFor(TIMEOUT);
      const threads = Object.values(await counter.count());
      expect(threads).toHaveLength(3);
      return threads.reduce((sum, thread) => sum + thread.objects + thread.arrays + thread.bitmaps + thread.wasm, 0);
    };
    const before = await held(4, 0);
    const [after, pictures] = [await held(6, 4), 6];
    // A stream is about 7 kB, its row in the list a few more; the levels of one picture would be 106 kB.
    expect((after - before) / pictures).toBeLessThan(60_000);
    expect(console).toEqual([]);
    await page.close();
  });

  it("moves the line by keys", TIMEOUT, async () => {
    const { page } = visit;
    await page.locator(".queue-name", { hasText: "peak" }).first().click();
    const line = page.getByRole("slider", { name: /Line between Halfstep/ });
    await line.waitFor(TIMEOUT);
    await line.press("PageUp");
    await line.press("ArrowLeft");
    expect(await line.getAttribute("aria-valuenow")).toBe("59");
  });
});

/** Notes what the label of the progress bar says. */
const LISTEN = `
  globalThis.said = [];
  new MutationObserver(() => {
    const text = document.querySelector(".download label")?.textContent;
    if (text !== undefined && text !== said.at(-1)) said.push(text);
  }).observe(document, { childList: true, subtree: true, characterData: true });`;

describe.skipIf(missing !== null)("what the page loads", () => {
  it("is under 250 kB of gzip before the codec", TIMEOUT, async () => {
    const { page } = await built.open("/codec");
    const addresses = new Set<string>();
    page.on("request", (request) => addresses.add(request.url()));
    await page.reload({ waitUntil: "networkidle" });
    const files = [...addresses].filter((address) => address.startsWith("http"));
    // Asked for again, because Chromium may have dropped what it has read.
    const bodies = await Promise.all(files.map(async (file) => (await fetch(file)).arrayBuffer()));
    const sizes = bodies.map((body) => gzipSync(body, { level: 9 }).length);
    const sum = sizes.reduce((before, size) => before + size, 0);
    expect(sum).toBeGreaterThan(30_000);
    expect(sum).toBeLessThan(250_000);
    await page.close();
  });

  it("is the codec, with its progress and once for all visits", TIMEOUT, async () => {
    const { page, console } = await built.open("/codec", { savesData: false, script: LISTEN });
    const files = [
      path.join(PROJECT, "weights/halfstep-2.safetensors"),
      path.join(PROJECT, "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"),
    ];
    const [model, wasm] = (await Promise.all(files.map(async (file) => (await stat(file)).size))) as [number, number];
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    const measured = page.locator(".figures tr", { hasText: "PSNR" }).locator("td", { hasText: /\d/ }).first();
    await measured.waitFor(TIMEOUT);
    const intro = await page.locator(".intro").textContent();
    expect(intro).toContain(`network (${megabytes(model)})`);
    expect(intro).toContain(`runtime (${megabytes(wasm)}`);
    const said = await page.evaluate<readonly string[]>("said");
    const loading = said.filter((text) => text.endsWith(` of ${megabytes(model + wasm)}`));
    expect(new Set(loading).size).toBeGreaterThan(3);
    const kept = () =>
      page.evaluate<readonly number[]>(`caches.open("halfstep-files").then(async (cache) =>
        Promise.all((await cache.keys()).map(async (key) => (await (await cache.match(key)).arrayBuffer()).byteLength)))`);
    // Files are kept beside the work.
    await expect.poll(async () => [...(await kept())].sort((a, b) => a - b), TIMEOUT).toEqual([model, wasm]);
    const asked: string[] = [];
    page.on("request", (request: Request) => asked.push(request.url()));
    await page.reload();
    await measured.waitFor(TIMEOUT);
    expect(asked.filter((url) => url.includes("codec-worker"))).not.toEqual([]);
    expect(asked.filter((url) => /safetensors$|ort-wasm.*wasm$/.test(url))).toEqual([]);
    expect(console).toEqual([]);
    await page.close();
  });
});
