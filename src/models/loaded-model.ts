/** A model with its identity, from the bytes of its file. */
import { createHash } from "node:crypto";
import type { Model } from "../codec/model/model.ts";
import { parseModel } from "../codec/model/model-file.ts";
import { type ModelInfo, modelInfo } from "../codec/model/model-info.ts";

/** Ending of model files. */
export const MODEL_ENDING = ".safetensors";

/** A model with its identity, read from a file. */
export interface LoadedModel {
  readonly model: Model;
  /** `[32]` SHA-256 of the file. */
  readonly identity: Uint8Array;
  readonly info: ModelInfo;
}

/** `[32]`: the SHA-256 of a model file. */
export function identityOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/**
 * A model from the bytes of its file.
 * @param identity of the bytes, if it is known
 * @throws {HalfstepError} as `parseModel` does.
 */
export function loadModelBytes(
  bytes: Uint8Array,
  where: string,
  identity: Uint8Array = identityOf(bytes),
): LoadedModel {
  const model = parseModel(bytes, where);
  return { model, identity, info: modelInfo(model, identity, bytes.length) };
}
