/** A part of the fuzzing that `npm run fuzz` goes on with. */
import { expect, it } from "vitest";
import { fuzz, openFuzzTarget } from "../scripts/fuzz/fuzz.ts";

it("2,000 hostile streams and models end in an image, a model or an error of the project", async () => {
  const target = await openFuzzTarget();
  const report = await fuzz(target, 0, 2000);
  await target.close();
  expect(report.findings).toEqual([]);
  // It reaches behind the checksum, in both directions.
  for (const ending of ["an image", "a model", "truncated", "corrupt-payload", "limit-exceeded", "bad-safetensors"]) {
    expect(report.endings[ending], ending).toBeGreaterThan(5);
  }
}, 60_000);
