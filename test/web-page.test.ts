/** The page's codec in Debian's Chromium, with the model that ships: streams go between the page and the command line in both directions. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import type { Request } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bdRate, type RatePoint } from "../src/evaluate/bd-rate.ts";
import { psnr } from "../src/evaluate/psnr.ts";
import { readImage } from "../src/image/read-image.ts";
import { readHeader } from "../src/index.ts";
import {
  createLoss,
  createSource,
  DEFAULT_TARGET_OFFSET,
  HIGH_RATE_WEIGHT,
  makeLaws,
  studySurrogate,
  surrogateStatistics,
  tradeoffSweep,
} from "../src/lab/index.ts";
import { comparisonGroups } from "../src/lab/paired-effects.ts";
import { SMALLEST_SCALE } from "../web/src/lab/studies.ts";
import { missingChromium } from "./support/browser-page.ts";
import { accessibilityProblems, type BuiltPage, buildPage, type OpenedPage } from "./support/built-page.ts";
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
    await page.locator(".queue-name", { hasText: "peak" }).click();
    const line = page.getByRole("slider", { name: /Line between Halfstep/ });
    await line.waitFor(TIMEOUT);
    await line.press("PageUp");
    await line.press("ArrowLeft");
    expect(await line.getAttribute("aria-valuenow")).toBe("59");
  });
});

describe.skipIf(missing !== null)("the page's laboratory", () => {
  it("shows the library's numbers, and those of another temperature when it is moved", TIMEOUT, async () => {
    const { page, console } = await built.open("/laboratory");
    const shown = async (): Promise<Record<string, number>> => {
      await page.locator("[data-figure=variance]").waitFor(TIMEOUT);
      const cells = await page.locator("[data-figure]").all();
      return Object.fromEntries(
        await Promise.all(
          cells.map(async (cell) => [
            (await cell.getAttribute("data-figure")) as string,
            Number(await cell.getAttribute("data-value")),
          ]),
        ),
      );
    };
    const expected = (temperature: number) =>
      Object.fromEntries(
        Object.entries(surrogateStatistics(studySurrogate({ id: "sua", form: "soft", temperature }))).map(
          ([name, figure]) => [name, figure?.value],
        ),
      );
    expect(await shown()).toEqual(expected(0.3));
    await page.getByLabel("Temperature").fill("0.5");
    await page.locator(`[data-figure=variance][data-value="${expected(0.5).variance}"]`).waitFor(TIMEOUT);
    expect(await shown()).toEqual(expected(0.5));
    const source = createSource("gaussian", 0.5, 0);
    const loss = createLoss("rd", source, {
      targetOffset: DEFAULT_TARGET_OFFSET,
      distortionWeight: HIGH_RATE_WEIGHT,
    });
    const laws = makeLaws([studySurrogate({ id: "sua", form: "soft", temperature: 0.5 })], SMALLEST_SCALE);
    const [point] = tradeoffSweep(laws, { source, loss, direction: "shift", reference: "noise" }).points;
    await page.locator(`[data-risk="${point?.figures.risk.value}"]`).waitFor(TIMEOUT);
    expect(console).toEqual([]);
    await page.close();
  });

  it("trains a toy codec and draws its cells", TIMEOUT, async () => {
    const { page, console } = await built.open("/laboratory");
    await page.getByRole("button", { name: "Train" }).click();
    const cells = page.getByRole("img", { name: "The cells of the toy codec" });
    await cells.locator("path").nth(3).waitFor(TIMEOUT);
    await page.getByRole("button", { name: /Training, step \d{2,}/ }).waitFor(TIMEOUT);
    expect(console).toEqual([]);
    await page.close();
  });
});

describe.skipIf(missing !== null)("the page's refinement", () => {
  it("draws the loss of two surrogates, which begin at the same real loss", TIMEOUT, async () => {
    const { page, console } = await built.open("/laboratory");
    await page.getByRole("button", { name: "Refine" }).click();
    const [first, second] = [page.locator("[data-refined=soft-round]"), page.locator("[data-refined=ste]")];
    await second.and(page.locator("[data-after]")).waitFor(TIMEOUT);
    const before = Number(await first.getAttribute("data-before"));
    expect(before).toBeGreaterThan(0);
    expect(Number(await second.getAttribute("data-before"))).toBe(before);
    // What the codec takes for its effort.
    expect(Number(await first.getAttribute("data-after"))).toBeLessThan(before);
    expect(await first.locator("path").count()).toBeGreaterThan(0);
    expect(console).toEqual([]);
    await page.close();
  });
});

describe.skipIf(missing !== null)("the page's results", () => {
  it("are the library's figures of the committed files, for the anchor that is chosen", TIMEOUT, async () => {
    const { page, console } = await built.open("/results");
    const pointsOf = async (file: string, codec: string): Promise<readonly RatePoint[]> => {
      const { curves } = JSON.parse(await readFile(path.join(PROJECT, "results", file), "utf8")) as {
        readonly curves: readonly {
          readonly codec: string;
          readonly points: readonly { readonly bitsPerPixel: number; readonly psnrDb: number }[];
        }[];
      };
      const curve = curves.find((one) => one.codec === codec);
      return (curve?.points ?? []).map(({ bitsPerPixel, psnrDb }) => ({ bitsPerPixel, quality: psnrDb }));
    };
    const [avif, webp, vtm] = await Promise.all([
      pointsOf("measured/kodak-codecs.json", "avif"),
      pointsOf("measured/kodak-codecs.json", "webp"),
      pointsOf("quoted/kodak-classical.json", "vtm"),
    ]);
    await page.getByLabel("Anchor", { exact: true }).selectOption("webp");
    for (const [codec, points] of [
      ["avif", avif],
      ["quoted-vtm", vtm],
    ] as const) {
      const row = page.locator(`tr[data-codec="${codec}"]`);
      expect(Number(await row.getAttribute("data-percent"))).toBe(bdRate(points, webp, { rates: [0.15, 1.2] }).percent);
    }
    // Between two points of a curve: the nearest point tells its name and figures.
    const points = new Set(
      avif.map(({ bitsPerPixel, quality }) => `${bitsPerPixel.toFixed(3)} bits per pixel${quality.toFixed(2)} dB`),
    );
    await page.getByText("Which curves are shown").click();
    const checked = page.locator(".curve-list input:checked");
    for (let left = await checked.count(); left > 0; left--) await checked.first().click();
    await page.getByRole("checkbox", { name: "AVIF (4:4:4)", exact: true }).check();
    const [from, to] = await Promise.all(
      [1, 2].map(async (i) => page.locator(".results svg[viewBox] circle").nth(i).boundingBox()),
    );
    await page.mouse.move((from!.x + to!.x) / 2, (from!.y + to!.y) / 2);
    const tip = page.locator(".results svg[viewBox] text", { hasText: / bits per pixel[\d.]+ dB/ });
    const told = (await tip.textContent(TIMEOUT))?.replaceAll("\u200b", "") ?? "";
    expect(points).toContain(told.replace("AVIF (4:4:4)", ""));
    const files = await readdir(path.join(PROJECT, "results/measured/comparison"));
    const results = await Promise.all(
      files.map(async (file) =>
        JSON.parse(await readFile(path.join(PROJECT, "results/measured/comparison", file), "utf8")),
      ),
    );
    const group = comparisonGroups(results)[0];
    await page.getByRole("radio", { name: "against aun" }).check();
    for (const { arm, change } of group?.arms ?? []) {
      const row = page.locator(`tr[data-arm="${arm}"]`);
      expect(await row.getAttribute("data-change")).toBe(change.aun === null ? null : String(change.aun.value));
    }
    const seeds = group?.arms.map(({ finished }) => finished) ?? [];
    expect(await page.locator("[data-seeds]").getAttribute("data-seeds")).toBe(
      `${Math.min(...seeds)}-${Math.max(...seeds)}`,
    );
    expect(console).toEqual([]);
  });
});

describe.skipIf(missing !== null)("the page's proof", () => {
  it("finds the same integers on one thread of WebAssembly and on several", TIMEOUT, async () => {
    const { page, console } = await built.open("/proof");
    await page.getByRole("button", { name: "Encode on every engine" }).click();
    await page.locator(".verdict", { hasText: "All agree" }).waitFor(TIMEOUT);
    const hashes = await page.locator("[data-hash]").all();
    // Two writers, two readers.
    expect(hashes).toHaveLength(4);
    for (const cell of hashes) expect(await cell.getAttribute("data-hash")).toMatch(/^[0-9a-f]{64}$/);
    expect(Number(await page.locator(".verdict").getAttribute("data-integers"))).toBeGreaterThan(100_000);
    // Chromium has no graphics card here.
    const card = page.locator(".engines li", { hasText: "WebGPU" });
    expect(await card.textContent()).toContain("this browser has no graphics card for it");
    expect(console).toEqual([]);
    await page.close();
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

describe.skipIf(missing !== null)("the page", () => {
  it.each([
    ["codec", "light, wide", false, 1280, "Open pictures"],
    ["codec", "dark, on a phone", true, 390, "Open pictures"],
    ["laboratory", "light, wide", false, 1280, "Train"],
    ["laboratory", "dark, on a phone", true, 390, "Train"],
    ["results", "light, wide", false, 1280, null],
    ["results", "dark, on a phone", true, 390, null],
    ["proof", "light, wide", false, 1280, "Encode on every engine"],
    ["proof", "dark, on a phone", true, 390, "Encode on every engine"],
  ])("is accessible and fits: %s, %s", TIMEOUT, async (view, _, dark, width, button) => {
    const { page, console } = await built.open(`/${view}`, { dark, width });
    if (view === "laboratory") await page.locator("[data-figure]").first().waitFor(TIMEOUT);
    if (button === null) await page.locator(".bd tbody tr").nth(3).waitFor();
    else await page.getByRole("button", { name: button }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(console).toEqual([]);
    await page.close();
  });
});
