import { describe, expect, it } from "vitest";
import { checkLayers, findCircles, roomOf } from "./check-layers.ts";
import { scanImports } from "./scan-imports.ts";
import { DOORS, layerTableMarkdown, ROOMS } from "./table.ts";

const problemsOf = (files: Record<string, string>): string[] => checkLayers(new Map(Object.entries(files)));

describe("the layer table", () => {
  it("lets every room import only rooms that stand above it, so that rooms cannot form a circle", () => {
    ROOMS.forEach(({ mayImport }, index) => {
      const above = ROOMS.slice(0, index).map(({ name }) => name);
      for (const name of mayImport) expect(above).toContain(name);
    });
  });

  it("names each room once, and doors inside the room that they open", () => {
    expect(new Set(ROOMS.map(({ name }) => name)).size).toBe(ROOMS.length);
    for (const { room, door } of DOORS) expect(roomOf(door)?.name).toBe(room);
  });

  it("prints one Markdown row for each room", () => {
    expect(layerTableMarkdown().split("\n")).toHaveLength(ROOMS.length + 2);
  });
});

describe("checkLayers", () => {
  it("accepts a tree that follows the table", () => {
    expect(
      problemsOf({
        "src/errors.ts": "",
        "src/engine/index.ts": 'export * from "./graph/tensor.ts";',
        "src/engine/graph/tensor.ts": 'import { HalfstepError } from "../../errors.ts";',
        "src/engine/runtime/session.ts":
          'import "node:os"; import * as ort from "onnxruntime-node"; import "../graph/tensor.ts";',
        "src/quantize/ste.ts": 'import type { Tensor } from "../engine/index.ts";',
        "src/networks/gdn.ts": 'export * from "../quantize/ste.ts";',
        "src/networks/gdn.test.ts": 'import "vitest"; import "node:fs"; import "../engine/runtime/session.ts";',
      }),
    ).toEqual([]);
  });

  it.each([
    ["a value import", 'import { a } from "../networks/gdn.ts";'],
    ["a type import", 'import type { A } from "../networks/gdn.ts";'],
    ["a re-export", 'export { a } from "../networks/gdn.ts";'],
    ["a dynamic import", 'const a = await import("../networks/gdn.ts");'],
  ])("refuses %s against the table", (_form, source) => {
    const problems = problemsOf({ "src/networks/gdn.ts": "", "src/quantize/ste.ts": `\n${source}` });
    expect(problems).toEqual([
      expect.stringMatching(/^src\/quantize\/ste\.ts:2: quantize imports networks .*may import engine/),
    ]);
  });

  it("keeps the entropy coder and the container apart from everything", () => {
    const problems = problemsOf({
      "src/image/image.ts": "",
      "src/codec/encode.ts": 'import "./entropy/coder.ts"; import "../image/image.ts";',
      "src/codec/container/header.ts": 'import "../entropy/coder.ts";',
      "src/codec/entropy/coder.ts": 'import "../../image/image.ts";',
    });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/codec\/container imports codec\/entropy/);
    expect(problems[1]).toMatch(/codec\/entropy imports image/);
  });

  it.each([
    [
      "onnxruntime outside the runtime",
      "src/engine/graph/a.ts",
      "onnxruntime-node",
      /only be imported in src\/engine\/runtime/,
    ],
    [
      "onnxruntime in a test elsewhere",
      "src/codec/a.test.ts",
      "onnxruntime-node",
      /only be imported in src\/engine\/runtime/,
    ],
    [
      "the protobuf package outside onnx/",
      "src/engine/runtime/a.ts",
      "onnx-buf/onnx",
      /only be imported in src\/engine\/onnx/,
    ],
    ["a package without a home", "src/cli/a.ts", "left-pad", /has no home/],
    ["a test package outside a test", "src/cli/a.ts", "vitest", /outside a test/],
    ["node:fs in a platform-free room", "src/codec/entropy/a.ts", "node:fs", /runs on any platform/],
    ["a file that is not there", "src/cli/a.ts", "./b.ts", /not there/],
    ["a file outside src", "src/cli/a.ts", "../../bench/main.ts", /outside src/],
    ["a new folder without a row", "src/utils/a.ts", "node:fs", /belongs to no room/],
  ])("refuses %s", (_name, file, specifier, message) => {
    expect(problemsOf({ [file]: `import "${specifier}";` })).toEqual([expect.stringMatching(message)]);
  });

  it("refuses an import of a test, and of the file-writing helper on the platform-free side", () => {
    const problems = problemsOf({
      "src/atomic-file.ts": "",
      "src/lab/a.ts": 'import "../atomic-file.ts"; import "./b.test.ts";',
      "src/lab/b.test.ts": 'import "../atomic-file.ts";',
      "src/train/c.ts": 'import "../atomic-file.ts";',
    });
    expect(problems).toEqual([
      expect.stringContaining("src/lab/a.ts:1: imports src/atomic-file.ts from lab"),
      expect.stringContaining("imports the test src/lab/b.test.ts"),
    ]);
  });

  it("lets the command line reach train only through its door", () => {
    const tree = { "src/train/index.ts": "", "src/train/loop.ts": "" };
    expect(problemsOf({ ...tree, "src/cli/train.ts": 'import "../train/index.ts";' })).toEqual([]);
    expect(problemsOf({ ...tree, "src/cli/train.ts": 'import "../train/loop.ts";' })).toEqual([
      expect.stringContaining("only through src/train/index.ts"),
    ]);
  });

  it("lets networks reach the engine only through its face", () => {
    const tree = { "src/engine/index.ts": "", "src/engine/ops/matmul.ts": "" };
    expect(problemsOf({ ...tree, "src/networks/a.ts": 'import "../engine/index.ts";' })).toEqual([]);
    expect(problemsOf({ ...tree, "src/networks/a.ts": 'import "../engine/ops/matmul.ts";' })).toEqual([
      expect.stringContaining("only through src/engine/index.ts"),
    ]);
  });

  it("follows value imports from a browser entry to the Node side, but not type imports", () => {
    const tree = {
      "src/engine/runtime/web-session.ts": 'import "./array-session.ts";',
      "src/engine/runtime/array-session.ts": 'import "onnxruntime-node";',
    };
    const entry = (words: string): string => `${words} from "./engine/runtime/web-session.ts";`;
    expect(problemsOf({ ...tree, "src/web.ts": entry("export type { A }") })).toEqual([]);
    expect(problemsOf({ ...tree, "src/web.ts": entry("export { a }") })).toEqual([
      'src/web.ts: reaches "onnxruntime-node" through src/web.ts -> src/engine/runtime/web-session.ts -> src/engine/runtime/array-session.ts -> onnxruntime-node; it must load in a browser',
    ]);
  });

  it("reports a circle with its whole way, also one of type imports", () => {
    const problems = problemsOf({
      "src/lab/a.ts": 'import "./b.ts";',
      "src/lab/b.ts": 'import type { C } from "./c.ts";',
      "src/lab/c.ts": 'import "./b.ts"; import "./d.ts";',
      "src/lab/d.ts": "",
    });
    expect(problems).toEqual([expect.stringContaining("in a circle: src/lab/b.ts -> src/lab/c.ts -> src/lab/b.ts")]);
  });
});

describe("findCircles", () => {
  it("finds a file that imports itself, and none where two ways lead to one file", () => {
    const of = (files: Record<string, string>): string[][] =>
      findCircles(new Map(Object.entries(files).map(([file, source]) => [file, scanImports(source)])));
    expect(of({ "src/a.ts": 'import "./a.ts";' })).toEqual([["src/a.ts", "src/a.ts"]]);
    expect(
      of({ "src/a.ts": 'import "./b.ts"; import "./c.ts";', "src/b.ts": 'import "./c.ts";', "src/c.ts": "" }),
    ).toEqual([]);
  });
});
