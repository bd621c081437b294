/** `halfstep data draw`: the pictures that training draws, as PNG files to look at. */
import path from "node:path";
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { naturalNumber, positiveInteger } from "../parse-option.ts";

interface DrawCommandOptions {
  readonly out: string;
  readonly count: number;
  readonly side: number;
  readonly seed: number;
  readonly force?: boolean;
}

/** A picture's number has at least so many digits in its name. */
const NUMBER_DIGITS = 5;

/** Adds the command. */
export function registerDataDraw(data: Command, execute: Execute): void {
  data
    .command("draw")
    .description(
      "draw the pictures that training uses beside photographs (`drawn`): screenshots, text, line art, patterns",
    )
    .requiredOption("--out <folder>", "folder to write PNG files to")
    .option("--count <n>", "pictures", positiveInteger, 24)
    .option("--side <pixels>", "width and height of each, 32 to 4096", positiveInteger, 512)
    .option("--seed <n>", "another seed gives other pictures", naturalNumber, 1)
    .option("--force", "replace existing files")
    .action(({ out, count, side, seed, force = false }: DrawCommandOptions) =>
      execute(async (context) => {
        const [{ drawPicture, pictureKind, LARGEST_SIDE, LEAST_SIDE }, { encodePng }, files, { UsageError }] =
          await Promise.all([
            import("../../train/index.ts"),
            import("../../image/read-image.ts"),
            import("../../atomic-file.ts"),
            import("../../errors.ts"),
          ]);
        if (side < LEAST_SIDE || side > LARGEST_SIDE) {
          throw new UsageError("bad-side", `--side: got ${side}, expected ${LEAST_SIDE} to ${LARGEST_SIDE} pixels`);
        }
        files.makeFolder(out);
        const pictures: { file: string; kind: string }[] = [];
        for (let index = 0; index < count; index++) {
          context.signal.throwIfAborted();
          const kind = pictureKind(seed, index);
          const file = `${String(index).padStart(NUMBER_DIGITS, "0")}-${kind}.png`;
          const image = { width: side, height: side, data: drawPicture(seed, index, side) };
          await files.writeFileAtomic(path.join(out, file), await encodePng(image), { force });
          pictures.push({ file, kind });
          context.progress(`drawing ${index + 1}/${count}: ${kind}`);
        }
        context.report(
          { command: "data draw", output: out, side, seed, pictures },
          `${out}: ${count} pictures of ${side} x ${side} pixels`,
        );
      }, true),
    );
}
