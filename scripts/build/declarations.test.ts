import { describe, expect, it } from "vitest";
import { unreachedDeclarations } from "./declarations.ts";

const TEXTS = new Map([
  ["node.d.ts", 'export { a } from "./parts/a.ts";\nexport type B = import("./parts/b.js").B;\n'],
  ["parts/a.d.ts", 'import type { C } from "../c.ts";\nimport { z } from "zod";\nexport declare const a: C;\n'],
  ["parts/b.d.ts", "export type B = 1;\n"],
  ["c.d.ts", 'import type { A } from "./parts/a.ts";\nexport type C = A;\n'],
  ["parts/inner.d.ts", 'import type { B } from "./b.ts";\n'],
]);

describe("unreachedDeclarations", () => {
  it("names what no entry leads to, by whatever form of import", () => {
    expect(unreachedDeclarations(["node.d.ts"], TEXTS)).toEqual(["parts/inner.d.ts"]);
    expect(unreachedDeclarations(["parts/inner.d.ts"], TEXTS)).toEqual(["node.d.ts", "parts/a.d.ts", "c.d.ts"]);
  });

  it("refuses an import of what is not there", () => {
    expect(() => unreachedDeclarations(["web.d.ts"], TEXTS)).toThrow("no web.d.ts");
  });
});
