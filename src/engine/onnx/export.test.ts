import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onnx } from "onnx-proto";
import { describe, expect, it } from "vitest";
import { examples } from "../../../test/support/op-examples.ts";
import { defineGraph } from "../graph/graph.ts";
import { add } from "../ops/arithmetic.ts";
import { conv2d } from "../ops/convolution.ts";
import { constant, graphInput } from "../ops/sources.ts";
import { exportOnnx } from "./export.ts";

const PYTHON = "/usr/bin/python3";
const hasPythonOnnx = spawnSync(PYTHON, ["-c", "import onnx"]).status === 0;

describe("exportOnnx", () => {
  it("names every value once, even where an input has a name that the exporter would make", () => {
    const x = graphInput("add_0", [2]);
    const graph = defineGraph({ y: add(add(x, 1), 2) });
    const model = onnx.ModelProto.decode(exportOnnx(graph));
    const names = [...(model.graph?.input ?? []), ...(model.graph?.initializer ?? [])].map(({ name }) => name);
    names.push(...(model.graph?.node ?? []).flatMap(({ output }) => output ?? []));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("add_0");
  });

  it("writes equal nodes once", () => {
    const x = graphInput("x", [2]);
    const model = onnx.ModelProto.decode(exportOnnx(defineGraph({ y: add(add(x, 1), add(x, 1)) })));
    expect(model.graph?.node?.filter(({ opType }) => opType === "Add")).toHaveLength(2);
  });

  it("leaves only height and width open", () => {
    const y = conv2d(graphInput("x", [1, 3, 8, 8]), graphInput("w", [4, 3, 3, 3]), { padding: 1 });
    const model = onnx.ModelProto.decode(exportOnnx(defineGraph({ y }), { openImageSize: true }));
    const sizes = model.graph?.input?.[0]?.type?.tensorType?.shape?.dim ?? [];
    expect(sizes.map(({ dimParam, dimValue }) => dimParam || Number(dimValue))).toEqual([1, 3, "x/height", "x/width"]);
  });

  it("writes the elements of constants of every length", () => {
    for (const count of [1, 31, 65, 4096, 5000]) {
      const values = Float32Array.from({ length: count }, (_, i) => i - 0.1);
      const y = add(graphInput("x", [count]), constant(values, [count]));
      const initializers = onnx.ModelProto.decode(exportOnnx(defineGraph({ y }))).graph?.initializer ?? [];
      expect(initializers).toHaveLength(1);
      const { rawData, dims } = initializers[0] as onnx.TensorProto;
      expect(dims.map(Number)).toEqual([count]);
      expect(new Float32Array(Uint8Array.from(rawData as Uint8Array).buffer)).toEqual(values);
    }
  });

  it.skipIf(!hasPythonOnnx)(
    "passes the ONNX checker of another implementation (Debian's python3-onnx) for every op",
    () => {
      const folder = mkdtempSync(path.join(tmpdir(), "halfstep-onnx-"));
      try {
        const files: string[] = [];
        for (const [op, ofOp] of Object.entries(examples)) {
          ofOp.forEach((example, i) => {
            const inputs = example.inputs.map(({ shape }, k) => graphInput(`input${k}`, shape));
            const file = path.join(folder, `${op}-${i}.onnx`);
            writeFileSync(file, exportOnnx(defineGraph({ result: example.build(inputs) })));
            files.push(file);
          });
        }
        const program =
          "import sys, onnx\nfor f in sys.stdin.read().split():\n  onnx.checker.check_model(onnx.load(f), full_check=True)\n  print(f)";
        const checked = execFileSync(PYTHON, ["-c", program], { input: files.join("\n"), encoding: "utf8" });
        expect(checked.trim().split("\n")).toEqual(files);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
