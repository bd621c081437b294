/** The blocks of code of a page, as its readers would run them. */

/** A block of code. */
export interface Snippet {
  /** The word behind the fence. */
  readonly language: string;
  /** The file that the block is, where the fence says `file=name`. */
  readonly file: string | null;
  readonly code: string;
}

/** The blocks of a page of Markdown, in order. */
export function snippetsOf(markdown: string): readonly Snippet[] {
  return [...markdown.matchAll(/^```(\w*)(?: file=(\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", file = null, code = ""]) => ({ language, file, code }),
  );
}
