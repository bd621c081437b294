/** The page's laboratory, results and proof in Debian's Chromium, and whether all views are accessible. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bdRate, type RatePoint } from "../src/evaluate/bd-rate.ts";
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
import { accessibilityProblems, type BuiltPage, buildPage } from "./support/built-page.ts";
import { PROJECT } from "./support/child-program.ts";

const missing = missingChromium();
/** A browser and a build are slow on a busy machine. */
const TIMEOUT = { timeout: 300_000 };

let built: BuiltPage;

beforeAll(async () => {
  if (missing === null) built = await buildPage();
  else process.stderr.write(`web-page-views.test.ts: not tested here: it needs ${missing}\n`);
}, 300_000);

afterAll(async () => {
  await built?.close();
});

/** A number that the page computed: a browser and Node may round exponentials and logarithms otherwise in the last digits. */
const near = (value: number): number => expect.closeTo(value, 11) as number;

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
        Object.entries(surrogateStatistics(studySurrogate({ id: "sua", form: "soft", temperature }))).flatMap(
          ([name, figure]) => (figure ? [[name, near(figure.value)]] : []),
        ),
      );
    expect(await shown()).toEqual(expected(0.3));
    await page.getByLabel("Temperature").fill("0.5");
    await expect.poll(shown, TIMEOUT).toEqual(expected(0.5));
    const source = createSource("gaussian", 0.5, 0);
    const loss = createLoss("rd", source, {
      targetOffset: DEFAULT_TARGET_OFFSET,
      distortionWeight: HIGH_RATE_WEIGHT,
    });
    const laws = makeLaws([studySurrogate({ id: "sua", form: "soft", temperature: 0.5 })], SMALLEST_SCALE);
    const [point] = tradeoffSweep(laws, { source, loss, direction: "shift", reference: "noise" }).points;
    const risks = async (): Promise<number[]> => {
      const marks = await page.locator("[data-risk]").all();
      return Promise.all(marks.map(async (mark) => Number(await mark.getAttribute("data-risk"))));
    };
    await expect.poll(risks, TIMEOUT).toContainEqual(near(point!.figures.risk.value));
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
      const { percent } = bdRate(points, webp, { rates: [0.15, 1.2] });
      expect(percent).toBeTypeOf("number");
      expect(Number(await row.getAttribute("data-percent"))).toEqual(near(percent as number));
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
    const tip = page.locator(".results svg[viewBox] text", { hasText: / bits per pixel\u200b[\d.]+ dB/ });
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
