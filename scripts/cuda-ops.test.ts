/** The evaluator of graphs in PyTorch (experiments/cuda/graph.py) knows the same ops as the table of ops. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { operators } from "../src/engine/ops/table.ts";

/** What the evaluator reads by itself; inputs are no operators. */
const SOURCES = ["constant"];

it("experiments/cuda/graph.py knows every op of src/engine/ops/table.ts, and only these", () => {
  const text = readFileSync(path.resolve(import.meta.dirname, "../experiments/cuda/graph.py"), "utf8");
  const table = /^OPS[^=]* = \{\n(.*?)^\}/ms.exec(text)?.[1] ?? "";
  const known = [...table.matchAll(/^ {4}"([a-z0-9-]+)":/gm)].map(([, name]) => name as string);
  expect(known.length).toBeGreaterThan(20);
  expect([...known, ...SOURCES].sort()).toEqual(Object.keys(operators).sort());
});
