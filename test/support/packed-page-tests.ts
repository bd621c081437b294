/** Pages that use the installed package without a bundler: those of README and of the guide, and others that try the element. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readImage } from "../../src/image/read-image.ts";
import { loadCodec } from "../../src/node.ts";
import { missingChromium } from "./browser-page.ts";
import { accessibilityProblems } from "./built-page.ts";
import { PROJECT } from "./child-program.ts";
import { type PackedPages, servePages } from "./packed-page.ts";
import { snippetsOf } from "./snippets.ts";

/** Whole pages have time on a machine with other work. */
const LONG = { timeout: 300_000 };

/** The tests. @param folder where the package is installed; asked for when the tests run */
export function testPackedPages(folder: () => string): void {
  describe.skipIf(missingChromium() !== null)("the packed package in a page without a bundler", () => {
    const TIMEOUT = { timeout: 120_000 };
    /** Bytes of files that the server has beside the package. */
    const extra = new Map<string, Uint8Array>();
    let pages: PackedPages;
    let guide: string;

    beforeAll(async () => {
      pages = await servePages(folder(), extra);
      guide = await readFile(path.join(PROJECT, "docs/guide/browser.md"), "utf8");
    });

    afterAll(() => pages?.close());

    /** The page of the guide without its program, which is another one. */
    const pageOf = (html: string): string =>
      snippetsOf(guide)
        .find(({ code }) => code.includes("importmap"))
        ?.code.replace(/<canvas[\s\S]*/, html) ?? "";

    /** What an element shows: levels r, g, b, a. */
    const LEVELS = `(name) => {
    const canvas = document.querySelector(name).shadowRoot.querySelector("canvas");
    return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
  }`;

    it("works as the guide shows it: a codec, and the element that shows what it made", LONG, async () => {
      const example = pageOf("$&");
      const { page, console } = await pages.open(
        example.replace("const shown", "globalThis.made = [...bytes]; const shown"),
      );
      await page.waitForFunction('document.querySelector("halfstep-image")?.complete', undefined, TIMEOUT);
      const bytes = Uint8Array.from(await page.evaluate<number[]>("made"));
      const codec = await loadCodec();
      const decoded = await codec.decode(bytes);
      await codec.close();
      expect([decoded.width, decoded.height]).toEqual([96, 64]);
      // An empty canvas is transparent.
      expect(await page.evaluate<number[]>(`(${LEVELS})("halfstep-image")`)).toEqual(new Array(4 * 96 * 64).fill(0));
      expect(decoded.alpha?.every((level) => level === 0)).toBe(true);
      expect(console).toEqual([]);
      // Few scripts, not the hundred files of the library.
      const scripts = pages.requested.filter((name) => name.includes("/halfstep/dist/"));
      expect(new Set(scripts).size).toBeLessThan(25);
      await page.close();
    });

    /** A picture of one colour as a stream of the shipped model. */
    const greyStream = async (): Promise<Uint8Array> => {
      const codec = await loadCodec();
      const { bytes } = await codec.encode({ width: 96, height: 64, data: new Uint8Array(3 * 96 * 64).fill(128) });
      await codec.close();
      return bytes;
    };

    it("shows the picture of the README's page", LONG, async () => {
      extra.set("/photo.hst", await greyStream());
      const readme = snippetsOf(await readFile(path.join(PROJECT, "README.md"), "utf8"));
      const { page, console } = await pages.open(
        pageOf(readme.find(({ language }) => language === "html")?.code ?? ""),
      );
      await page.waitForFunction('document.querySelector("halfstep-image")?.complete', undefined, TIMEOUT);
      expect(await page.evaluate('document.querySelector("halfstep-image").naturalWidth')).toBe(96);
      expect(Math.abs((await page.evaluate<number[]>(`(${LEVELS})("halfstep-image")`))[0]! - 128)).toBeLessThan(8);
      expect(console).toEqual([]);
      await page.close();
    });

    it("sends a canvas through the codec as the guide's first program does", LONG, async () => {
      const shipped = "node_modules/halfstep/weights/halfstep-2.safetensors";
      extra.set("/models/halfstep-2.safetensors", await readFile(path.join(folder(), shipped)));
      const program = snippetsOf(guide).find(({ language }) => language === "js")?.code ?? "";
      const { page, console } = await pages.open(
        pageOf(`<canvas id="photo" width="96" height="64"></canvas>
<script>document.querySelector("#photo").getContext("2d").fillRect(0, 0, 48, 64);</script>
<script type="module">${program};globalThis.sent = bytes.length;</script>`),
      );
      await page.waitForFunction("globalThis.sent > 0", undefined, TIMEOUT);
      const alphaAt = (x: number): Promise<number> =>
        page.evaluate(`document.querySelector("#photo").getContext("2d").getImageData(${x}, 32, 1, 1).data[3]`);
      expect([await alphaAt(10), await alphaAt(80)]).toEqual([255, 0]);
      // Chromium's advice to a page that reads a canvas often, as this test does.
      expect(console.filter((text) => !text.includes("willReadFrequently"))).toEqual([]);
      await page.close();
    });

    it("shows files as <img> does: size first, late if it is lazy, words for what fails", LONG, async () => {
      const codec = await loadCodec();
      const { image } = await readImage(path.join(PROJECT, "samples/dogs.png"));
      const data = image.data.subarray(0, 3 * image.width * 96);
      const { bytes } = await codec.encode({ width: image.width, height: 96, data }, { quality: 20 });
      const decoded = await codec.decode(bytes);
      await codec.close();
      const damaged = bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte));
      extra.set("/dogs.hst", bytes).set("/late.hst", bytes).set("/damaged.hst", damaged);
      const { page, console } = await pages.open(
        pageOf(`<main><h1>Dogs</h1>
<style>main { width: 300px } #first { width: 100% } #late { margin-top: 4000px }</style>
<script type="module">
  import { defineHalfstepImage } from "halfstep/element";
  globalThis.heard = [];
  for (const name of ["loadedmetadata", "load", "error"]) {
    // A load does not reach the window.
    document.addEventListener(name, ({ target, error }) => {
      if (target.localName !== "halfstep-image") return;
      const { id, naturalWidth, naturalHeight, complete, offsetHeight } = target;
      heard.push({ name, id, naturalWidth, naturalHeight, complete, offsetHeight, code: error?.code });
    }, true);
  }
  defineHalfstepImage();
</script>
<halfstep-image id="first" src="dogs.hst" alt="Two dogs"></halfstep-image>
<halfstep-image id="placed" width="50" height="40" alt=""></halfstep-image>
<halfstep-image id="damaged" src="damaged.hst" alt="Damaged dogs"></halfstep-image>
<halfstep-image id="nowhere" src="nowhere.hst" alt="No dogs"></halfstep-image>
<halfstep-image id="late" loading="lazy" src="late.hst" alt="Late dogs"></halfstep-image></main>`),
      );
      const heard = (id: string): Promise<readonly Record<string, unknown>[]> =>
        page.evaluate(`heard.filter((event) => event.id === ${JSON.stringify(id)})`);
      await expect.poll(async () => (await heard("first")).length, TIMEOUT).toBe(2);
      const size = { naturalWidth: 511, naturalHeight: 96 };
      expect(await heard("first")).toMatchObject([
        // 300 CSS pixels wide.
        { name: "loadedmetadata", ...size, complete: false, offsetHeight: 56 },
        { name: "load", ...size, complete: true },
      ]);
      const shown = await page.evaluate<number[]>(`(${LEVELS})("#first")`);
      const levels = shown.filter((_, i) => i % 4 !== 3);
      expect(levels).toHaveLength(decoded.data.length);
      // Transforms are floating point, and may differ by one level between runtimes.
      expect(
        levels.reduce((most, level, i) => Math.max(most, Math.abs(level - decoded.data[i]!)), 0),
      ).toBeLessThanOrEqual(1);
      expect(await page.locator("#placed").boundingBox()).toMatchObject({ width: 50, height: 40 });

      await expect.poll(async () => (await heard("damaged")).length, TIMEOUT).toBe(2);
      expect((await heard("damaged"))[1]).toMatchObject({ name: "error", code: "checksum-mismatch", complete: true });
      expect(await heard("nowhere")).toMatchObject([{ name: "error", code: "file-unreachable", naturalWidth: 0 }]);
      expect(await page.getByText("No dogs").isVisible()).toBe(true);

      expect(pages.requested).not.toContain("/late.hst");
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.evaluate("scrollTo(0, 3000)");
      await expect.poll(async () => (await heard("late")).length, TIMEOUT).toBe(2);
      // One worker for all elements, and one model.
      expect(page.workers()).toHaveLength(1);
      // What Chromium says by itself of the file that is not there.
      expect(console.filter((text) => !text.includes("404"))).toEqual([]);
      await page.close();
    });
  });
}
