/**
 * The package as it would be published: packed, installed elsewhere, and used by somebody who has only that. By default the
 * dependencies are linked from the checkout (no network); with HALFSTEP_INSTALL=1, as in .ci/run, npm installs the tarball.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodePng, readImage } from "../src/image/read-image.ts";
import { openCodec } from "../src/models/load-codec.ts";
import { loadModelBytes } from "../src/models/model-files.ts";
import { missingChromium } from "./support/browser-page.ts";
import { PROJECT, start } from "./support/child-program.ts";
import { SMALL_NETWORK } from "./support/codec-fixture.ts";
import { drawnLogo } from "./support/drawn-logo.ts";
import { randomModelBytes } from "./support/random-model.ts";
import { coordinateImage } from "./support/training-images.ts";

let folder: string;
let packed: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-packed-"));
  const packing = await start("npm", ["pack", "--silent", "--pack-destination", folder]);
  expect(packing, packing.stdout + packing.stderr).toMatchObject({ exitCode: 0 });
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack wrote no tarball");
  packed = (await start("tar", ["-tzf", tarball], { cwd: folder })).stdout.trim().split("\n");
  await writeFile(path.join(folder, "package.json"), '{ "name": "somebody", "private": true, "type": "module" }');
  if (process.env.HALFSTEP_INSTALL === "1") {
    const install = await start("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], {
      cwd: folder,
      // The CPU library is in the package; onnxruntime's install script would download CUDA's.
      env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
    });
    expect(install, install.stderr).toMatchObject({ exitCode: 0 });
  } else await installOffline(tarball);
}, 180_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Serves the packed package's folder for browsers, onnxruntime-web's files, the files of the test, and pages. */
async function serve(pages: Readonly<Record<string, string>>): Promise<{ readonly address: string; close(): void }> {
  const browserFolder = path.join(folder, "node_modules/halfstep/dist/browser");
  const folders = { "/halfstep/": browserFolder, "/ort/": path.join(PROJECT, "node_modules/onnxruntime-web/dist") };
  const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".mjs": "text/javascript" };
  const server = createServer(async ({ url = "/" }, response) => {
    if (pages[url] !== undefined) return response.setHeader("Content-Type", "text/html").end(pages[url]);
    const at = Object.entries(folders).find(([start]) => url.startsWith(start))?.[1] ?? folder;
    response.setHeader("Content-Type", types[path.extname(url)] ?? "application/octet-stream");
    try {
      return response.end(await readFile(path.join(at, path.basename(url))));
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** What `npm install` does, with links in place of downloads: only declared dependencies can be found. */
async function installOffline(tarball: string): Promise<void> {
  const modules = path.join(folder, "node_modules");
  await mkdir(path.join(modules, ".bin"), { recursive: true });
  await start("tar", ["-xzf", tarball], { cwd: folder });
  await rename(path.join(folder, "package"), path.join(modules, "halfstep"));
  const manifest = JSON.parse(await readFile(path.join(modules, "halfstep", "package.json"), "utf8"));
  for (const name of Object.keys(manifest.dependencies)) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(PROJECT, "node_modules", name), path.join(modules, name));
  }
  const program = path.join(modules, "halfstep", manifest.bin.halfstep);
  await chmod(program, 0o755);
  await symlink(program, path.join(modules, ".bin", "halfstep"));
}

const npx = (...words: string[]) => start("npx", ["--no-install", "halfstep", ...words], { cwd: folder });

describe("the packed package", () => {
  it("holds the built program, its licence and its format, and neither tests nor sources", () => {
    for (const name of ["dist/cli/main.js", "dist/node.js", "dist/node.d.ts", "LICENSE", "README.md", "FORMAT.md"]) {
      expect(packed).toContain(`package/${name}`);
    }
    expect(packed.filter((name) => /\.test\.|\/src\/|\/test\/|(?<!\.d)\.ts$/.test(name))).toEqual([]);
  });

  it("is under 16.5 MB unpacked, apart from its dependencies", async () => {
    const installed = path.join(folder, "node_modules", "halfstep");
    const sizes = packed
      .filter((name) => !name.endsWith("/"))
      .map(async (name) => (await stat(path.join(installed, name.slice("package/".length)))).size);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(16.5e6);
    // The weights of the default model are most of it.
    expect(bytes).toBeGreaterThan(12e6);
  });

  it("prints its version with nothing on standard error", async () => {
    const { version } = JSON.parse(await readFile(path.join(PROJECT, "package.json"), "utf8"));
    expect(await npx("--version")).toEqual({ stdout: `${version}\n`, stderr: "", exitCode: 0 });
  });

  it("compresses and decompresses a photograph with nothing on standard error", async () => {
    await writeFile(path.join(folder, "small.safetensors"), randomModelBytes(SMALL_NETWORK, { name: "small" }));
    const words = ["--model", "small.safetensors", "--json"];
    const compressed = await npx("compress", path.join(PROJECT, "samples", "dogs.png"), "photo.hst", ...words);
    expect(compressed).toMatchObject({ stderr: "", exitCode: 0 });
    const { width, height, bytes } = JSON.parse(compressed.stdout);
    expect(bytes).toBe((await readFile(path.join(folder, "photo.hst"))).length);
    const decompressed = await npx("decompress", "photo.hst", "photo.png", ...words);
    expect(decompressed).toMatchObject({ stderr: "", exitCode: 0 });
    expect(JSON.parse(decompressed.stdout)).toMatchObject({ width, height });
    expect([width, height]).toEqual([511, 768]);
  });

  it.skipIf(missingChromium() !== null)(
    "shows files in a page without a bundler, by the element and by a module script",
    { timeout: 300_000 },
    async () => {
      const model = randomModelBytes(SMALL_NETWORK, { name: "small" });
      await writeFile(path.join(folder, "shown.safetensors"), model);
      const codec = await openCodec(loadModelBytes(model, "model"));
      const stream = (await codec.encode(coordinateImage(150, 90, 3))).bytes;
      const image = await codec.decode(stream);
      await codec.close();
      await writeFile(path.join(folder, "shown.hst"), stream);
      const documentation = await readFile(path.join(PROJECT, "docs/web.md"), "utf8");
      const [element, script] = [...documentation.matchAll(/```html\n([\s\S]*?)```/g)].map(([, text]) =>
        (text as string)
          .replaceAll("/models/halfstep-1.safetensors", "/shown.safetensors")
          .replaceAll("/pictures/photo.hst", "/shown.hst"),
      );
      const head = '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>page</title>';
      const listen = `<script>const told = [];
        for (const type of ["loadedmetadata", "load", "error"])
          addEventListener(type, ({ target, message }) => target.localName === "hst-image" &&
            told.push([target.id, type, target.naturalWidth, target.naturalHeight, target.complete, message ?? ""]), true);</script>`;
      await writeFile(path.join(folder, "broken.hst"), "no stream, but long enough to hold a header");
      const broken =
        '<hst-image id="broken" src="/broken.hst" alt="Broken" model="/shown.safetensors" wasm="/ort/"></hst-image>';
      const far =
        '<div style="height: 9000px"></div><hst-image id="far" loading="lazy" src="/shown.hst" alt="" model="/shown.safetensors" wasm="/ort/"></hst-image>';
      const served = await serve({ "/": head + listen + element + broken + far, "/script": head + script });
      const browser = await chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
      });
      try {
        const page = await browser.newPage();
        page.setDefaultTimeout(200_000);
        await page.goto(`${served.address}/`);
        await page.waitForFunction(
          "told.some(([, type]) => type === 'load') && told.some(([, type]) => type === 'error')",
        );
        type Told = readonly [string, string, number, number, boolean, string];
        const told = (await page.evaluate("told")) as readonly Told[];
        expect(told.filter(([id]) => id === "")).toEqual([
          ["", "loadedmetadata", 150, 90, false, ""],
          ["", "load", 150, 90, true, ""],
        ]);
        expect(told.filter(([id]) => id === "broken")).toEqual([
          ["broken", "error", 0, 0, true, expect.stringContaining("expected")],
        ]);
        // Far below the window, and lazy.
        expect(told.some(([id]) => id === "far")).toBe(false);
        await page.evaluate("document.querySelector('#far').scrollIntoView()");
        await page.waitForFunction("told.some(([id, type]) => id === 'far' && type === 'load')");

        await page.goto(`${served.address}/script`);
        await page.waitForFunction("document.querySelector('canvas') !== null");
        const levels = await page.evaluate<number[]>(
          "[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 150, 90).data]",
        );
        const rgb = levels.filter((_, i) => i % 4 < 3);
        // Transforms are floating point: the pixels of two runtimes may differ by one level.
        const worst = rgb.reduce((most, level, i) => Math.max(most, Math.abs(level - (image.data[i] as number))), 0);
        expect([rgb.length, worst <= 1]).toEqual([image.data.length, true]);
      } finally {
        await browser.close();
        served.close();
      }
    },
  );

  it("runs the demo on the samples that it brings along", async () => {
    const names = ["README.md", "brushes.png", "dandelion.png", "dogs.png", "fig.png"];
    expect(packed.filter((name) => name.startsWith("package/samples/")).sort()).toEqual(
      names.map((name) => `package/samples/${name}`),
    );
    const demo = await npx("demo", "--model", "small.safetensors", "--json", "--quiet");
    expect(demo).toMatchObject({ stderr: "", exitCode: 0 });
    const { rows } = JSON.parse(demo.stdout).results[0];
    expect(rows.map(({ file }: { file: string }) => path.basename(file))).toEqual(
      names.filter((name) => name.endsWith(".png")),
    );
    const results = await readdir(path.join(folder, "demo-output"));
    expect(results).toEqual(
      expect.arrayContaining(rows.map(({ picture }: { picture: string }) => path.basename(picture))),
    );
  });

  it("gives the library by its name, and its types to a compiler", async () => {
    const program = `import { type Codec, type Image, loadCodec } from "halfstep";
const codec: Codec = await loadCodec({ model: "small.safetensors" });
const image: Image = { width: 2, height: 1, data: Uint8Array.of(9, 9, 9, 200, 0, 0) };
const { bytes } = await codec.encode(image);
const decoded: Image = await codec.decode(bytes);
const blob = new Blob([bytes]);
await codec.close();
const shipped = import.meta.resolve("halfstep/weights/halfstep-1.safetensors");
process.stdout.write([blob.size === bytes.length, shipped.endsWith("/weights/halfstep-1.safetensors")].join() + ",");
process.stdout.write([decoded.width, decoded.height, codec.model.name].join());
`;
    await writeFile(path.join(folder, "use.ts"), program);
    await writeFile(
      path.join(folder, "use.mjs"),
      program.replace("type Codec, type Image, ", "").replaceAll(/: (Codec|Image)\b/g, ""),
    );
    expect(await start(process.execPath, ["use.mjs"], { cwd: folder })).toEqual({
      stdout: "true,true,2,1,small",
      stderr: "",
      exitCode: 0,
    });
    const compiler = path.join(PROJECT, "node_modules", "typescript", "bin", "tsc");
    const types = ["--typeRoots", path.join(PROJECT, "node_modules", "@types"), "--types", "node"];
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", ...types];
    expect(await start(process.execPath, [compiler, ...options, "use.ts"], { cwd: folder })).toMatchObject({
      stdout: "",
      exitCode: 0,
    });
  });

  it("does what the README's program does", async () => {
    const readme = await readFile(path.join(PROJECT, "README.md"), "utf8");
    const program = /```ts\n(import [\s\S]*?)```/.exec(readme)?.[1] ?? "";
    await writeFile(path.join(folder, "readme.mjs"), program);
    const logo = drawnLogo(90, 60);
    await writeFile(path.join(folder, "photo.jpg"), await encodePng(logo));
    const ending = await start(process.execPath, ["readme.mjs"], { cwd: folder });
    expect(ending).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    const { image } = await readImage(path.join(folder, "photo.png"), { background: null });
    expect(Buffer.compare(image.alpha as Uint8Array, logo.alpha as Uint8Array)).toBe(0);
    // One that is read with a change says so.
    await writeFile(path.join(folder, "photo.jpg"), await readFile(path.join(PROJECT, "test/pictures/s16-other.png")));
    const { stderr } = await start(process.execPath, ["readme.mjs"], { cwd: folder });
    expect(stderr).toBe("16-bit samples were reduced to 8-bit\n");
  });

  /** TypeScript 7 has no `moduleResolution: node10` any more, so the oldest one that README names is asked. */
  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
    ["esnext", "node10"],
  ])(
    "gives its types to the oldest TypeScript, module %s, resolution %s, without the types of a page or of Node",
    async (module, resolution) => {
      const program = `import { type Codec, type Image, loadCodec } from "halfstep";
import { imageFromRgba, type RgbaPixels } from "halfstep/web";
export async function use(pixels: RgbaPixels): Promise<Image> {
  const codec: Codec = await loadCodec({ model: "small.safetensors" });
  const { bytes, alphaByteLength } = await codec.encode(imageFromRgba(pixels), { quality: 20 });
  const { width, height, alpha }: Image = await codec.decode(bytes);
  const plane: Uint8Array | undefined = alpha;
  return { width, height: alphaByteLength, data: plane ?? bytes };
}
`;
      await writeFile(path.join(folder, "old.ts"), program);
      const manifest = JSON.parse(await readFile(path.join(PROJECT, "package.json"), "utf8"));
      const readme = await readFile(path.join(PROJECT, "README.md"), "utf8");
      const [, oldest] = /TypeScript (\d+\.\d+) or newer/.exec(readme) ?? [];
      expect(manifest.devDependencies["oldest-typescript"]).toMatch(new RegExp(`^npm:typescript@${oldest}\\.`));
      const compiler = path.join(PROJECT, "node_modules", "oldest-typescript", "bin", "tsc");
      const nothing = ["--lib", "es2022", "--typeRoots", path.join(folder, "no-types")];
      const options = [
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--module",
        module,
        "--moduleResolution",
        resolution,
      ];
      expect(
        await start(process.execPath, [compiler, ...options, ...nothing, "old.ts"], { cwd: folder }),
      ).toMatchObject({
        stdout: "",
        exitCode: 0,
      });
    },
  );
});
