/** What tests do with the codec view of the page. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** A browser is slow on a busy machine. */
const TIMEOUT = { timeout: 300_000 };

/** Gives the page files and waits until the first of them is seen. */
export async function openFiles(page: Page, files: readonly string[], figure: string): Promise<void> {
  await page.setInputFiles("input[type=file]", [...files]);
  await page.locator(".tools", { hasText: path.parse(files[0]!).name }).waitFor();
  await page.locator(".figures tr", { hasText: figure }).locator("td", { hasText: /\d/ }).first().waitFor(TIMEOUT);
}

/** Lets a visitor drop a file on the page, or paste it. */
export async function handOver(page: Page, how: "drop" | "paste", file: string): Promise<void> {
  const bytes = [...(await readFile(file))];
  await page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(${JSON.stringify(bytes)})], ${JSON.stringify(path.basename(file))}));
    const whatever = { bubbles: true, cancelable: true };
    document.querySelector("main").dispatchEvent(${JSON.stringify(how)} === "drop"
      ? new DragEvent("drop", { ...whatever, dataTransfer })
      : new ClipboardEvent("paste", { ...whatever, clipboardData: dataTransfer }));
  })()`);
}

/** Levels of a picture that the page shows, r, g, b: Halfstep's, or what lies beside it. */
export async function shownLevels(page: Page, label = "What Halfstep makes"): Promise<Uint8Array> {
  const levels = await page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector('canvas[aria-label^="${label}"]');
    return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
  })()`);
  return Uint8Array.from(levels.filter((_, i) => i % 4 !== 3));
}

/** The most that two arrays of one length are apart. */
export function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, level, i) => Math.max(most, Math.abs(level - b[i]!)), 0);
}
