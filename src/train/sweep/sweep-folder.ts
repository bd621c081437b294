/**
 * The folder that a plan's runs are kept in, shared by any number of processes and plans:
 *
 *   images.json        which images its runs are trained on: one set for a folder
 *   runs/<id>/         the training of a run, as `halfstep train` keeps it
 *   results/<id>.json  its result, written when it is over
 *   claims/<id>.lock   who is working on it
 */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { makeFolder } from "../../atomic-file.ts";
import { HalfstepError, UsageError } from "../../errors.ts";
import { parseWith } from "../../parse-with.ts";
import { readText } from "../reading.ts";
import { replaceFile } from "../replace-file.ts";
import { createWhole } from "../run-lock.ts";
import { type RunResult, runResultSchema } from "./run-result.ts";

/** Says which images the runs of a folder are trained on. */
export const IMAGES_FILE = "images.json";

const imagesSchema = z.strictObject({ version: z.literal(1), dataHash: z.string() });

/** The places in such a folder. */
export class SweepFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes what is missing. @throws HalfstepError "cannot-write" */
  make(): void {
    for (const name of ["runs", "results", "claims"]) makeFolder(path.join(this.folder, name));
  }

  /** Folder of a run's training. */
  runFolder(id: string): string {
    return path.join(this.folder, "runs", id);
  }

  /** The lock of the process that works on a run. */
  claimFile(id: string): string {
    return path.join(this.folder, "claims", `${id}.lock`);
  }

  #resultFile(id: string): string {
    return path.join(this.folder, "results", `${id}.json`);
  }

  /** The result of a run, or undefined while it is not over. @throws HalfstepError "bad-result" for a damaged one. */
  readResult(id: string): RunResult | undefined {
    const file = this.#resultFile(id);
    return existsSync(file) ? parseFile(runResultSchema, file) : undefined;
  }

  /** All results that the folder holds, of this plan or another. @throws HalfstepError "bad-result" for a damaged one. */
  readResults(): readonly RunResult[] {
    const folder = path.join(this.folder, "results");
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => parseFile(runResultSchema, path.join(folder, name)));
  }

  /** Stores the result of a run. @throws HalfstepError "cannot-write" */
  writeResult(result: RunResult): void {
    replaceFile(this.#resultFile(result.id), `${JSON.stringify(result, null, 1)}\n`);
  }

  /**
   * Notes which images the runs of this folder are trained on, the first time, and compares after that.
   * @throws UsageError "other-images" when they are not those of before
   */
  checkImages(dataHash: string): void {
    const file = path.join(this.folder, IMAGES_FILE);
    // Processes that start together may both be the first: one of them notes, and both compare.
    createWhole(file, `${JSON.stringify({ version: 1, dataHash })}\n`);
    const before = parseFile(imagesSchema, file).dataHash;
    if (before === dataHash) return;
    throw new UsageError(
      "other-images",
      `sweep "${this.folder}": got images with the hash ${dataHash.slice(0, 12)}, expected ${before.slice(0, 12)}, which its runs were trained on; give those by --data, or another folder by --out`,
    );
  }
}

function parseFile<Schema extends z.ZodType>(schema: Schema, file: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof HalfstepError) throw error;
    throw badResult(file, (error as Error).message, error);
  }
  return parseWith(schema, json, (problem, cause) => badResult(file, problem, cause));
}

function badResult(file: string, problem: string, cause: unknown): HalfstepError {
  const message = `"${file}": got a damaged file (${problem}), expected what a sweep wrote; delete it to make it again`;
  return new HalfstepError("bad-result", message, { cause });
}
