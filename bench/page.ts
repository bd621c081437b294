/**
 * The page in Debian's Chromium. Measured are what is loaded first, how soon there is a picture, how long a picture of 768 x 512 takes from file to screen,
 * the longest task on the page's thread, and the memory of a session of fifty pictures. Everything comes from a server on this machine.
 * Run: `npm run bench -- page`.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Page, Response } from "playwright-core";
import sharp from "sharp";
import { readImage } from "../src/image/read-image.ts";
import { loadCodec } from "../src/models/load-codec.ts";
import { type BuiltPage, buildPage } from "../test/support/built-page.ts";
import { PROJECT } from "../test/support/child-program.ts";
import { type BenchReport, median } from "./report.ts";

const PHOTOGRAPH = path.join(PROJECT, "samples/mountains.png");
const DECODED = { width: 768, height: 512 };
const ROUNDS = 7;
/** MS-SSIM needs 161 pixels. */
const SMALL = { width: 192, height: 176 };
const SESSION = { pictures: 50, atOnce: 10 };
const TIMEOUT = { timeout: 300_000 };
/** Measures memory at once, not at the next garbage collection. */
const BROWSER_ARGS = ["--enable-blink-features=ForceEagerMeasureMemory"];

/** Notes in the page when pictures are first drawn, and tasks over 50 ms. */
const WATCH = `
  globalThis.watched = { original: null, decoded: null, tasks: [] };
  new PerformanceObserver((list) => watched.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask", buffered: true });
  const names = { original: 'canvas[aria-label="Original"]', decoded: 'canvas[aria-label^="What Halfstep makes"]' };
  const look = () => {
    for (const [name, selector] of Object.entries(names)) {
      const canvas = document.querySelector(selector);
      if (canvas === null) watched[name] = null;
      else watched[name] ??= performance.now();
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);`;

interface Watched {
  readonly original: number | null;
  readonly decoded: number | null;
  readonly tasks: readonly number[];
}

const watchedOf = (page: Page): Promise<Watched> => page.evaluate<Watched>("watched");

