/** Pages that have the installed package and no bundler: a server of this machine for the files of its folder, and Debian's Chromium. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { chromium, type Page } from "playwright-core";
import { PROJECT } from "./child-program.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** The optional peer, which who needs it installs beside halfstep. */
const PEER = "/node_modules/onnxruntime-web/";

/** Pages of one folder. */
export interface PackedPages {
  /** Addresses that were asked for, as they stand behind the host. */
  readonly requested: readonly string[];
  /** Opens a page of this text, which lies in the folder, and tells what it writes to the console. */
  open(html: string): Promise<{ readonly page: Page; readonly console: readonly string[] }>;
  close(): Promise<void>;
}

/** Serves a folder, with files that are not on the disk and come first. */
export async function servePages(folder: string, extra: ReadonlyMap<string, Uint8Array>): Promise<PackedPages> {
  const pages = new Map<string, string>();
  const requested: string[] = [];
  const contentOf = async (name: string): Promise<Uint8Array | string> => {
    const made = pages.get(name) ?? extra.get(name);
    if (made !== undefined) return made;
    return readFile(path.join(name.startsWith(PEER) ? PROJECT : folder, name));
  };
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? "/", "http://page").pathname;
    requested.push(name);
    response.setHeader("Content-Type", TYPES[path.extname(name)] ?? "application/octet-stream");
    try {
      // Browsers ask for it by themselves.
      response.end(name === "/favicon.ico" ? "" : await contentOf(name));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  return {
    requested,
    async open(html) {
      const name = `/page-${pages.size}.html`;
      pages.set(name, html);
      const page = await browser.newPage();
      const console: string[] = [];
      page.on("console", (message) => console.push(message.text()));
      page.on("pageerror", (error) => console.push(String(error)));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${name}`);
      return { page, console };
    },
    async close() {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
