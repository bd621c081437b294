/**
 * Who may import whom, as data. ARCHITECTURE.md shows the same table between two markers; scripts/layers/main.ts compares
 * them and `npm run -s check:layers -- --print` writes it. To add a room, add a row here and paste the printed table there.
 */

/** A folder or file with its rights: of src/, and the page's folder. A file belongs to the row with the longest matching path. */
export interface Room {
  /** Short name in messages and in the table. */
  readonly name: string;
  /** Where it lives: a folder (ends with "/") or a file. */
  readonly path: string;
  /** Names of other rooms that it may import. It may always import itself and the shared files. */
  readonly mayImport: readonly string[];
  /** "node" files may use `node:*`; "free" files run in a browser as they are. */
  readonly platform: "free" | "node";
  /** One line for the table. */
  readonly purpose: string;
}

/** What computes graphs on Node. */
const COMPUTING = ["engine", "engine/onnx", "engine/runtime"] as const;

/** The rooms, from the ground up. Every room may import only rooms above it in this list. */
export const ROOMS: readonly Room[] = [
  room(
    "shared",
    "src/",
    [],
    "free",
    "errors, checks of arguments, float16, safetensors, JSON keys: small files at the root that everybody may import",
  ),
  room(
    "shared files",
    "src/atomic-file.ts",
    ["shared"],
    "node",
    "writing a file completely or not at all, and making folders",
  ),
  room(
    "package folder",
    "src/package-folder.ts",
    [],
    "node",
    "where the package's files are, wherever the code that asks is itself",
  ),
  room(
    "surroundings",
    "src/surroundings.ts",
    ["package folder"],
    "node",
    "what a measurement is made on and with: machine, versions, commit; the one place that asks for them",
  ),
  room("processes", "src/processes/", [], "node", "tasks spread over processes: the pool of evaluate and of batches"),
  room("engine", "src/engine/", [], "free", "symbolic graph, ops, gradients, reference evaluation, random numbers"),
  room(
    "engine/onnx",
    "src/engine/onnx/",
    ["engine"],
    "free",
    "graph to ONNX; the only importer of the ONNX protobuf package",
  ),
  room(
    "engine/runtime/array",
    "src/engine/runtime/array-session.ts",
    ["engine"],
    "free",
    "a session of either onnxruntime as arrays in, arrays out",
  ),
  room(
    "engine/runtime/web",
    "src/engine/runtime/web-session.ts",
    ["engine", "engine/onnx", "engine/runtime/array"],
    "free",
    "sessions of onnxruntime-web",
  ),
  room("engine/runtime/address", "src/engine/runtime/runtime-address.ts", [], "free", "where onnxruntime-web is"),
  room(
    "engine/runtime",
    "src/engine/runtime/",
    ["engine", "engine/onnx", "engine/runtime/array"],
    "node",
    "sessions of onnxruntime-node; the folder is the only importer of onnxruntime",
  ),
  room("quantize", "src/quantize/", ["engine"], "free", "surrogates and the hard quantizer"),
  room(
    "networks",
    "src/networks/",
    ["engine", "quantize"],
    "free",
    "layers, transforms, entropy networks, densities, architectures",
  ),
  room(
    "objective",
    "src/objective/",
    ["engine", "quantize", "networks"],
    "free",
    "the loss of networks with surrogates: what training lowers and the laboratory measures",
  ),
  room("image", "src/image/", [], "free", "the image type, padding, colour"),
  room(
    "image inspection",
    "src/image/files/",
    ["image"],
    "node",
    "what is in an image file, and how its samples become 8-bit sRGB; running sharp on it",
  ),
  room(
    "image files",
    "src/image/read-image.ts",
    ["image", "image inspection"],
    "node",
    "reading and writing image files",
  ),
  room(
    "image bands",
    "src/image/bands/",
    ["image", "image inspection", "image files"],
    "node",
    "image files of any size, read and written by bands of rows",
  ),
  room("codec/entropy", "src/codec/entropy/", [], "free", "integers only: tables and the entropy coder"),
  room("codec/container", "src/codec/container/", [], "free", "bytes only: the file around the coded sections"),
  room(
    "codec",
    "src/codec/",
    ["codec/entropy", "codec/container", "networks", "quantize", "objective", "engine", "image"],
    "free",
    "model files in memory, latents to bytes, images to streams",
  ),
  room(
    "train/data/drawn",
    "src/train/data/drawn/",
    ["engine"],
    "node",
    "drawn pictures for training: screenshots, text, line art, dithering, patterns, pixel art",
  ),
  room(
    "train",
    "src/train/",
    ["surroundings", "train/data/drawn", ...COMPUTING, "networks", "quantize", "objective", "image", "image files"],
    "node",
    "data, loss, optimizers, loop, checkpoints",
  ),
  room(
    "cluster",
    "src/cluster/",
    ["train"],
    "node",
    "work on many machines: a queue on Redis and a store that all share; what needs their packages is loaded when it is asked for",
  ),
  room(
    "models",
    "src/models/",
    ["package folder", "codec", "codec/container", ...COMPUTING, "networks"],
    "node",
    "models on this machine: finding, opening as codecs, verifying on a device, exporting",
  ),
  room(
    "packaging",
    "src/packaging/",
    ["models", "train", "codec", ...COMPUTING, "networks"],
    "node",
    "from a training run to a model file: calibration on images, tables, exact layers",
  ),
  room("report", "src/report/", [], "free", "what a report is made of: charts as descriptions, sections, the page"),
  room("evaluate", "src/evaluate/", ["codec", "image", "image files"], "node", "metrics, anchors, comparison pictures"),
  room(
    "evaluate/study",
    "src/evaluate/study/",
    ["surroundings", "package folder", "processes", "evaluate", "models", "report", "image", "image files"],
    "node",
    "models and other codecs on folders of images: results, their schema and tables",
  ),
  room(
    "lab",
    "src/lab/",
    ["quantize", "engine", "networks", "objective"],
    "free",
    "mismatch, gradient risk, toy sources",
  ),
  room(
    "report/lab",
    "src/report/lab/",
    ["report", "lab", "engine", "quantize"],
    "free",
    "charts and sections of the laboratory",
  ),
  room(
    "report/study",
    "src/report/study/",
    ["report", "evaluate", "evaluate/study"],
    "node",
    "those of measured codecs",
  ),
  room(
    "report/figures",
    "src/report/figures/",
    ["report"],
    "node",
    "charts drawn and written, as SVG and PNG; the only importer of the plotting packages",
  ),
  room(
    "lab/trained",
    "src/lab/trained/",
    [
      "package folder",
      "lab",
      "report/lab",
      "train",
      ...COMPUTING,
      "networks",
      "quantize",
      "objective",
      "image",
      "image files",
    ],
    "node",
    "the laboratory on onnxruntime: toy codecs, trained networks and real images",
  ),
  room(
    "remote",
    "src/remote/",
    ["codec", "image"],
    "free",
    "calls between threads, and a codec in another thread as one of this thread",
  ),
  room(
    "web codec",
    "src/web/",
    ["remote", "codec", "image", "engine", "engine/onnx", "engine/runtime/web", "engine/runtime/address"],
    "free",
    "codecs by onnxruntime-web, in the thread that asks and in a worker",
  ),
  room(
    "index",
    "src/index.ts",
    ["codec", "codec/container", "image", "networks", "quantize", "engine"],
    "free",
    "public entry, any platform",
  ),
  room(
    "node",
    "src/node.ts",
    ["index", "codec", "models", "packaging", "image", "image files"],
    "node",
    "public entry on Node",
  ),
  room(
    "web",
    "src/web.ts",
    ["index", "codec", "image", "engine/runtime/web", "web codec"],
    "free",
    "public entry in a browser",
  ),
  room(
    "element",
    "src/element/",
    ["codec", "codec/container", "image", "web codec"],
    "free",
    "public entry for other people's pages: the element that shows a .hst file",
  ),
  room(
    "research",
    "src/research.ts",
    [...COMPUTING, "quantize", "networks", "objective"],
    "node",
    "public entry for surrogates and networks of one's own",
  ),
  room(
    "cli",
    "src/cli/",
    [
      "package folder",
      "surroundings",
      "processes",
      "index",
      "node",
      "train",
      "cluster",
      "evaluate",
      "evaluate/study",
      "report",
      "report/lab",
      "report/study",
      "report/figures",
      "lab",
      "lab/trained",
      "image",
      "image files",
      "image bands",
    ],
    "node",
    "the command line, one thin file per command",
  ),
  room(
    "page",
    "web/src/",
    [
      "index",
      "web",
      "web codec",
      "codec",
      "lab",
      "quantize",
      "engine",
      "engine/onnx",
      "engine/runtime/web",
      "evaluate",
      "image",
    ],
    "free",
    "the web page, a workspace of its own; its npm packages stand in web/package.json",
  ),
];

