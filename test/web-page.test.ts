/** The page's codec in Debian's Chromium, with the model that ships: streams go between the page and the command line in both directions. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { psnr } from "../src/evaluate/psnr.ts";
import { readImage } from "../src/image/read-image.ts";
import { missingChromium } from "./support/browser-page.ts";
import { accessibilityProblems, type BuiltPage, buildPage, type OpenedPage } from "./support/built-page.ts";
import { halfstep, PROJECT } from "./support/child-program.ts";

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

/** Gives the page files and waits until the first of them is seen. */
async function open(page: Page, files: readonly string[], figure: string): Promise<void> {
  await page.setInputFiles("input[type=file]", [...files]);
  await page.locator(".tools", { hasText: path.parse(files[0] as string).name }).waitFor();
  await page.locator(".figures tr", { hasText: figure }).locator("td", { hasText: /\d/ }).first().waitFor(TIMEOUT);
}

/** Levels of the picture that the page shows as Halfstep's: r, g, b. */
async function shownLevels(page: Page): Promise<Uint8Array> {
  const levels = await page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector('canvas[aria-label^="What Halfstep makes"]');
    return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
  })()`);
  return Uint8Array.from(levels.filter((_, i) => i % 4 !== 3));
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, level, i) => Math.max(most, Math.abs(level - (b[i] as number))), 0);
}

describe.skipIf(missing !== null)("the page's codec", () => {
  it("encodes a picture to a file that the command line decodes to the same picture", TIMEOUT, async () => {
    const { page } = visit;
    await open(page, [at("peak.png")], "MS-SSIM");
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

  it("decodes a file that the command line wrote", TIMEOUT, async () => {
    const { page } = visit;
    expect(await halfstep(["compress", at("peak.png"), at("node.hst"), "--quality", "30"])).toMatchObject({
      exitCode: 0,
    });
    expect(await halfstep(["decompress", at("node.hst"), at("node.png")])).toMatchObject({ exitCode: 0 });
    await open(page, [at("node.hst")], "decoding");
    const { image } = await readImage(at("node.png"));
    expect(largestDifference(await shownLevels(page), image.data)).toBeLessThanOrEqual(1);
  });

  it("says what is wrong with a damaged file and with one that is no picture, and goes on", TIMEOUT, async () => {
    const { page, console } = visit;
    const bytes = await readFile(at("page.hst"));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
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

describe.skipIf(missing !== null)("the page", () => {
  it.each([
    ["light, wide", false, 1280],
    ["dark, on a phone", true, 390],
  ])("is accessible and fits: %s", TIMEOUT, async (_, dark, width) => {
    const { page, console } = await built.open("/codec", { dark, width });
    await page.getByRole("button", { name: "Open pictures" }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(console).toEqual([]);
  });
});
