/** The page as `npm run web:build` makes it, on a server of this machine for files, in Debian's Chromium. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { PROJECT } from "./child-program.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
};

/** A page that was opened, and what it wrote to the console. */
export interface OpenedPage {
  readonly page: Page;
  readonly console: readonly string[];
}

/** The built page on a server. */
export interface BuiltPage {
  /** The folder of the build. */
  readonly folder: string;
  /**
   * Opens it at the part of the address after `#`. By default the visitor has asked the browser to load little: then no sample is opened, and the codec is
   * loaded with the first picture.
   */
  open(
    hash: string,
    options?: {
      readonly dark?: boolean;
      readonly width?: number;
      readonly savesData?: boolean;
      readonly script?: string;
    },
  ): Promise<OpenedPage>;
  close(): Promise<void>;
}

/** Builds the page into a folder of its own and serves it. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-page-"));
  await build({
    configFile: path.join(PROJECT, "web/vite.config.ts"),
    logLevel: "silent",
    build: { outDir: folder, emptyOutDir: true, reportCompressedSize: false },
  });
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? "/", "http://page").pathname;
    const file = path.join(folder, name === "/" ? "index.html" : name);
    // What public/_headers asks of a host.
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    response.setHeader("Content-Type", TYPES[path.extname(file)] ?? "application/octet-stream");
    try {
      response.end(await readFile(file));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const contexts: BrowserContext[] = [];
  return {
    folder,
    async open(hash, { dark = false, width = 1280, savesData = true, script } = {}) {
      const context = await browser.newContext({
        viewport: { width, height: 860 },
        colorScheme: dark ? "dark" : "light",
        acceptDownloads: true,
      });
      contexts.push(context);
      const page = await context.newPage();
      const console: string[] = [];
      // Chromium says so itself when a page asks for WebGPU where there is none.
      page.on("console", (message) => message.text() !== "No available adapters." && console.push(message.text()));
      page.on("pageerror", (error) => console.push(String(error)));
      const connection = JSON.stringify({ saveData: savesData });
      await page.addInitScript(`Object.defineProperty(navigator, "connection", { value: ${connection} })`);
      if (script !== undefined) await page.addInitScript(script);
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#${hash}`);
      return { page, console };
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close()));
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What axe finds wrong with what the page shows, in words; nothing if it is accessible. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: createRequire(`${PROJECT}web/package.json`).resolve("axe-core") });
  return page.evaluate(async () => {
    interface Violation {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ readonly violations: readonly Violation[] }> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}
