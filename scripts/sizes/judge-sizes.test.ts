import { describe, expect, it } from "vitest";
import { judgeSizes, MAX_BINARY_BYTES, type TrackedFile } from "./judge-sizes.ts";

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

  it("adds up binary files and refuses more than the limit", () => {
    const half = MAX_BINARY_BYTES / 2;
    expect(judgeSizes([binary("a.png", half), binary("b.bin", half)]).problems).toEqual([]);
    const over = judgeSizes([binary("a.png", half), binary("b.bin", half + 1), text("c.md", 5)]);
    expect(over.binaryBytes).toBe(MAX_BINARY_BYTES + 1);
    expect(over.problems).toEqual([expect.stringMatching(/^binary files: got 60000001 bytes/)]);
  });
});
