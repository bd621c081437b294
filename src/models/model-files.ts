/**
 * Finds models. Shipped ones are in the package's `weights` folder and have a name. Any other file has a path or a URL. Files are read into memory as a
 * whole; a model has some ten megabytes.
 */

import { open, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checkOptions } from "../arguments.ts";
import type { FileDescription } from "../codec/model/description.ts";
import { describeModelFile } from "../codec/model/model-file.ts";
import { type ModelInfo, modelDistortion } from "../codec/model/model-info.ts";
import { type Tune, tuneOf } from "../distortion.ts";
import { HalfstepError, UsageError } from "../errors.ts";
import { packagePath } from "../package-folder.ts";
import { identityOf, type LoadedModel, loadModelBytes, MODEL_ENDING } from "./loaded-model.ts";
import { ModelCache } from "./model-cache.ts";
import { isModelUrl, remoteModel } from "./remote-model.ts";

export type { ModelInfo } from "../codec/model/model-info.ts";
export { type LoadedModel, loadModelBytes } from "./loaded-model.ts";

/** The package's folder of models. */
const SHIPPED_FOLDER: string = packagePath("weights");

const readModelFile = async (file: string): Promise<LoadedModel> => loadModelBytes(await bytesOf(file), file);

/** All bytes of a model file. @throws {UsageError} `missing-model` @throws {HalfstepError} `unreadable-model` */
async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      throw new UsageError("missing-model", `${file}: got no such file, expected a model; check the path`);
    }
    throw new HalfstepError("unreadable-model", `${file}: got an error (${message}), expected a readable model file`, {
      cause: error,
    });
  }
}

/** So many bytes of a model file hold its description, in all files so far. If a description is longer, the whole file is read. */
const DESCRIPTION_BYTES = 2 ** 17;

/** What a file says about itself, without its weights. */
async function describeFile(file: string): Promise<FileDescription> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(DESCRIPTION_BYTES), 0, DESCRIPTION_BYTES, 0);
    const found = describeModelFile(buffer.subarray(0, bytesRead), file);
    if (found !== null) return found;
  } finally {
    await handle.close();
  }
  const whole = describeModelFile(await bytesOf(file), file);
  if (whole !== null) return whole;
  // The header claims to be longer than its file. Parsing refuses that.
  await readModelFile(file);
  throw new Error(`internal: ${file} has no header and was read nevertheless`);
}

async function shippedNames(): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(SHIPPED_FOLDER);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return names.filter((name) => name.endsWith(MODEL_ENDING)).map((name) => name.slice(0, -MODEL_ENDING.length));
}

const shippedFile = (name: string): string => path.join(SHIPPED_FOLDER, name + MODEL_ENDING);

/** The shipped models, read completely, from the lowest rate to the highest. */
async function readShipped(): Promise<readonly LoadedModel[]> {
  const models = await Promise.all((await shippedNames()).map((name) => readModelFile(shippedFile(name))));
  return models.sort((a, b) => a.info.lambda - b.info.lambda || (a.info.name < b.info.name ? -1 : 1));
}

/**
 * Lists the shipped models, from the lowest rate to the highest. The list is empty if the package was installed without its weights.
 * @throws {HalfstepError} if one of them is damaged.
 */
export async function listModels(): Promise<readonly ModelInfo[]> {
  return (await readShipped()).map(({ info }) => info);
}

/** Options of {@link findModel}. */
export interface FindModelOptions {
  /** Fetch the file of a URL even where the cache has it. Default false. */
  readonly refresh?: boolean;
}

/** The part of a `URL` that is used. With it, the types of this package need neither those of Node nor those of a page. */
export interface UrlObject {
  readonly href: string;
  readonly protocol: string;
  toString(): string;
}

/**
 * Finds a model by name, path or URL.
 *
 * @param model the name of a shipped model; the path of a model file, which has a separator or ends in ".safetensors"; or a URL, as a string or an
 *   object. file:// is a path. Files from http:// and https:// are fetched once and kept (`remote-model.ts`).
 * @throws {TypeError} if it is neither a string nor a URL
 * @throws {UsageError} `missing-model` if there is none; the message lists the shipped names. `bad-model-url` if a file:// names no file of this
 *   machine.
 * @throws {HalfstepError} `bad-model` and others for a file that is not a model; for a URL also the errors of `remoteModel`.
 */
