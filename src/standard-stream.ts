/** The name by which a command line means its own input or output. */

/** Stands for standard input where a file is read, and for standard output where one is written. */
export const STANDARD_STREAM = "-";

/** What messages call an input. */
export function inputName(path: string): string {
  return path === STANDARD_STREAM ? "standard input" : path;
}
