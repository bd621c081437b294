/**
 * The package as it would be published: packed, installed elsewhere, and used by somebody who has only that. By default the
 * dependencies are linked from the checkout (no network); with HALFSTEP_INSTALL=1, as in .ci/run, npm installs the tarball.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROJECT, start } from "./support/child-program.ts";

let folder: string;
let packed: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "halfstep-packed-"));
  const packing = await start("npm", ["pack", "--silent", "--pack-destination", folder]);
  expect(packing, packing.stdout + packing.stderr).toMatchObject({ exitCode: 0 });
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack wrote no tarball");
  packed = (await start("tar", ["-tzf", tarball], { cwd: folder })).stdout.trim().split("\n");
  await writeFile(path.join(folder, "package.json"), '{ "name": "somebody", "private": true, "type": "module" }');
  if (process.env.HALFSTEP_INSTALL === "1") {
    const install = await start("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], {
      cwd: folder,
      // The CPU library is in the package; onnxruntime's install script would download CUDA's.
      env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
    });
    expect(install, install.stderr).toMatchObject({ exitCode: 0 });
  } else await installOffline(tarball);
}, 180_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What `npm install` does, with links in place of downloads: only declared dependencies can be found. */
async function installOffline(tarball: string): Promise<void> {
  const modules = path.join(folder, "node_modules");
  await mkdir(path.join(modules, ".bin"), { recursive: true });
  await start("tar", ["-xzf", tarball], { cwd: folder });
  await rename(path.join(folder, "package"), path.join(modules, "halfstep"));
  const manifest = JSON.parse(await readFile(path.join(modules, "halfstep", "package.json"), "utf8"));
  for (const name of Object.keys(manifest.dependencies)) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(PROJECT, "node_modules", name), path.join(modules, name));
  }
  const program = path.join(modules, "halfstep", manifest.bin.halfstep);
  await chmod(program, 0o755);
  await symlink(program, path.join(modules, ".bin", "halfstep"));
}

const npx = (...words: string[]) => start("npx", ["--no-install", "halfstep", ...words], { cwd: folder });

describe("the packed package", () => {
  it("holds the built program, its licence and its format, and neither tests nor sources", () => {
    for (const name of ["dist/cli/main.js", "dist/node.js", "dist/node.d.ts", "LICENSE", "README.md", "FORMAT.md"]) {
      expect(packed).toContain(`package/${name}`);
    }
    expect(
      packed.filter((name) => /\.test\.|\/src\/|\/test\/|evaluate-both|ops\/examples|(?<!\.d)\.ts$/.test(name)),
    ).toEqual([]);
  });

  it("prints its version with nothing on standard error", async () => {
    const { version } = JSON.parse(await readFile(path.join(PROJECT, "package.json"), "utf8"));
    expect(await npx("--version")).toEqual({ stdout: `${version}\n`, stderr: "", exitCode: 0 });
  });

  it("gives the library by its name, with types", async () => {
    await writeFile(
      path.join(folder, "use.mjs"),
      'import { readHeader, readStream } from "halfstep"; process.stdout.write([typeof readStream, typeof readHeader].join());',
    );
    expect(await start(process.execPath, ["use.mjs"], { cwd: folder })).toEqual({
      stdout: "function,function",
      stderr: "",
      exitCode: 0,
    });
  });
});
