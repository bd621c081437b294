import { describe, expect, it } from "vitest";
import { qualities, rateBounds, words } from "./parse-list.ts";

describe("lists in options", () => {
  it("are words between commas", () => {
    expect(words("a,b,,c")).toEqual(["a", "b", "c"]);
    expect(words("")).toEqual([]);
  });

  it("are qualities as numbers, or from one to another in steps, the last one included where a step meets it", () => {
    expect(qualities("0,12.5,100")).toEqual([0, 12.5, 100]);
    expect(qualities("0-100:25")).toEqual([0, 25, 50, 75, 100]);
    expect(qualities("40-41:0.3")).toEqual([40, 40.3, 40.6, 40.9]);
    expect(qualities("0-100:2.5")).toHaveLength(41);
    expect(qualities("0-1:0.1").at(-1)).toBe(1);
    for (const wrong of [
      "",
      "101",
      "-1",
      "1.25",
      "a",
      "5,x",
      " ,5",
      "50-40:1",
      "0-100:0",
      "0-101:1",
      "0-10:0.15",
      "1..2-3:1",
    ]) {
      expect(() => qualities(wrong), wrong).toThrow(/from 0 to 100 in steps of 0\.1/);
    }
  });

  it("are two rising rates", () => {
    expect(rateBounds("0.15,1.2")).toEqual([0.15, 1.2]);
    for (const wrong of ["", "1", "1,1", "2,1", "0,1", "1,2,3", "a,b", "-1,2"]) {
      expect(() => rateBounds(wrong), wrong).toThrow(/two numbers of bits per pixel, the smaller first/);
    }
  });
});
