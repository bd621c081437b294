/** A page of Debian's Chromium with `runtime-page.ts` in it, served from this machine as a web server would serve it. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type BuildOptions, build } from "esbuild";
import { chromium, type Page } from "playwright-core";
import { PROJECT } from "./child-program.ts";

const CHROMIUM = "/usr/bin/chromium";
const ORT_FOLDER = path.join(PROJECT, "node_modules/onnxruntime-web/dist");
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** What is not there, in words; null if the tests can run. */
export function missingChromium(): string | null {
  return existsSync(CHROMIUM) ? null : `${CHROMIUM} (Debian's package chromium)`;
}

/** The page, and what it wrote to the console. */
export interface BrowserPage {
  readonly page: Page;
  readonly console: readonly string[];
  close(): Promise<void>;
}

/** How the page is to be. */
export interface BrowserPageOptions {
  /** WebGPU by SwiftShader. Default false: the page finds no graphics card. */
  readonly webGpu?: boolean;
  /** Send the headers that allow threads. Default true. */
  readonly isolated?: boolean;
}

/** How esbuild makes a script for a page. */
export const BROWSER_BUNDLE: BuildOptions & { readonly write: false } = {
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  write: false,
  logLevel: "silent",
};

/** The script of the page, as a bundler makes it for a browser: a Node import would end the build. */
export async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(PROJECT, "test/support/runtime-page.ts")],
    ...BROWSER_BUNDLE,
  });
  return (outputFiles[0] as { text: string }).text;
}

let workerScript: Promise<string> | undefined;

/** The script of the worker in which pages have their codec, made once. */
export function bundleWorker(): Promise<string> {
  workerScript ??= build({ entryPoints: [path.join(PROJECT, "src/web/codec-worker.ts")], ...BROWSER_BUNDLE }).then(
    ({ outputFiles }) => (outputFiles[0] as { text: string }).text,
  );
  return workerScript;
}

/**
 * WebGPU by SwiftShader. The time goes into shaders. The module of WebAssembly that drives them is so large that V8 would optimize it for longer than a
 * test runs, so only V8's first, quick compiler compiles it.
 */
const WEBGPU_FLAGS: readonly string[] = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--js-flags=--liftoff-only",
];

/** Opens the page in a browser of its own. */
export async function openBrowserPage(script: string, options: BrowserPageOptions = {}): Promise<BrowserPage> {
  const { webGpu = false, isolated = true } = options;
  const server = createServer(async (request, response) => {
    const name = path.basename(request.url ?? "");
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    response.setHeader("Content-Type", TYPES[path.extname(name)] ?? "text/html");
    if (name === "page.js") response.end(script);
    else if (name === "nowhere.js") response.writeHead(404).end();
    // Where the bundle of the page looks for it: beside its own script, as in the package.
    else if (request.url === "/codec-worker.js") response.end(await bundleWorker());
    else if (request.url?.startsWith("/ort/")) response.end(await readFile(path.join(ORT_FOLDER, name)));
    else response.end('<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const graphics = webGpu ? WEBGPU_FLAGS : ["--disable-gpu"];
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-background-networking", ...graphics],
  });
  const page = await browser.newPage();
  const console: string[] = [];
  page.on("console", (message) => console.push(message.text()));
  page.on("pageerror", (error) => console.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction("globalThis.codecs !== undefined");
  return {
    page,
    console,
    async close() {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
