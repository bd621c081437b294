import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomModelBytes } from "../../test/support/random-model.ts";
import { loadModelBytes } from "./loaded-model.ts";
import { cacheFolder, ModelCache } from "./model-cache.ts";

const bytes = randomModelBytes({ type: "factorized-prior", N: 4, M: 4 });
const { identity } = loadModelBytes(bytes, "test").info;
const URL_WITH_SECRET = "https://models.example/a.safetensors?token=swordfish";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-cache-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("cacheFolder", () => {
  const at = (platform: NodeJS.Platform, env: Record<string, string>): string =>
    cacheFolder({ platform, env, home: "/home/ada" });

  it("is where the platform keeps caches, unless HALFSTEP_CACHE says otherwise", () => {
    expect(at("linux", {})).toBe("/home/ada/.cache/halfstep");
    expect(at("linux", { XDG_CACHE_HOME: "/big/cache" })).toBe("/big/cache/halfstep");
    expect(at("linux", { XDG_CACHE_HOME: "relative" })).toBe("/home/ada/.cache/halfstep");
    expect(at("darwin", { XDG_CACHE_HOME: "/big/cache" })).toBe("/home/ada/Library/Caches/halfstep");
    expect(at("win32", { LOCALAPPDATA: "/local" })).toBe("/local/halfstep/cache");
    expect(at("win32", {})).toBe("/home/ada/AppData/Local/halfstep/cache");
    for (const platform of ["linux", "darwin", "win32"] as const) {
      expect(at(platform, { HALFSTEP_CACHE: "/mine" })).toBe("/mine");
    }
  });
});

describe("ModelCache", () => {
  it("finds what it kept by URL and by the beginning of the identity, and nothing else", async () => {
    const cache = new ModelCache(path.join(folder, "not", "there", "yet"));
    expect(await cache.byIdentity(identity)).toBeUndefined();
    expect(await cache.byUrl(URL_WITH_SECRET)).toBeUndefined();
    await cache.keep(URL_WITH_SECRET, identity, bytes);
    await cache.keep("http://elsewhere.example/", identity, bytes);
    for (const found of [await cache.byUrl(URL_WITH_SECRET), await cache.byIdentity(identity.slice(0, 16))]) {
      expect(found?.info.identity).toBe(identity);
    }
    expect(await cache.byUrl(`${URL_WITH_SECRET}2`)).toBeUndefined();
    expect(await cache.byIdentity("0123456789abcdef")).toBeUndefined();
  });

  it("writes no URL down", async () => {
    await new ModelCache(folder).keep(URL_WITH_SECRET, identity, bytes);
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    expect(files).toHaveLength(2);
    for (const { parentPath, name } of files) {
      expect(name).not.toMatch(/swordfish|example/);
      expect(await readFile(path.join(parentPath, name), "latin1")).not.toMatch(/swordfish|example/);
    }
  });

  it("takes a file that is not what its name says for none", async () => {
    const cache = new ModelCache(folder);
    await cache.keep(URL_WITH_SECRET, identity, bytes);
    await writeFile(path.join(folder, "models", `${identity}.safetensors`), bytes.subarray(1));
    expect(await cache.byUrl(URL_WITH_SECRET)).toBeUndefined();
    await cache.keep(URL_WITH_SECRET, identity, bytes);
    expect((await cache.byUrl(URL_WITH_SECRET))?.info.identity).toBe(identity);
  });

  it("says how to help where it cannot write", async () => {
    const file = path.join(folder, "a-file");
    await writeFile(file, "in the way");
    await expect(new ModelCache(file).keep(URL_WITH_SECRET, identity, bytes)).rejects.toMatchObject({
      code: "cannot-write",
      message: expect.stringContaining("set HALFSTEP_CACHE"),
    });
  });
});