/** Bytes of all answers. Text counts as compressed, as a file server would send it. */
async function gzipBytes(responses: readonly Response[]): Promise<number> {
  const sizes = responses.map(async (response) => {
    const isText = /text|javascript|svg/.test(response.headers()["content-type"] ?? "");
    const body = await response.body();
    return isText ? gzipSync(body, { level: 9 }).length : body.length;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** What the page loads for a visitor who opens nothing. */
async function firstDownload(built: BuiltPage): Promise<number> {
  const { page } = await built.open("/codec");
  const responses: Response[] = [];
  page.on("response", (response) => responses.push(response));
  await page.reload({ waitUntil: "networkidle" });
  const bytes = await gzipBytes(responses);
  await page.close();
  return bytes;
}

/** Milliseconds until the first sample is seen, and until it is coded and seen. Measured at the first visit, and with the model in the cache. */
async function starts(built: BuiltPage): Promise<readonly Watched[]> {
  const { page } = await built.open("/codec", { savesData: false, script: WATCH });
  const seen: Watched[] = [];
  for (let visit = 0; visit < 3; visit++) {
    if (visit > 0) await page.reload();
    await page.waitForFunction("watched.original !== null && watched.decoded !== null", undefined, TIMEOUT);
    await page.locator(".figures tr", { hasText: "MS-SSIM" }).locator("td", { hasText: /\d/ }).nth(1).waitFor(TIMEOUT);
    seen.push(await watchedOf(page));
  }
  await page.close();
  return seen;
}

/** Milliseconds from the choice of a `.hst` file until it is seen; the codec is open. */
async function decodes(built: BuiltPage, file: string): Promise<readonly number[]> {
  const { page } = await built.open("/codec", { script: WATCH });
  const times: number[] = [];
  for (let round = -2; round < ROUNDS; round++) {
    await page.evaluate(`document.querySelector("input[type=file]").addEventListener("change", () => {
      globalThis.chosenAt = performance.now();
    }, { once: true, capture: true })`);
    await page.setInputFiles("input[type=file]", file);
    await page.waitForFunction("watched.decoded > (globalThis.chosenAt ?? Infinity)", undefined, TIMEOUT);
    if (round >= 0) times.push(await page.evaluate<number>("watched.decoded - chosenAt"));
  }
  await page.close();
  return times;
}

/** MB of the page and its workers after each part of a session, and the longest task on its thread. */
async function session(built: BuiltPage, files: readonly string[]) {
  const { page } = await built.open("/codec", { script: WATCH });
  const megabytes: number[] = [];
  for (let first = 0; first < files.length; first += SESSION.atOnce) {
    await page.setInputFiles("input[type=file]", files.slice(first, first + SESSION.atOnce));
    const done = first + SESSION.atOnce;
    await page
      .locator(".queue-bytes", { hasText: /\d B|kB/ })
      .nth(done - 1)
      .waitFor({ timeout: 300_000 });
    // What was made beside it is ready.
    await page.locator(".figures tr", { hasText: "MS-SSIM" }).locator("td", { hasText: /\d/ }).nth(1).waitFor(TIMEOUT);
    megabytes.push(
      (await page.evaluate<number>("performance.measureUserAgentSpecificMemory().then((m) => m.bytes)")) / 1e6,
    );
  }
  const { tasks } = await watchedOf(page);
  await page.close();
  return { megabytes, tasks };
}

/** Measures it. */
export async function benchPage(): Promise<BenchReport> {
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-bench-page-"));
  const built = await buildPage(BROWSER_ARGS);
  try {
    const files = Array.from({ length: SESSION.pictures }, (_, i) => path.join(folder, `picture-${i}.png`));
    const { width, height } = await sharp(PHOTOGRAPH).metadata();
    for (const [i, file] of files.entries()) {
      const place = (side: number, of: number): number => Math.floor(((side - of) * i) / SESSION.pictures);
      const [left, top] = [place(width, SMALL.width), place(height, SMALL.height)];
      await sharp(PHOTOGRAPH)
        .extract({ left, top, ...SMALL })
        .toFile(file);
    }
    const stream = path.join(folder, "decoded.hst");
    await sharp(PHOTOGRAPH)
      .resize({ ...DECODED, fit: "cover" })
      .toFile(path.join(folder, "decoded.png"));
    const codec = await loadCodec();
    await writeFile(stream, (await codec.encode((await readImage(path.join(folder, "decoded.png"))).image)).bytes);
    await codec.close();

    const [first, ...later] = await starts(built);
    if (first === undefined) throw new Error("internal: the page was not opened");
    const decoded = await decodes(built, stream);
    const { megabytes, tasks } = await session(built, files);
    const longest = Math.max(0, ...tasks, ...first.tasks, ...later.flatMap((visit) => visit.tasks));
    const row = (what: string, value: number, unit: string) => ({ what, value: Math.round(value), unit });
    return {
      name: "page",
      rows: [
        row("first download, gzip", (await firstDownload(built)) / 1000, "kB"),
        row("first visit: sample seen", first.original ?? 0, "ms"),
        row("first visit: sample coded, decoded and seen", first.decoded ?? 0, "ms"),
        row("later visits: sample seen", median(later.map(({ original }) => original ?? 0)), "ms"),
        row("later visits: sample coded, decoded and seen", median(later.map((visit) => visit.decoded ?? 0)), "ms"),
        row(`${DECODED.width} x ${DECODED.height} from file to screen, median`, median(decoded), "ms"),
        row(`${DECODED.width} x ${DECODED.height} from file to screen, least`, Math.min(...decoded), "ms"),
        row("longest task on the page's thread", longest, "ms"),
        ...megabytes.map((value, i) => row(`memory after ${(i + 1) * SESSION.atOnce} pictures`, value, "MB")),
      ],
      notes: [
        `Longest task: 0 if none is over 50 ms; ${tasks.length} such tasks while ${SESSION.pictures} pictures of ${SMALL.width} x ${SMALL.height} were coded.`,
        "Memory is what the browser counts for the page and its workers, WebAssembly included.",
      ],
    };
  } finally {
    await built.close();
    await rm(folder, { recursive: true, force: true });
  }
}
