import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { needing, OPTIONAL_PACKAGES } from "./optional-package.ts";

const { peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as Record<string, Record<string, unknown>>;

it("names the versions that package.json asks for, of packages that nobody must install", () => {
  expect(peerDependencies).toMatchObject(OPTIONAL_PACKAGES);
  for (const name of Object.keys(OPTIONAL_PACKAGES)) expect(peerDependenciesMeta?.[name]).toEqual({ optional: true });
});

it("says how to install what is missing, and leaves other failures as they are", async () => {
  const absent = Object.assign(new Error("Cannot find package 'bullmq' imported from /somewhere"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  const missing = needing("--queue", ["bullmq", "ioredis"], () => Promise.reject(absent));
  await expect(missing).rejects.toMatchObject({
    code: "missing-package",
    message: `--queue: got no package bullmq, expected it beside halfstep; run: npm install 'bullmq@${OPTIONAL_PACKAGES.bullmq}' 'ioredis@${OPTIONAL_PACKAGES.ioredis}'`,
  });
  const other = Object.assign(new Error("Cannot find package 'something' imported from /somewhere"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  await expect(needing("--queue", ["bullmq"], () => Promise.reject(other))).rejects.toBe(other);
});
