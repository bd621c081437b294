/**
 * `halfstep compress <folder> --out <folder> --queue`: workers of a queue compress the pictures of a folder. If the line has `--queue`, this
 * command is registered instead of the plain one.
 */
import { type Command, Option } from "commander";
import type { Tune } from "../../distortion.ts";
import { HalfstepError } from "../../errors.ts";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import type { CommandContext, Execute } from "../command-context.ts";
import { withCluster } from "../open-cluster.ts";
import { addTuneOption, openCodec } from "../open-codec.ts";
import { quality } from "../parse-option.ts";

interface QueuedCompressOptions extends ClusterOptions {
  readonly out: string;
  readonly model?: string;
  readonly tune?: Tune;
  readonly quality?: number;
  readonly rounding?: "economical" | "nearest";
  readonly force?: boolean;
}

/** A size of a picture, for a question that does not depend on it. */
const ANY_SIZE = { width: 64, height: 64 };
/** How many notes, and how many failures, are listed one by one. */
const TOLD = 20;

/** Adds the command. */
export function registerCompressOnQueue(program: Command, execute: Execute): void {
  const command = program
    .command("compress")
    .description("compress a folder of pictures with the workers of a queue")
    .argument("<folder>", "a folder in the store")
    .requiredOption("--out <folder>", "the folder in the store for the .hst files");
  addTuneOption(addClusterOptions(command))
    .option("--model <model>", "a shipped model, or a model file; the workers must have the same")
    .option("--quality <0..100>", "as without a queue", quality)
    .addOption(new Option("--rounding <how>", "as without a queue").choices(["economical", "nearest"]))
    .option("--force", "compress pictures again that already have their .hst file")
    .action((folder: string, options: QueuedCompressOptions) =>
      execute((context) => compressOnQueue(folder, options, context), true),
    );
}

async function compressOnQueue(folder: string, options: QueuedCompressOptions, context: CommandContext): Promise<void> {
  const { out, rounding, force = false, model, tune } = options;
  const { keyInStore } = await import("../../cluster/index.ts");
  // Whether the quality is one of the model is known before anything is put on the queue.
  const codec = await openCodec(
    { ...(model === undefined ? {} : { model }), ...(tune === undefined ? {} : { tune }) },
    "encode",
  );
  const { identity, name } = codec.model;
  try {
    const { quality } = options;
    if (quality !== undefined) codec.checkEncode(ANY_SIZE, { quality });
  } finally {
    await codec.close();
  }
  await withCluster(context, options, async ({ queue, connection, address, store, storeId }) => {
    const startMs = performance.now();
    const done = await queue.submitPictures(connection, {
      store,
      storeId,
      model: identity,
      settings: { quality: options.quality, rounding },
      from: keyInStore(store, folder, "<folder>"),
      to: keyInStore(store, out, "--out"),
      force,
      signal: context.signal,
      onProgress: ({ put, coded, failed }) => context.progress(`${coded} of ${put} pictures, ${failed.length} failed`),
    });
    const seconds = (performance.now() - startMs) / 1000;
    const { put, skipped, coded, bytesIn, bytesOut, failed, notes, noteCount } = done;
    for (const { file, message } of notes.slice(0, TOLD)) context.note(`${file}: ${message}`);
    if (noteCount > TOLD) context.note(`and ${noteCount - TOLD} more notes`);
    for (const { file, message } of failed.slice(0, TOLD)) context.note(`${file}: ${message}`);
    if (failed.length > TOLD) context.note(`and ${failed.length - TOLD} more failures`);
    if (put === 0 && skipped === 0) {
      throw new HalfstepError(
        "no-images",
        `compress: "${folder}": got no pictures, expected JPEG, PNG, WebP, AVIF, TIFF or GIF files below it`,
      );
    }
    if (failed.length > 0) {
      throw new HalfstepError(
        "failed-pictures",
        `compress: ${failed.length} of ${put} pictures could not be compressed, ${coded} were; repair them, and run the command again for those that are missing`,
      );
    }
    const rate = coded === 0 ? "" : `, ${(coded / seconds).toFixed(1)} a second`;
    context.report(
      {
        command: "compress",
        queue: address,
        store: store.name,
        model: name,
        modelIdentity: identity,
        ...done,
        seconds,
      },
      `${coded} pictures, ${bytesIn} bytes to ${bytesOut}${rate}; ${skipped} already had their .hst file`,
    );
  });
}
