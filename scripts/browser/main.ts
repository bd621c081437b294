/**
 * Part of `npm run build`: puts `halfstep/web`, the element `<hst-image>` and the worker of both, with everything that they import, into `dist/browser/`, for
 * pages without a bundler. onnxruntime's WebAssembly is not among them: the page says where it is.
 */
import path from "node:path";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "../..");

await build({
  entryPoints: {
    web: path.join(root, "src/web.ts"),
    "hst-image": path.join(root, "web/src/element/hst-image.ts"),
    "codec-worker": path.join(root, "src/web/codec-worker.ts"),
  },
  outdir: path.join(root, "dist/browser"),
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  conditions: ["onnxruntime-web-use-extern-wasm"],
  legalComments: "eof",
  logLevel: "warning",
});
