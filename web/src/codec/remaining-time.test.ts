import { expect, it } from "vitest";
import { remainingTime } from "./remaining-time.ts";

it("tells how long the rest takes, from the parts since its first call", () => {
  const left = remainingTime();
  // Half a second passed before the first part; it does not count.
  expect(left(0, 500)).toBeNull();
  expect(left(0.01, 600)).toBeNull();
  expect(left(0.25, 1500)).toBe(3000);
  expect(left(1, 4500)).toBe(0);
});
