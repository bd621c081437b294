/**
 * `npm run check:sizes`: keeps the repository small to clone and its files short to read. Tracked binary files together
 * stay under 60 MB; a source file has at most 400 lines, and one over 300 is named as a warning. Exit code 1 on a violation.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { judgeSizes, type TrackedFile } from "./judge-sizes.ts";

const root = path.resolve(import.meta.dirname, "../..");
const names = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
}).split("\0");
const files: TrackedFile[] = names
  .filter((name) => name !== "" && existsSync(path.join(root, name)))
  .map((name) => ({ name, bytes: statSync(path.join(root, name)).size, content: readFileSync(path.join(root, name)) }));
const { problems, warnings, binaryBytes } = judgeSizes(files);
for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  `sizes: ${files.length} files, ${(binaryBytes / 1e6).toFixed(1)} MB binary, ${problems.length} problems\n`,
);
if (problems.length > 0) process.exitCode = 1;
