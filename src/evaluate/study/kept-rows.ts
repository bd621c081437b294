/**
 * Finished rows beside the result that is being made, one JSON line each, so that an interrupted evaluation goes on where it stopped.
 * A row is found again by its image's content and by its maker. The maker is a codec with version and settings, or a model with its
 * identity, the versions of program and runtime, and the commit. If any of these changed, the row is measured anew. All uncommitted
 * changes of one commit count as one.
 */
import { appendFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { HalfstepError } from "../../errors.ts";
import { MEASURE_NAMES } from "../measures.ts";
import type { Row } from "./measure.ts";

/** Rows of one result. */
export class KeptRows {
  /** The file. */
  readonly path: string;
  readonly #rows: Map<string, Row> = new Map();

  private constructor(path: string) {
    this.path = path;
  }

  /** Opens the rows that are kept for the result at `out`; none if there is no such file. @throws {HalfstepError} `cannot-read`. */
  static async open(out: string): Promise<KeptRows> {
    const kept = new KeptRows(`${out}.part`);
    const text = await readFile(kept.path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw new HalfstepError("cannot-read", `${kept.path}: cannot be read (${error.code}); remove it`, {
        cause: error,
      });
    });
    const lines = text.split("\n");
    // What follows the last line end was being written when the program was killed; the next row must not join it.
    if (lines.pop() !== "") appendFileSync(kept.path, "\n");
    for (const line of lines) {
      const entry = parsedLine(line);
      if (entry !== undefined) kept.#rows.set(entry.key, entry.row);
    }
    return kept;
  }

  /** The row of a key, if it is there. */
  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  /** Keeps a row; it is in the file when this returns. @throws {HalfstepError} `cannot-write`. */
  add(key: string, row: Row): void {
    try {
      appendFileSync(this.path, `${JSON.stringify({ key, row })}\n`);
    } catch (error) {
      const cause = error instanceof Error && "code" in error ? String(error.code) : String(error);
      throw new HalfstepError(
        "cannot-write",
        `${this.path}: cannot be written (${cause}); make room or choose another --out`,
        {
          cause: error,
        },
      );
    }
    this.#rows.set(key, row);
  }

  /** Removes the file. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** Undefined for a line that was cut off, or that an older version wrote with fewer measures: its row is measured anew. */
function parsedLine(line: string): { key: string; row: Row } | undefined {
  try {
    const { key, row } = JSON.parse(line) as { key?: unknown; row?: Partial<Row> };
    return typeof key === "string" &&
      typeof row?.bytes === "number" &&
      MEASURE_NAMES.every((name) => row[name] !== undefined)
      ? { key, row: row as Row }
      : undefined;
  } catch {
    return undefined;
  }
}
