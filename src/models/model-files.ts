/**
 * Where models are on this machine: the shipped ones in the package's `weights` folder, by name, and any other file by its
 * path. Reads whole files into memory; a model is a few megabytes.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Model } from "../codec/model/model.ts";
import { parseModel } from "../codec/model/model-file.ts";
import { type ModelInfo, modelInfo } from "../codec/model/model-info.ts";
import { HalfstepError, UsageError } from "../errors.ts";

export type { ModelInfo } from "../codec/model/model-info.ts";

/** The package's folder of models: the same place seen from `src/models` and from `dist/models`. */
const SHIPPED_FOLDER: string = fileURLToPath(new URL("../../weights/", import.meta.url));
/** Ending of model files. */
const MODEL_ENDING = ".safetensors";

/** A model with its identity, read from a file. */
export interface LoadedModel {
  readonly model: Model;
  /** `[32]` SHA-256 of the file. */
  readonly identity: Uint8Array;
  readonly info: ModelInfo;
}

/** A model from the bytes of its file. @throws {HalfstepError} as `parseModel` does. */
export function loadModelBytes(bytes: Uint8Array, where: string): LoadedModel {
  const model = parseModel(bytes, where);
  const identity = new Uint8Array(createHash("sha256").update(bytes).digest());
  return { model, identity, info: modelInfo(model, identity, bytes.length) };
}

async function readModelFile(file: string): Promise<LoadedModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      throw new UsageError("missing-model", `${file}: got no such file, expected a model; check the path`);
    }
    throw new HalfstepError("unreadable-model", `${file}: got an error (${message}), expected a readable model file`, {
      cause: error,
    });
  }
  return loadModelBytes(bytes, file);
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
 * The shipped models, from the lowest rate to the highest; empty if the package was installed without its weights.
 * @throws {HalfstepError} if one of them is damaged.
 */
export async function listModels(): Promise<readonly ModelInfo[]> {
  return (await readShipped()).map(({ info }) => info);
}

/**
 * A model by name or path.
 *
 * @param nameOrPath name of a shipped model, or path of a model file: whatever has a separator or ends in ".safetensors".
 * @throws {UsageError} `missing-model` if there is none; the message lists the shipped names.
 * @throws {HalfstepError} `bad-model` and others for a file that is not a model.
 */
export async function findModel(nameOrPath: string): Promise<LoadedModel> {
  if (nameOrPath.endsWith(MODEL_ENDING) || /[/\\]/.test(nameOrPath)) return readModelFile(nameOrPath);
  const names = await shippedNames();
  if (names.includes(nameOrPath)) return readModelFile(shippedFile(nameOrPath));
  throw new UsageError(
    "missing-model",
    `model: got "${nameOrPath}", expected the path of a model file (ending in ${MODEL_ENDING}) or ${oneOf(names)}`,
  );
}

function oneOf(names: readonly string[]): string {
  return names.length === 0
    ? "a shipped model (this copy of halfstep ships none)"
    : `one of ${[...names].sort().join(", ")}`;
}

/**
 * The shipped model in the middle of the rates.
 * @throws {UsageError} `missing-model` if none is shipped.
 */
export async function defaultModel(): Promise<LoadedModel> {
  const models = await readShipped();
  const middle = models[(models.length - 1) >> 1];
  if (middle !== undefined) return middle;
  throw new UsageError(
    "missing-model",
    "model: got no name, and this copy of halfstep ships no model; name a model file",
  );
}

/**
 * The shipped model whose identity begins with the given bytes.
 * @throws {UsageError} `missing-model` naming the identity, if there is none.
 */
export async function modelByIdentity(prefix: Uint8Array): Promise<LoadedModel> {
  const wanted = Buffer.from(prefix).toString("hex");
  const models = await readShipped();
  const found = models.find(({ info }) => info.identity.startsWith(wanted));
  if (found !== undefined) return found;
  throw new UsageError(
    "missing-model",
    `stream: it needs the model with identity ${wanted}, which is not shipped with this copy of halfstep; name the file of that model`,
  );
}

/** What a model says about itself; see {@link findModel} for the argument and the errors. */
export async function readModelInfo(nameOrPath: string): Promise<ModelInfo> {
  return (await findModel(nameOrPath)).info;
}
