import { describe, expect, it } from "vitest";
import {
  judgeSizes,
  MAX_BINARY_BYTES,
  MAX_COMMENT_COLUMNS,
  MAX_PROSE_COLUMNS,
  type TrackedFile,
} from "./judge-sizes.ts";

const text = (name: string, lines: number): TrackedFile => {
  const content = Buffer.from("x\n".repeat(lines));
  return { name, bytes: content.length, content };
};
const binary = (name: string, bytes: number): TrackedFile => ({ name, bytes, content: Uint8Array.of(0) });

describe("judgeSizes", () => {
  it("refuses a source file of 401 lines, warns at 301, and lets a long document be", () => {
    const { problems, warnings } = judgeSizes([
      text("a.ts", 401),
      text("b.ts", 400),
      text("c.py", 300),
      text("d.md", 2000),
    ]);
    expect(problems).toEqual([expect.stringMatching(/^a\.ts: got 401 lines/)]);
    expect(warnings).toEqual([expect.stringMatching(/^b\.ts: 400 lines/)]);
  });

  it("refuses long lines of comment and prose, and lets code and tables be", () => {
    const file = (name: string, line: string): TrackedFile => ({
      name,
      bytes: 0,
      content: Buffer.from(`x\n${line}\n`),
    });
    const [comment, prose] = [MAX_COMMENT_COLUMNS, MAX_PROSE_COLUMNS];
    const { problems } = judgeSizes([
      file("a.ts", `  // ${"y".repeat(comment - 5)}`),
      file("b.ts", `  // ${"y".repeat(comment - 4)}`),
      file("c.ts", `const x = "${"y".repeat(comment)}";`),
      file("d.md", "y".repeat(prose)),
      file("e.md", "y".repeat(prose + 1)),
      file("f.md", `| ${"y".repeat(prose)} |`),
      file("g.md", `\`\`\`\n${"y".repeat(prose + 1)}\n\`\`\``),
    ]);
    expect(problems).toEqual([
      `b.ts:2: got ${comment + 1} columns, expected at most ${comment}; break the line`,
      `e.md:2: got ${prose + 1} columns, expected at most ${prose}; break the line`,
    ]);
  });

  it("adds up binary files and refuses more than the limit", () => {
    const half = MAX_BINARY_BYTES / 2;
    expect(judgeSizes([binary("a.png", half), binary("b.bin", half)]).problems).toEqual([]);
    const over = judgeSizes([binary("a.png", half), binary("b.bin", half + 1), text("c.md", 5)]);
    expect(over.binaryBytes).toBe(MAX_BINARY_BYTES + 1);
    expect(over.problems).toEqual([expect.stringMatching(/^binary files: got 60000001 bytes/)]);
  });
});
