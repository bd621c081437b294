/** `halfstep data pack <folder> <out>`: a folder of photographs into training data; `data draw` is in a file of its own. */
import type { Command } from "commander";
import type { Execute } from "../command-context.ts";
import { registerDataDraw } from "./data-draw.ts";

interface PackCommandOptions {
  readonly skipUnreadable?: boolean;
  readonly force?: boolean;
}

/** How many skipped files are listed one by one. */
const NAMED_FILES = 10;

/** Adds the command with its subcommands. */
export function registerData(program: Command, execute: Execute): void {
  const data = program.command("data").description("training data");
  registerDataDraw(data, execute);
  data
    .command("pack")
    .description("decode a folder of images once, into a form that training reads fast")
    .argument("<folder>", "folder of JPEG, PNG, WebP, AVIF, TIFF or GIF files; subfolders are included")
    .argument("<out>", "folder to write")
    .option("--skip-unreadable", "leave out files that cannot be decoded, and list them")
    .option("--force", "replace data that was packed before")
    .action((folder: string, out: string, { skipUnreadable = false, force = false }: PackCommandOptions) =>
      execute(async (context) => {
        const { packFolder } = await import("../../train/index.ts");
        const summary = await packFolder(folder, out, {
          skipUnreadable,
          force,
          signal: context.signal,
          onProgress: ({ done, total, path }) => context.progress(`packing ${done}/${total}: ${path}`),
        });
        const { images, pixels, bytes, shards, skipped, otherFiles, notes } = summary;
        for (const { note, images: count } of notes) context.note(`${count} of ${images} images: ${note}`);
        for (const { path, reason } of skipped.slice(0, NAMED_FILES)) context.note(`left out ${path}: ${reason}`);
        if (skipped.length > NAMED_FILES) context.note(`left out ${skipped.length - NAMED_FILES} more`);
        if (otherFiles > 0) context.note(`skipped ${otherFiles} files whose names are not those of images`);
        context.report(
          {
            command: "data pack",
            folder,
            output: out,
            images,
            pixels,
            bytes,
            shards,
            skipped: skipped.map(({ path, reason }) => ({ path, reason })),
            otherFiles,
            notes: notes.map(({ note, images }) => ({ note, images })),
          },
          `${out}: ${images} images, ${(pixels / 1e6).toFixed(1)} megapixels, ${(bytes / 1e6).toFixed(1)} MB in ` +
            `${shards} shards${skipped.length > 0 ? `, ${skipped.length} files left out` : ""}`,
        );
      }, true),
    );
}
