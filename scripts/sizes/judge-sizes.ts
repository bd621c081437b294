/** The limits on file sizes, as a pure function of the files. */

/** The most bytes of all binary files of the repository together, so that a clone stays quick. */
export const MAX_BINARY_BYTES = 60e6;
/** A source file longer than this is refused. */
export const MAX_SOURCE_LINES = 400;
/** A source file longer than this is named in a warning. */
export const WARN_SOURCE_LINES = 300;

/** A line of comment longer than this is refused. */
export const MAX_COMMENT_COLUMNS = 180;
/** A line of Markdown longer than this is refused, outside tables and code. */
export const MAX_PROSE_COLUMNS = 300;

const SOURCE = /\.(ts|mts|mjs|js|py|tsx|css|html)$/;

/** A file of the repository. */
export interface TrackedFile {
  /** Path relative to the repository. */
  readonly name: string;
  readonly bytes: number;
  readonly content: Uint8Array;
}

/** What {@link judgeSizes} found. */
export interface SizeJudgement {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly binaryBytes: number;
}

/** Applies the limits. A file with a zero byte counts as binary. */
export function judgeSizes(files: readonly TrackedFile[]): SizeJudgement {
  const problems: string[] = [];
  const warnings: string[] = [];
  let binaryBytes = 0;
  for (const { name, bytes, content } of files) {
    if (content.includes(0)) {
      binaryBytes += bytes;
      continue;
    }
    problems.push(...longLines(name, content));
    if (!SOURCE.test(name)) continue;
    const lines = countLines(content);
    if (lines > MAX_SOURCE_LINES)
      problems.push(`${name}: got ${lines} lines, expected at most ${MAX_SOURCE_LINES}; split it by idea`);
    else if (lines > WARN_SOURCE_LINES) warnings.push(`${name}: ${lines} lines; over ${WARN_SOURCE_LINES} is long`);
  }
  if (binaryBytes > MAX_BINARY_BYTES) {
    problems.push(
      `binary files: got ${binaryBytes} bytes together, expected at most ${MAX_BINARY_BYTES}; shrink or drop some`,
    );
  }
  return { problems, warnings, binaryBytes };
}

function countLines(content: Uint8Array): number {
  const newline = 10;
  let lines = 0;
  for (const byte of content) if (byte === newline) lines++;
  return lines;
}

/** Lines of prose that are too long: of Markdown outside tables and fences, and of comments in TypeScript. */
function longLines(name: string, content: Uint8Array): readonly string[] {
  const isMarkdown = name.endsWith(".md");
  if (!isMarkdown && !name.endsWith(".ts")) return [];
  const [isProse, most] = isMarkdown ? [proseOfMarkdown(), MAX_PROSE_COLUMNS] : [isComment, MAX_COMMENT_COLUMNS];
  return new TextDecoder()
    .decode(content)
    .split("\n")
    .flatMap((line, i) => {
      const isLong = isProse(line) && line.length > most;
      return isLong ? [`${name}:${i + 1}: got ${line.length} columns, expected at most ${most}; break the line`] : [];
    });
}

function isComment(line: string): boolean {
  return /^\s*(\/\/|\/\*\*|\*)/.test(line);
}

/** Tells line after line of a file whether it is prose. */
function proseOfMarkdown(): (line: string) => boolean {
  let isCode = false;
  return (line) => {
    if (line.startsWith("```")) isCode = !isCode;
    return !isCode && !line.startsWith("|");
  };
}
