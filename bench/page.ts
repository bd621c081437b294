/**
 * The page in Debian's Chromium: what is loaded first, how soon there is a picture, how long a picture of 768 x 512 takes from file to screen, the longest
 * task of the page's thread, and the memory of a session of thirty pictures. Everything comes from a server of this machine.
 * Run: `npm run bench -- page`.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import type { Page, Response } from "playwright-core";
import sharp from "sharp";
import { readImage } from "../src/image/read-image.ts";
import { loadCodec } from "../src/models/load-codec.ts";
import { type BuiltPage, buildPage } from "../test/support/built-page.ts";
import { PROJECT } from "../test/support/child-program.ts";
import { liveByteCounter } from "../test/support/live-bytes.ts";
import { type BenchReport, median } from "./report.ts";

const PHOTOGRAPH = path.join(PROJECT, "samples/mountains.png");
const DECODED = { width: 768, height: 512 };
const ROUNDS = 7;
/** Rounds that do not count: the synthesis is opened in the first. */
const WARM_UP = 2;
const VISITS = 3;
/** MS-SSIM needs 161 pixels. */
const SMALL = { width: 192, height: 176 };
/** Pictures of a session after which its memory is counted. */
const SESSION = [10, 30] as const;
const QUALITIES = [20, 80, 45];
const EFFORT = 3;
/** What takes longer has failed: the error of Playwright says what was waited for. */
const TIMEOUT = { timeout: 60_000 };
/** Notes in the page when pictures are first drawn. */
const WATCH = `
  globalThis.watched = { original: null, decoded: null };
  const names = { original: 'canvas[aria-label="Original"]', decoded: 'canvas[aria-label^="What Halfstep makes"]' };
  const look = () => {
    for (const [name, selector] of Object.entries(names)) {
      const canvas = document.querySelector(selector);
      if (canvas !== null) watched[name] ??= performance.now();
      // The next picture is still to come.
      else if (name === "decoded") watched.decoded = null;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);`;

interface Watched {
  readonly original: number | null;
  readonly decoded: number | null;
}

const watchedOf = (page: Page): Promise<Watched> => page.evaluate<Watched>("watched");

/** Bytes of an answer. Text counts as compressed, as a file server would send it. */
async function gzipBytes(response: Response): Promise<number> {
  const isText = /text|javascript|svg/.test(response.headers()["content-type"] ?? "");
  const body = await response.body();
  return isText ? gzipSync(body, { level: 9 }).length : body.length;
}

/** What the page loads for a visitor who opens nothing. */
async function firstDownload(built: BuiltPage): Promise<number> {
  const { page } = await built.open("/codec");
  await page.waitForLoadState("networkidle", TIMEOUT);
  // The browser keeps the body of an answer until the page is left.
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => sizes.push(gzipBytes(response)));
  await page.reload({ waitUntil: "networkidle" });
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await page.close();
  return bytes;
}

