/**
 * The package as it would be published: packed, and installed in an empty folder. By default the dependencies are linked from the
 * checkout (no network); with HALFSTEP_INSTALL=1, as in .ci/run, npm installs the tarball.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { expect } from "vitest";
import { PROJECT, start } from "./child-program.ts";

/** An installed package. */
export interface PackedInstall {
  /** The folder of somebody who has only the package. */
  readonly folder: string;
  /** Names of the files in the tarball. */
  readonly packed: readonly string[];
}

/** Packs and installs. */
export async function packedInstall(): Promise<PackedInstall> {
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-packed-"));
  const packing = await start("npm", ["pack", "--silent", "--pack-destination", folder]);
  expect(packing, packing.stdout + packing.stderr).toMatchObject({ exitCode: 0 });
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack wrote no tarball");
  const packed = (await start("tar", ["-tzf", tarball], { cwd: folder })).stdout.trim().split("\n");
  await writeFile(path.join(folder, "package.json"), '{ "name": "somebody", "private": true, "type": "module" }');
  if (process.env.HALFSTEP_INSTALL === "1") {
    const install = await start("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], {
      cwd: folder,
      // The CPU library is in the package; onnxruntime's install script would download CUDA's.
      env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
    });
    expect(install, install.stderr).toMatchObject({ exitCode: 0 });
  } else await installOffline(folder, tarball);
  return { folder, packed };
}

/** What `npm install` does, with links in place of downloads: only declared dependencies can be found. */
async function installOffline(folder: string, tarball: string): Promise<void> {
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
