/** The options by which a command chooses its codec, and the codec that they choose. If the model is missing, the error points to `--model`. */
import { type Command, Option } from "commander";
import { TUNES, type Tune } from "../distortion.ts";
import { UsageError } from "../errors.ts";
import type { Codec, Device, LoadCodecOptions } from "../node.ts";
import { threadCount } from "./parse-option.ts";

/** What the options give. */
export interface CodecOptions {
  /** Default: the command's. */
  readonly model?: string;
  /** Of commands that add {@link addTuneOption}. */
  readonly tune?: Tune;
  /** Default 1. */
  readonly threads?: number;
  /** Default "cpu". */
  readonly device?: Device;
}

/** The same list as the engine's. That file is not loaded for `--help`. */
export const DEVICES: readonly Device[] = ["cpu", "webgpu", "cuda"];

/** Adds the options to a command; `byDefault` says in its help which model it takes without `--model`. */
export function addCodecOptions(command: Command, byDefault: string): Command {
  return command
    .option("--model <model>", `name of a shipped model, or path or URL of a model file (default: ${byDefault})`)
    .option("--threads <count>", "threads to compute with (default: 1)", threadCount)
    .addOption(new Option("--device <device>", "where to compute (default: cpu)").choices(DEVICES));
}

/** Adds the option that chooses among the shipped models without a name. */
export function addTuneOption(command: Command): Command {
  const help =
    "which shipped model to take: the one for the least squared error, or the one for the eye (default: psnr)";
  return command.addOption(new Option("--tune <what>", help).choices(TUNES).conflicts("model"));
}

/**
 * The codec of the named model, or of the shipped one that `loadCodec` takes.
 * @param prepare what the codec is ready for when it opens
 * @throws as `loadCodec` does.
 */
export async function openCodec(options: CodecOptions, prepare: LoadCodecOptions["prepare"] = "both"): Promise<Codec> {
  const { loadCodec } = await import("../node.ts");
  return advising(options, "", () => loadCodec({ ...given(options), prepare }));
}

/** The codec of the named model, or of the shipped one that the stream of a file names. @throws as `loadCodecFor` does. */
export async function openCodecFor(file: string, stream: Uint8Array, options: CodecOptions): Promise<Codec> {
  const { loadCodecFor } = await import("../node.ts");
  return advising(options, `${file}: `, () => loadCodecFor(stream, { ...given(options), prepare: "decode" }));
}

/** Where a command gets its codec from: a new one for every file, or the same one for many files. */
export interface CodecSource {
  readonly openCodec: typeof openCodec;
  readonly openCodecFor: typeof openCodecFor;
}

/** Gives a new codec every time. */
export const NEW_CODECS: CodecSource = { openCodec, openCodecFor };

/** Leaves out what was not given, because of exact optional properties. */
function given({ model, tune, threads, device }: CodecOptions): LoadCodecOptions {
  return {
    ...(model === undefined ? {} : { model }),
    ...(tune === undefined ? {} : { tune }),
    ...(threads === undefined ? {} : { threads }),
    ...(device === undefined ? {} : { device }),
  };
}

/** The library says that a model must be named. Here the option that names it is added to the message. */
async function advising(options: CodecOptions, prefix: string, load: () => Promise<Codec>): Promise<Codec> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== "missing-model" || options.model !== undefined) throw error;
    throw new UsageError(error.code, `${prefix}${error.message} with --model`, { cause: error });
  }
}
