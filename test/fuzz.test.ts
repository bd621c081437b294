/** A part of the fuzzing that `npm run fuzz` goes on with, in a process of its own that is given little memory. */
import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type FuzzReport, type FuzzTarget, fuzz } from "../scripts/fuzz/fuzz.ts";
import { writeStream } from "../src/codec/container/stream.ts";
import { compiled, PROJECT } from "./support/child-program.ts";

const run = promisify(execFile);

it("hostile streams and models end in an image, a model or an error of the project, in little memory", async () => {
  const words = ["--max-old-space-size=128", compiled("scripts/fuzz/main.ts"), "--count", "4000"];
  const { stdout } = await run(process.execPath, words, { cwd: PROJECT });
  const { everyByte, streams, models } = JSON.parse(stdout) as {
    readonly everyByte: { readonly streams: number; readonly findings: readonly string[] };
    readonly streams: FuzzReport;
    readonly models: FuzzReport;
  };
  expect([...everyByte.findings, ...streams.findings, ...models.findings]).toEqual([]);
  expect(everyByte.streams).toBeGreaterThan(2000);
  expect([streams.tried, models.tried]).toEqual([3600, 400]);
  // It reaches behind the checksum, in both directions.
  for (const ending of [
    "an image",
    "truncated",
    "corrupt-payload",
    "limit-exceeded",
    "bad-header",
    "image-too-large",
  ]) {
    expect(streams.endings[ending], ending).toBeGreaterThan(2);
  }
  for (const ending of ["a model", "bad-safetensors", "bad-model", "bad-tables"]) {
    expect(models.endings[ending], ending).toBeGreaterThan(5);
  }
}, 180_000);

it("an error that is not the project's is found, with its seed", async () => {
  const stream = writeStream({ modelIdentity: new Uint8Array(8), width: 1, height: 1, sections: [new Uint8Array(9)] });
  const fails = { decode: () => Promise.reject(new TypeError("a broken decoder")) };
  const target = { codecs: [{ codec: fails, streams: [stream] }], models: [] } as unknown as FuzzTarget;
  const { findings } = await fuzz(target, { what: "streams", first: 7, count: 2 });
  expect(findings).toHaveLength(2);
  expect(findings[0]).toMatch(/^seed 7: TypeError: a broken decoder/);
});
