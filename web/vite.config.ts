/**
 * How the page is built: a folder for any static host. What is heavy (the model, the WebAssembly of onnxruntime, the encoders of other formats) stays in
 * files of its own, which the page loads when it needs them.
 */
import { statSync } from "node:fs";
import path from "node:path";
import sharp from "sharp";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const project = path.resolve(import.meta.dirname, "..");

/** Headers that allow threads of WebAssembly; `public/_headers` asks hosts that read it for the same. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Height in device pixels of the small pictures that the samples are chosen by. */
const THUMB_HEIGHT = 128;

/**
 * Two more ways to import a file: `import address from "./picture.png?thumb"` gives a small WebP of the picture, and
 * `import bytes from "./file?bytes"` the length of the file.
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
      if (file === undefined || (query !== "thumb" && query !== "bytes")) return null;
      if (query === "bytes") return `export default ${statSync(file).size};`;
      const source = await sharp(file).resize({ height: THUMB_HEIGHT }).webp({ quality: 80 }).toBuffer();
      if (!building) return `export default "data:image/webp;base64,${source.toString("base64")}";`;
      const name = `${path.basename(file, path.extname(file))}-thumb.webp`;
      const reference = this.emitFile({ type: "asset", name, source });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [fileFacts()],
  worker: { format: "es", plugins: () => [fileFacts()] },
  // Without its WebAssembly inside: the page says where the files are.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"] },
  assetsInclude: ["**/*.safetensors"],
  optimizeDeps: { exclude: ["onnxruntime-web", "@jsquash/avif", "@jsquash/jpeg", "@jsquash/webp"] },
  build: { target: "es2023", assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  server: { headers: ISOLATION, fs: { allow: [project] } },
  preview: { headers: ISOLATION },
});

export default config;