/** A room that may import the files of another only through its door: file -> the one path that outsiders name. */
export const DOORS: readonly { readonly from: string; readonly room: string; readonly door: string }[] = [
  ...[
    "quantize",
    "networks",
    "objective",
    "codec",
    "lab",
    "train",
    "models",
    "packaging",
    "report/lab",
    "lab/trained",
    "web",
  ].map((from) => ({
    from,
    room: "engine",
    door: "src/engine/index.ts",
  })),
  { from: "cli", room: "train", door: "src/train/index.ts" },
  { from: "cli", room: "cluster", door: "src/cluster/index.ts" },
  { from: "cli", room: "evaluate", door: "src/evaluate/index.ts" },
  { from: "cli", room: "evaluate/study", door: "src/evaluate/study/index.ts" },
  { from: "cli", room: "report", door: "src/report/index.ts" },
  { from: "cli", room: "report/lab", door: "src/report/lab/index.ts" },
  { from: "cli", room: "report/study", door: "src/report/study/index.ts" },
];

/** Where each npm package may be named: folders, files, or "src/" for everywhere. A package that is not listed is refused. */
export const PACKAGE_HOMES: readonly { readonly name: RegExp; readonly homes: readonly string[] }[] = [
  { name: /^onnxruntime-/, homes: ["src/engine/runtime/"] },
  { name: /^(onnx-buf|@bufbuild\/protobuf)$/, homes: ["src/engine/onnx/"] },
  { name: /^sharp$/, homes: ["src/image/read-image.ts", "src/image/files/", "src/evaluate/"] },
  { name: /^zod$/, homes: ["src/parse-with.ts", "src/train/", "src/evaluate/study/", "src/cluster/"] },
  { name: /^(bullmq|ioredis)$/, homes: ["src/cluster/queue/", "src/cluster/sweep/", "src/cluster/pictures/"] },
  { name: /^@aws-sdk\/client-s3$/, homes: ["src/cluster/store/s3-store.ts"] },
  { name: /^@bull-board\//, homes: ["src/cluster/queue/board.ts"] },
  { name: /^commander$/, homes: ["src/cli/"] },
  { name: /^(vega|vega-lite)$/, homes: ["src/report/figures/"] },
  { name: /^(@resvg\/resvg-js|dejavu-fonts-ttf)$/, homes: ["src/report/figures/", "src/train/data/drawn/"] },
];

/** Rooms with a package.json of their own, which says what packages they may name. */
export const WORKSPACE_ROOMS: readonly string[] = ["page"];

/** Packages that only tests may name. onnx-proto is a second reader: it judges what we write with onnx-buf. */
export const TEST_PACKAGES: readonly string[] = ["vitest", "fast-check", "onnx-proto"];

/** Entry points whose whole closure of value imports must do without `node:*` and without the packages named here. */
export const PLATFORM_FREE_ENTRIES: readonly string[] = [
  "src/index.ts",
  "src/web.ts",
  "src/web/codec-worker.ts",
  "src/element/halfstep-image.ts",
  "web/src/main.tsx",
  "web/src/codec/codec-worker.ts",
  "web/src/codec/pictures-worker.ts",
  "web/src/lab/lab-worker.ts",
  "web/src/proof/proof-worker.ts",
];
export const NODE_PACKAGES: readonly string[] = ["onnxruntime-node", "sharp", "commander"];

function room(
  name: string,
  path: string,
  mayImport: readonly string[],
  platform: "free" | "node",
  purpose: string,
): Room {
  return { name, path, mayImport, platform, purpose };
}

/** The table in Markdown, as ARCHITECTURE.md shows it. */
export function layerTableMarkdown(): string {
  const rows = ROOMS.map(({ name, path, mayImport, platform, purpose }) => {
    const imports = mayImport.length > 0 ? mayImport.join(", ") : "nothing";
    return `| ${name} | \`${path}\` | ${imports} | ${platform} | ${purpose} |`;
  });
  return ["| room | where | may import | platform | what |", "|---|---|---|---|---|", ...rows].join("\n");
}
