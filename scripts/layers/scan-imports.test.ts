import { describe, expect, it } from "vitest";
import { scanImports } from "./scan-imports.ts";

const specifiers = (source: string): string[] => scanImports(source).map(({ specifier }) => specifier);

describe("scanImports", () => {
  it("finds every form of import and re-export", () => {
    const source = [
      'import a from "./a.ts";',
      'import * as b from "./b.ts";',
      'import { c, type C } from "./c.ts";',
      'import "./d.ts";',
      'export * from "./e.ts";',
      'export * as f from "./f.ts";',
      'export { g } from "./g.ts";',
      'const h = await import("./h.ts");',
      'type I = import("./i.ts").I;',
      "import {",
      "  j,",
      "} from './j.ts'",
      "import from_ from './k.ts'",
    ].join("\n");
    expect(specifiers(source)).toEqual("abcdefghijk".split("").map((name) => `./${name}.ts`));
  });

  it("tells type-only and dynamic imports from others and gives the line of the specifier", () => {
    const source =
      'import type { A } from "./a.ts";\nexport type {\n  B,\n} from "./b.ts";\nexport type * from "./c.ts";\nimport type from "./d.ts";\nimport { type E } from "./e.ts";\nimport("./f.ts");';
    expect(scanImports(source)).toEqual([
      { specifier: "./a.ts", line: 1, typeOnly: true, dynamic: false },
      { specifier: "./b.ts", line: 4, typeOnly: true, dynamic: false },
      { specifier: "./c.ts", line: 5, typeOnly: true, dynamic: false },
      { specifier: "./d.ts", line: 6, typeOnly: false, dynamic: false },
      { specifier: "./e.ts", line: 7, typeOnly: false, dynamic: false },
      { specifier: "./f.ts", line: 8, typeOnly: false, dynamic: true },
    ]);
  });

  it.each([
    ["a line comment", '// import "./x.ts"'],
    ["a block comment", '/**\n * import { x } from "./x.ts";\n */'],
    ["a string", `const text = 'import "./x.ts"';`],
    ["a template", '`import "./x.ts"`'],
    ["the text around a template's expression", '`${1} import("./x.ts") ${{ a: 1 }.a} export * from "./x.ts"`'],
    ["a regular expression", 'const pattern = /import "x"/;'],
    ["import.meta", 'const here = import.meta.url; const from = "./x.ts";'],
    ["a local export list", 'const a = 1;\nexport { a };\nconst from = "./x.ts";'],
    ["an exported declaration", 'export const from = "./x.ts";'],
    ["an exported type", 'export type Name = "a" | "b";'],
    ["a method called import", 'loader.import("./x.ts");'],
  ])("does not take %s for an import", (_name, source) => {
    expect(specifiers(source)).toEqual([]);
  });

  it("keeps its place after a template, a regular expression with a quote and a division", () => {
    const source = 'const a = `${`"${1}`}`; const b = /["/]/.test("x"); const c = (1) / 2; import("./x.ts"); // "';
    expect(specifiers(source)).toEqual(["./x.ts"]);
  });

  it("sees an import inside the expression of a template", () => {
    expect(specifiers('`${await import("./x.ts")}`')).toEqual(["./x.ts"]);
  });
});
