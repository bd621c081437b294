import { describe, expect, it } from "vitest";
import { SURROGATES, surrogateName } from "../../quantize/index.ts";
import { ORDER, seriesScales } from "./series.ts";

describe("seriesScales", () => {
  it("knows the place of every surrogate", () => {
    expect([...ORDER].sort()).toEqual(SURROGATES.map(surrogateName).sort());
  });

  it("gives no two surrogates the same colour and shape", () => {
    const { color, shape } = seriesScales(ORDER);
    const looks = ORDER.map((_, i) => `${(color.range as string[])[i]} ${(shape.range as string[])[i]}`);
    expect(new Set(looks).size).toBe(ORDER.length);
  });
});