/** Milliseconds until the first sample is seen, and until it is coded and seen. Measured at the first visit, and with the model in the cache. */
async function starts(built: BuiltPage): Promise<readonly Watched[]> {
  const { page } = await built.open("/codec", { savesData: false, script: WATCH });
  const seen: Watched[] = [];
  for (let visit = 0; visit < VISITS; visit++) {
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
  for (let round = -WARM_UP; round < ROUNDS; round++) {
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

/** A task of the page's thread, by the clock and by the processor: where a codec uses all cores, a task may wait for one. */
interface Task {
  readonly ms: number;
  readonly processorMs: number;
}

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The tasks of the page's thread while something is done. */
async function tasksDuring(page: Page, work: () => Promise<void>): Promise<readonly Task[]> {
  const browser = page.context().browser();
  if (browser === null) throw new Error("internal: a page without a browser");
  await browser.startTracing(page, { categories: ["toplevel"] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const pages = new Set(
    traceEvents
      .filter(({ ph, name, args }) => ph === "M" && name === "thread_name" && args?.name === "CrRendererMain")
      .map(threadOf),
  );
  return traceEvents
    .filter((event) => event.ph === "X" && event.name.endsWith("RunTask") && pages.has(threadOf(event)))
    .map(({ dur = 0, tdur = 0 }) => ({ ms: dur / 1000, processorMs: tdur / 1000 }));
}

/** The tasks of the page's thread while a picture is coded at several qualities, each time with a JPEG beside it. */
async function codes(built: BuiltPage, file: string): Promise<readonly Task[]> {
  const { page } = await built.open("/codec");
  const isDone = () =>
    page.locator(".figures tr", { hasText: "MS-SSIM" }).locator("td", { hasText: /\d/ }).nth(1).waitFor(TIMEOUT);
  await page.setInputFiles("input[type=file]", file);
  await isDone();
  const tasks = await tasksDuring(page, async () => {
    for (const quality of QUALITIES) {
      const bytes = page.locator(".figures .bytes td").first();
      const before = (await bytes.textContent()) ?? "";
      await page.getByLabel("Quality").fill(String(quality));
      await bytes.filter({ hasNotText: before }).waitFor(TIMEOUT);
      await isDone();
    }
  });
  await page.close();
  return tasks;
}

/** An effort in the page: how long a picture takes, and the tasks of the page's thread meanwhile. */
async function refines(
  built: BuiltPage,
  file: string,
): Promise<{ readonly ms: number; readonly tasks: readonly Task[] }> {
  const { page } = await built.open("/codec");
  const encoding = page.locator(".figures tr", { hasText: "encoding" }).locator("td").first();
  await page.setInputFiles("input[type=file]", file);
  await encoding.filter({ hasText: /\d/ }).waitFor(TIMEOUT);
  let ms = 0;
  const tasks = await tasksDuring(page, async () => {
    const bytes = page.locator(".figures .bytes td").first();
    const before = (await bytes.textContent()) ?? "";
    const start = performance.now();
    await page.getByLabel("Effort").fill(String(EFFORT));
    await bytes.filter({ hasNotText: before }).waitFor({ timeout: 3 * TIMEOUT.timeout });
    ms = performance.now() - start;
  });
  await page.close();
  return { ms, tasks };
}

/** MB of the page and its workers after each part of a session. */
async function session(built: BuiltPage, files: readonly string[]): Promise<readonly number[]> {
  const { page } = await built.open("/codec");
  const counter = await liveByteCounter(page);
  const megabytes: number[] = [];
  for (const done of SESSION) {
    await page.setInputFiles("input[type=file]", files.slice(SESSION[SESSION.indexOf(done) - 1] ?? 0, done));
    await page
      .locator(".queue-bytes", { hasText: /\d B|kB/ })
      .nth(done - 1)
      .waitFor(TIMEOUT);
    // What was being made beside it is there.
    await page.locator(".figures tr", { hasText: "MS-SSIM" }).locator("td", { hasText: /\d/ }).nth(1).waitFor(TIMEOUT);
    const threads = Object.values(await counter.count());
    megabytes.push(
      threads.reduce((sum, { objects, arrays, bitmaps, wasm }) => sum + objects + arrays + bitmaps + wasm, 0) / 1e6,
    );
  }
  await page.close();
  return megabytes;
}

/** Tells which part is being measured, beside the report. */
function tell(part: string): void {
  process.stderr.write(`page: ${part}\n`);
}

/** Measures it: two to three minutes on two quiet cores. */
export async function benchPage(): Promise<BenchReport> {
  tell("builds the page and its pictures");
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-bench-page-"));
  const built = await buildPage();
  try {
    const count = Math.max(...SESSION);
    const files = Array.from({ length: count }, (_, i) => path.join(folder, `picture-${i}.png`));
    const { width, height } = await sharp(PHOTOGRAPH).metadata();
    for (const [i, file] of files.entries()) {
      const place = (side: number, of: number): number => Math.floor(((side - of) * i) / count);
      const [left, top] = [place(width, SMALL.width), place(height, SMALL.height)];
      await sharp(PHOTOGRAPH)
        .extract({ left, top, ...SMALL })
        .toFile(file);
    }
    const [stream, picture] = [path.join(folder, "decoded.hst"), path.join(folder, "decoded.png")];
    await sharp(PHOTOGRAPH)
      .resize({ ...DECODED, fit: "cover" })
      .toFile(picture);
    const codec = await loadCodec();
    await writeFile(stream, (await codec.encode((await readImage(picture)).image)).bytes);
    await codec.close();

    const downloaded = await firstDownload(built);
    tell(`opens it ${VISITS} times`);
    const [first, ...later] = await starts(built);
    if (first === undefined) throw new Error("internal: the page was not opened");
    tell(`decodes a stream ${ROUNDS + WARM_UP} times`);
    const decoded = await decodes(built, stream);
    tell(`codes a picture at ${QUALITIES.length} qualities`);
    const tasks = await codes(built, picture);
    tell(`codes it with effort ${EFFORT}`);
    const refined = await refines(built, picture);
    tell(`opens ${count} pictures`);
    const longest = (which: keyof Task, of = tasks): number => Math.max(...of.map((task) => task[which]));
    const megabytes = await session(built, files);
    const row = (what: string, value: number, unit: string) => ({ what, value: Math.round(value), unit });
    return {
      name: "page",
      rows: [
        row("first download, gzip", downloaded / 1000, "kB"),
        row("first visit: sample seen", first.original ?? 0, "ms"),
        row("first visit: sample coded, decoded and seen", first.decoded ?? 0, "ms"),
        row("later visits: sample seen", median(later.map(({ original }) => original ?? 0)), "ms"),
        row("later visits: sample coded, decoded and seen", median(later.map((visit) => visit.decoded ?? 0)), "ms"),
        row(`${DECODED.width} x ${DECODED.height} from file to screen, median`, median(decoded), "ms"),
        row(`${DECODED.width} x ${DECODED.height} from file to screen, least`, Math.min(...decoded), "ms"),
        row("longest task of the page's thread while coding, by the clock", longest("ms"), "ms"),
        row("longest task of the page's thread while coding, of the processor", longest("processorMs"), "ms"),
        row(`effort ${EFFORT} of ${DECODED.width} x ${DECODED.height}`, refined.ms, "ms"),
        row(
          `longest task of the page's thread during effort ${EFFORT}, by the clock`,
          longest("ms", refined.tasks),
          "ms",
        ),
        ...megabytes.map((value, i) => ({
          what: `memory after ${SESSION[i]} pictures`,
          value: Number(value.toFixed(1)),
          unit: "MB",
        })),
      ],
      notes: [
        `Tasks: ${DECODED.width} x ${DECODED.height} at ${QUALITIES.length} qualities, each with a JPEG; the codec's threads and the page share the cores.`,
        `Memory: objects, arrays, bitmaps and WebAssembly of the page and its workers after a collection of garbage; pictures of ${SMALL.width} x ${SMALL.height}.`,
      ],
    };
  } finally {
    await built.close();
    await rm(folder, { recursive: true, force: true });
  }
}
