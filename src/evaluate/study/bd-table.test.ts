import { expect, it } from "vitest";
import { MEASURE_NAMES } from "../measures.ts";
import { QUALITIES } from "./bd-table.ts";

it("curves can be compared in every measure", () => {
  expect(
    Object.values(QUALITIES)
      .map(({ measure }) => measure)
      .sort(),
  ).toEqual([...MEASURE_NAMES].sort());
});
