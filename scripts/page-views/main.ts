/**
 * `npx tsx scripts/page-views/main.ts FOLDER`: pictures of all views of the page, in both themes, on a wide screen and on a phone, to be looked at; and what
 * axe finds wrong with each. Ends with 1 if axe finds anything, or a view is wider than its screen. Needs Debian's Chromium.
 */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { accessibilityProblems, buildPage } from "../../test/support/built-page.ts";
import { PROJECT } from "../../test/support/child-program.ts";

const WIDTHS = [1280, 390] as const;
const TIMEOUT = { timeout: 300_000 };

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><defs><linearGradient id="g"><stop offset="0" stop-color="#d33"/>
  <stop offset="1" stop-color="#d33" stop-opacity="0"/></linearGradient></defs><circle cx="120" cy="120" r="96" fill="url(#g)"/>
  <path d="M180 200 300 40v160z" fill="#258" fill-opacity=".6"/></svg>`;

/** Files that the codec view is given. */
interface Files {
  readonly photograph: string;
  readonly others: readonly string[];
  readonly logo: string;
  readonly damaged: string;
  readonly text: string;
}

/** Takes a picture of what is shown now. */
type Take = (name: string) => Promise<void>;

async function makeFiles(folder: string): Promise<Files> {
  const sample = (name: string): string => path.join(PROJECT, "samples", `${name}.png`);
  const at = (name: string): string => path.join(folder, name);
  await sharp(Buffer.from(LOGO)).png().toFile(at("logo.png"));
  await copyFile(sample("brushes"), at("a-name-that-is-rather-long-for-a-narrow-screen.png"));
  await writeFile(at("notes.png"), "no picture");
  await writeFile(at("damaged.hst"), (await readFile(sample("fig"))).subarray(0, 400));
  return {
    photograph: sample("fig"),
    others: [sample("dandelion"), at("a-name-that-is-rather-long-for-a-narrow-screen.png")],
    logo: at("logo.png"),
    damaged: at("damaged.hst"),
    text: at("notes.png"),
  };
}

/** Waits until a picture and what stands beside it are measured. */
async function measured(page: Page, column: number): Promise<void> {
  await page
    .locator(".figures tr", { hasText: "MS-SSIM" })
    .locator("td")
    .nth(column)
    .filter({ hasText: /\d|small/ })
    .waitFor(TIMEOUT);
}

async function codec(page: Page, files: Files, take: Take): Promise<void> {
  const give = (names: readonly string[]) => page.setInputFiles("input[type=file]", [...names]);
  await page.getByRole("button", { name: "Open pictures" }).waitFor();
  await take("codec-empty");
  await give([files.photograph]);
  await page.locator(".download, .step").filter({ hasText: /\w/ }).first().waitFor(TIMEOUT);
  await take("codec-loading");
  await measured(page, 1);
  await take("codec-picture");
  await page.getByRole("radio", { name: "WebP" }).check();
  await page.locator(".label.is-right", { hasText: /WebP \d/ }).waitFor(TIMEOUT);
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await take("codec-opponent-zoomed");
  await give([files.logo]);
  await page.locator(".tools", { hasText: "logo" }).waitFor(TIMEOUT);
  await measured(page, 1);
  await take("codec-transparent");
  await give(files.others);
  await page
    .locator(".queue-bytes", { hasText: /\d (B|kB)/ })
    .nth(3)
    .waitFor(TIMEOUT);
  await measured(page, 1);
  await take("codec-queue");
  await give([files.damaged]);
  await page.getByRole("alert").waitFor(TIMEOUT);
  await take("codec-damaged");
  await give([files.text]);
  await page.getByRole("alert").filter({ hasText: "no picture" }).waitFor(TIMEOUT);
  await take("codec-no-picture");
}

async function laboratory(page: Page, _: Files, take: Take): Promise<void> {
  await page.locator("[data-figure=variance]").waitFor(TIMEOUT);
  await page.getByRole("button", { name: "Train" }).click();
  await page.getByRole("img", { name: "The cells of the toy codec" }).locator("path").nth(3).waitFor(TIMEOUT);
  await page.getByRole("button", { name: "Refine" }).click();
  await page.locator("[data-refined=ste][data-after]").waitFor(TIMEOUT);
  await take("laboratory");
}

async function results(page: Page, _: Files, take: Take): Promise<void> {
  await page.locator(".bd tbody tr").nth(3).waitFor(TIMEOUT);
  await page.locator("[data-seeds]").waitFor(TIMEOUT);
  await page.locator("img.crops").scrollIntoViewIfNeeded();
  await take("results");
  await page.getByText("Which curves are shown").click();
  await page.evaluate("scrollTo(0, 0)");
  const chart = await page.locator(".results svg[viewBox]").first().boundingBox();
  if (chart === null) throw new Error("internal: no chart");
  await page.mouse.move(chart.x + 0.3 * chart.width, Math.min(chart.y + 0.5 * chart.height, 700));
  await take("results-chosen");
}

async function proof(page: Page, _: Files, take: Take): Promise<void> {
  await page.getByRole("button", { name: "Encode on every engine" }).waitFor();
  await take("proof-before");
  await page.getByRole("button", { name: "Encode on every engine" }).click();
  await page.locator(".verdict").waitFor(TIMEOUT);
  await take("proof-after");
}

const VIEWS = { codec, laboratory, results, proof };

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("page-views: got no folder, expected the folder for the pictures, and views if not all\n");
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const files = await makeFiles(folder);
const built = await buildPage();
let problems = 0;
try {
  for (const dark of [false, true]) {
    for (const width of WIDTHS) {
      for (const [view, visit] of Object.entries(VIEWS)) {
        if (names.length > 0 && !names.includes(view)) continue;
        const { page, console } = await built.open(`/${view}`, { dark, width });
        await visit(page, files, async (name) => {
          const file = `${name}-${dark ? "dark" : "light"}-${width}`;
          await page.screenshot({ path: path.join(folder, `${file}.png`), fullPage: true });
          const found = [...(await accessibilityProblems(page))];
          const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
          if (wide > width) found.push(`${wide} pixels wide`);
          problems += found.length;
          process.stdout.write(`${file}: ${found.length === 0 ? "no problem" : found.join("; ")}\n`);
        });
        problems += console.length;
        for (const text of console) process.stdout.write(`${view}: the page wrote: ${text}\n`);
        await page.close();
      }
    }
  }
} finally {
  await built.close();
}
process.exitCode = problems === 0 ? 0 : 1;
