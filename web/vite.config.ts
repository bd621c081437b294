/**
 * How the page is built: a folder for any static host. Heavy things (the model, the WebAssembly of onnxruntime, the encoders of other formats) stay in files
 * of their own. The page loads them when it needs them.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import sharp from "sharp";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const project = path.resolve(import.meta.dirname, "..");

/** Headers that allow threads of WebAssembly. `public/_headers` asks for the same, of hosts that read it. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Height in device pixels of the small pictures from which a visitor chooses a sample. */
const THUMB_HEIGHT = 128;

/**
 * More ways to import a file:
 *
 * * `import address from "./picture.png?thumb"` gives a small WebP of the picture.
 * * `import bytes from "./file?bytes"` gives the length of the file.
 * * `import identity from "./model?identity"` gives the first 16 hexadecimal digits of its SHA-256, by which a stream names its model.
 * * `import result from "./plan.json?compared"` gives the part of collected runs that the page compares, a tenth of the file.
 */
function fileFacts(): Plugin {
  let building = false;
  return {
    name: "file-facts",
    enforce: "pre",
    configResolved({ command }) {
      building = command === "build";
    },
    async load(id) {
      const [file, query] = id.split("?");
      if (file === undefined) return null;
      // JSON has a query of its own, because Vite would read the file first.
      if (query === "compared") return `export default ${JSON.stringify(comparedRuns(readFileSync(file, "utf8")))};`;
      if (query === "bytes") return `export default ${statSync(file).size};`;
      if (query === "identity") return `export default ${JSON.stringify(identityOf(readFileSync(file)))};`;
      if (query !== "thumb") return null;
      const source = await sharp(file).resize({ height: THUMB_HEIGHT }).webp({ quality: 80 }).toBuffer();
      if (!building) return `export default "data:image/webp;base64,${source.toString("base64")}";`;
      const name = `${path.basename(file, path.extname(file))}-thumb.webp`;
      const reference = this.emitFile({ type: "asset", name, source });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

/** What a stream names a model by. */
function identityOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** Collected runs of a plan (results/README.md), without curves, gradients, configurations and times. */
function comparedRuns(text: string): object {
  const { meta, runs } = JSON.parse(text) as {
    readonly meta: object;
    readonly runs: readonly {
      readonly stage: string;
      readonly values: object;
      readonly seed: number;
      readonly result: Readonly<Record<string, unknown>>;
    }[];
  };
  return {
    meta,
    runs: runs.map(({ stage, values, seed, result: { status, hard } }) => ({
      stage,
      values,
      seed,
      result: { status, hard },
    })),
  };
}

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [fileFacts()],
  worker: { format: "es", plugins: () => [fileFacts()] },
  // The WebAssembly is not inside: the page says where its files are.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"] },
  assetsInclude: ["**/*.safetensors"],
  optimizeDeps: { exclude: ["onnxruntime-web", "@jsquash/avif", "@jsquash/jpeg", "@jsquash/webp"] },
  build: { target: "es2023", assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  server: { headers: ISOLATION, fs: { allow: [project] } },
  preview: { headers: ISOLATION },
});

export default config;