export async function findModel(model: string | UrlObject, options: FindModelOptions = {}): Promise<LoadedModel> {
  checkOptions(options, "model: the options", ["refresh"] satisfies (keyof FindModelOptions)[]);
  const { refresh = false } = options;
  if (typeof model !== "string" && !(model instanceof URL)) {
    throw new TypeError(`model: got a value of the type ${typeof model}, expected a name, a path or a URL`);
  }
  const which = String(model);
  if (/^file:/i.test(which)) return readModelFile(pathOfUrl(which));
  if (isModelUrl(which)) return remoteModel(which, { refresh });
  if (which.endsWith(MODEL_ENDING) || /[/\\]/.test(which)) return readModelFile(which);
  const names = await shippedNames();
  if (names.includes(which)) return readModelFile(shippedFile(which));
  throw new UsageError(
    "missing-model",
    `model: got "${which}", expected the path of a model file (ending in ${MODEL_ENDING}), its URL, or ${oneOf(names)}`,
  );
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new UsageError(
      "bad-model-url",
      `model: got "${url}", expected the URL of a file on this machine; write file:/// and its path`,
      { cause },
    );
  }
}

function oneOf(names: readonly string[]): string {
  return names.length === 0
    ? "a shipped model (this copy of halfstep ships none)"
    : `one of ${[...names].sort().join(", ")}`;
}

/**
 * The default among several models: the model of variable rate with the widest range, or, if there is none, the one in the middle.
 * @param models from the lowest rate to the highest
 */
export function defaultOf<Model extends { readonly info: Pick<ModelInfo, "lambdaRange"> }>(
  models: readonly Model[],
): Model | undefined {
  const widthOf = ({ info: { lambdaRange } }: Model): number =>
    lambdaRange === null ? 0 : lambdaRange[1] / lambdaRange[0];
  const middle = models[(models.length - 1) >> 1];
  return models.reduce((best, model) => (best !== undefined && widthOf(best) >= widthOf(model) ? best : model), middle);
}

/**
 * The shipped model that is taken where none is named: of those with this tune, the one that {@link defaultOf} chooses.
 * @throws {UsageError} `missing-model` if none is shipped.
 */
export async function defaultModel(tune: Tune): Promise<LoadedModel> {
  const described = await Promise.all(
    (await shippedNames()).map(async (name) => {
      const { lambda, lambdaRange = null, training } = await describeFile(shippedFile(name));
      return { name, lambda, distortion: modelDistortion({ training }), info: { lambdaRange } };
    }),
  );
  const tuned = described.filter(({ distortion }) => tuneOf(distortion) === tune);
  const found = defaultOf(tuned.sort((a, b) => a.lambda - b.lambda || (a.name < b.name ? -1 : 1)));
  if (found !== undefined) return readModelFile(shippedFile(found.name));
  throw new UsageError(
    "missing-model",
    `model: got no name, and this copy of halfstep ships no model that is tuned for ${tune.toUpperCase()}; name a model file`,
  );
}

/** Names from the newest model to the oldest, because most streams are of the newest. `halfstep-2` comes before `halfstep-2-eye`, and both before `halfstep-1`. */
export function newestFirst(names: readonly string[]): readonly string[] {
  const generation = (name: string): number => Number(/^[a-z]+-(\d+)/.exec(name)?.[1] ?? 0);
  return names.toSorted((a, b) => generation(b) - generation(a) || (a < b ? -1 : 1));
}

/**
 * Finds the model whose identity begins with the given bytes: a shipped one, or one that was fetched from a URL before.
 * @throws {UsageError} `missing-model` with the identity, if there is none.
 */
export async function modelByIdentity(prefix: Uint8Array): Promise<LoadedModel> {
  const wanted = Buffer.from(prefix).toString("hex");
  for (const file of newestFirst(await shippedNames()).map(shippedFile)) {
    const bytes = await bytesOf(file);
    const identity = identityOf(bytes);
    if (Buffer.from(identity).toString("hex").startsWith(wanted)) return loadModelBytes(bytes, file, identity);
  }
  const kept = await new ModelCache().byIdentity(wanted);
  if (kept !== undefined) return kept;
  throw new UsageError(
    "missing-model",
    `stream: it needs the model with identity ${wanted}, which is neither shipped with this copy of halfstep nor in its cache; name the file or URL of that model`,
  );
}

/** Reads the description of a model. Arguments and errors are those of {@link findModel}. */
export async function readModelInfo(which: string, options: FindModelOptions = {}): Promise<ModelInfo> {
  return (await findModel(which, options)).info;
}
