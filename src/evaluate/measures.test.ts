import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { MEASURE_NAMES, MEASURES } from "./measures.ts";

/** 192 x 192 pixels of waves; `by` is how far every second level is off. */
function waves(by: number): Image {
  const data = Uint8Array.from({ length: 3 * 192 * 192 }, (_, i) => 128 + 90 * Math.sin(i / 40) + (i % 2) * by);
  return { width: 192, height: 192, data };
}

describe.each(MEASURE_NAMES)("the measure %s", (name) => {
  const { measure } = MEASURES[name];

  it("is the better the closer two images are", () => {
    const [near, far] = [measure(waves(0), waves(4)), measure(waves(0), waves(24))];
    expect(near).toBeGreaterThan(far as number);
  });

  it("has its field explained in results/README.md", () => {
    const text = readFileSync(new URL("../../results/README.md", import.meta.url), "utf8");
    expect(text).toMatch(new RegExp(`^\\| \`${name}\`[^|]* \\|`, "m"));
  });
});
