/** Which files a batch works on, and where each result goes. Folders inside a named folder are kept. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { HalfstepError, UsageError } from "../../errors.ts";

/** One file of a batch. */
export interface BatchFile {
  readonly input: string;
  readonly output: string;
}

/** What the user asked for. */
export interface BatchRequest {
  /** Files and folders, as they were named. */
  readonly inputs: readonly string[];
  /** Folder of the results. */
  readonly out: string;
  /** Files of a folder are taken if their names match this. A file that the user names is always taken. */
  readonly endings: RegExp;
  /** The ending of the results, with its dot. It replaces the ending of the input. */
  readonly ending: string;
}

/**
 * The files, in the order in which they were named and by name within a folder.
 * @throws {HalfstepError} `cannot-read`, `empty-folder`
 * @throws {UsageError} `output-collision` for two files that would give one result
 */
export async function batchFiles({ inputs, out, endings, ending }: BatchRequest): Promise<readonly BatchFile[]> {
  const files: BatchFile[] = [];
  const add = (input: string, within: string): void => {
    const name = path.basename(input, path.extname(input)) + ending;
    files.push({ input, output: path.join(out, within, name) });
  };
  for (const input of inputs) {
    if (!(await isFolder(input))) add(input, "");
    else for (const { folder, name } of await namesIn(input, endings)) add(path.join(input, folder, name), folder);
  }
  if (files.length === 0) {
    throw new HalfstepError(
      "empty-folder",
      `${inputs.join(", ")}: got no files of a kind that this command reads; name others`,
    );
  }
  const byOutput = new Map<string, string>();
  for (const { input, output } of files) {
    const other = byOutput.get(output);
    if (other !== undefined) {
      throw new UsageError(
        "output-collision",
        `${output}: got ${other} and ${input}, expected one input for each result; rename one of them, or use two folders`,
      );
    }
    byOutput.set(output, input);
  }
  return files;
}

async function isFolder(input: string): Promise<boolean> {
  try {
    return (await stat(input)).isDirectory();
  } catch (error) {
    throw new HalfstepError(
      "cannot-read",
      `${input}: cannot be read (${(error as NodeJS.ErrnoException).code}); check the name`,
      {
        cause: error,
      },
    );
  }
}

/** Files in a folder and in the folders inside it, without hidden ones. */
async function namesIn(
  root: string,
  endings: RegExp,
): Promise<readonly { readonly folder: string; readonly name: string }[]> {
  const found: { folder: string; name: string }[] = [];
  const look = async (folder: string): Promise<void> => {
    const entries = await readdir(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory()) await look(path.join(folder, entry.name));
      else if (endings.test(entry.name)) found.push({ folder, name: entry.name });
    }
  };
  await look("");
  return found;
}
