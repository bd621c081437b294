import { expect, it } from "vitest";
import { outputKey, parsePictureJob } from "./picture-job.ts";

const JOB = {
  version: 1,
  store: "4ff7c2c5-8f0c-4c3f-8c3e-111111111111",
  model: "abc",
  settings: { quality: 50 },
  from: "photos",
  to: "streams",
  files: ["a.jpg", "in a folder/ä.png"],
};

it("a batch comes out of the queue as it went in", () => {
  expect(parsePictureJob(JSON.parse(JSON.stringify(JOB)))).toEqual(JOB);
});

it("refuses what a stranger might put there", () => {
  const hostile: [object, RegExp][] = [
    [{ ...JOB, files: ["../../etc/passwd"] }, /expected names between single slashes/],
    [{ ...JOB, files: ["/etc/passwd"] }, /expected names between single slashes/],
    [{ ...JOB, files: ["a\u0000.jpg"] }, /expected names between single slashes/],
    [{ ...JOB, to: "../outside" }, /expected names between single slashes/],
    [{ ...JOB, from: "/" }, /expected names between single slashes/],
    [{ ...JOB, files: [] }, /files/],
    [{ ...JOB, files: new Array(10_001).fill("a.jpg") }, /files/],
    [{ ...JOB, settings: { quality: 1000 } }, /settings.quality/],
    [{ ...JOB, settings: { shell: "rm" } }, /settings/],
    [{ ...JOB, extra: 1 }, /extra/],
  ];
  for (const [job, message] of hostile) expect(() => parsePictureJob(job)).toThrow(message);
});

it("names a stream as compress does, with the ending replaced", () => {
  const names = ["a.jpg", "a.b/c.tar.png", "no-ending"].map((file) => outputKey("to", file));
  expect(names).toEqual(["to/a.hst", "to/a.b/c.tar.hst", "to/no-ending.hst"]);
});
