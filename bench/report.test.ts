import { describe, expect, it } from "vitest";
import { type BenchReport, formatReport, median, printReport } from "./report.ts";

const report: BenchReport = {
  name: "apples",
  rows: [
    { kind: "red", "weight g": 7 },
    { kind: "yellow", "weight g": 123.5 },
  ],
  notes: ["Weighed once."],
};

describe("bench report", () => {
  it("aligns text to the left and numbers to the right", () => {
    expect(formatReport(report).split("\n")).toEqual([
      "apples",
      "",
      "kind    weight g",
      "------  --------",
      "red            7",
      "yellow     123.5",
      "",
      "Weighed once.",
    ]);
  });

  it("prints JSON that reads back as the report", () => {
    let text = "";
    printReport(report, { json: true }, (part) => {
      text += part;
    });
    expect(JSON.parse(text)).toEqual(report);
  });

  it("takes the middle of odd and even numbers of values", () => {
    expect(median([3, 1, 10])).toBe(3);
    expect(median([4, 1, 10, 2])).toBe(3);
  });
});
