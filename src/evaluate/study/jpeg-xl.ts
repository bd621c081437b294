/**
 * JPEG XL by the programs `cjxl` and `djxl` of libjxl, which sharp's prebuilt library lacks: pixels go in and come out as PPM files
 * in a folder of their own that is removed afterwards.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { HalfstepError } from "../../errors.ts";
import type { Image } from "../../image/image.ts";
import type { FileCodec } from "./file-codec.ts";

const run = promisify(execFile);

/** Version of `cjxl`. @throws {HalfstepError} `missing-program` if it or `djxl` is not in the PATH. */
export async function jpegXlVersion(): Promise<string> {
  const [encoder] = await Promise.all([runProgram("cjxl", ["--version"]), runProgram("djxl", ["--version"])]);
  return `libjxl ${/v(\d+\.\d+\.\d+)/.exec(encoder)?.[1] ?? "of unknown version"} (cjxl)`;
}

/** The codec; its setting is the quality of `cjxl -q`. */
export function jpegXl(): FileCodec {
  return {
    encode: (image, setting) =>
      inFolder(async (folder) => {
        const [pixels, file] = [path.join(folder, "in.ppm"), path.join(folder, "out.jxl")];
        await writeFile(pixels, ppm(image));
        await runProgram("cjxl", [pixels, file, "-q", setting, "--num_threads=0", "--quiet"]);
        return readFile(file);
      }),
    decode: (bytes) =>
      inFolder(async (folder) => {
        const [file, pixels] = [path.join(folder, "in.jxl"), path.join(folder, "out.ppm")];
        await writeFile(file, bytes);
        await runProgram("djxl", [file, pixels, "--num_threads=1", "--quiet"]);
        return parsePpm(await readFile(pixels));
      }),
    close: async () => undefined,
  };
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), "halfstep-jxl-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runProgram(program: string, words: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(program, words);
    return stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new HalfstepError(
        "missing-program",
        `codec jxl: ${program} is not in the PATH; install libjxl's tools (Debian and Ubuntu: libjxl-tools) or leave jxl out`,
        { cause: error },
      );
    }
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : "";
    throw new HalfstepError("program-failed", `codec jxl: ${program} failed (${said || String(error)})`, {
      cause: error,
    });
  }
}

/** A binary PPM file of 8-bit RGB. */
export function ppm({ width, height, data }: Image): Uint8Array {
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`, "latin1"), data]);
}

/** The pixels of such a file. @throws {HalfstepError} `program-failed` for anything else. */
export function parsePpm(file: Uint8Array): Image {
  const head = Buffer.from(file.subarray(0, 64)).toString("latin1");
  const match = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(head);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const data = file.subarray(match?.[0].length ?? 0);
  if (match === null || data.length !== 3 * width * height) {
    throw new HalfstepError(
      "program-failed",
      `codec jxl: djxl wrote ${file.length} bytes that start with "${head.slice(0, 12).replace(/[^ -~]/g, ".")}", expected a PPM of 8-bit RGB`,
    );
  }
  return { width, height, data };
}
