/** A reader of the guides at work: a folder of their own, in which they follow what a page shows. */
import { cp, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { expect } from "vitest";
import { type Ending, start } from "./child-program.ts";
import type { Snippet } from "./snippets.ts";

/** A reader in a folder that nobody else uses. */
export interface Reader {
  /** Where a file of the folder is. */
  at(name: string): string;
  /** Runs a program in the folder. */
  run(program: string, ...words: string[]): Promise<Ending>;
}

/** What a reader has. */
export interface ReaderTools {
  /** What npx finds as `halfstep`. */
  readonly program: string;
  /** What is changed in every JSON file of a page, so that nobody waits for hours. */
  readonly json: object;
  /** Without Debian's python3-onnx the graphs cannot be opened from Python. */
  readonly hasOnnx: boolean;
}

/** A reader whose folder begins as a copy of another. */
export async function readerIn(own: string, template: string): Promise<Reader> {
  await cp(template, own, { recursive: true });
  return {
    at: (file) => path.join(own, file),
    run: (program, ...words) => start(program, words, { cwd: own }),
  };
}

/** Does what a block of a page says, and expects that it works. */
export async function followSnippet(
  { at, run }: Reader,
  { language, file, code }: Snippet,
  { program, json, hasOnnx }: ReaderTools,
): Promise<void> {
  if (file !== null) {
    await writeFile(at(file), language === "json" ? JSON.stringify({ ...JSON.parse(code), ...json }) : code);
  } else if (language === "js") {
    await writeFile(at("snippet.mjs"), code);
    expect(await run(process.execPath, "snippet.mjs"), code).toMatchObject({ stderr: "", exitCode: 0 });
  } else if (language === "sh") {
    for (const line of code.trim().split("\n")) {
      if (line.startsWith("python3 ") && !hasOnnx) continue;
      // What npx finds there, without npx.
      const command = line.replaceAll("npx halfstep", program);
      const ending = await run("sh", "-c", command.replace(/^python3 /, "/usr/bin/python3 "));
      expect(ending, `${line}\n${ending.stdout}${ending.stderr}`).toMatchObject({ exitCode: 0 });
    }
  }
}
